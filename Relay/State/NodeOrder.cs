using System.Buffers.Text;

namespace Cecelia.Relay.State;

/// <summary>Reads the <c>order</c> of nodes: their place among those of their execution.</summary>
internal static class NodeOrder
{
    /// <summary>The highest order has to be looked for again: the node that had it has left.</summary>
    public const long Unknown = -1;

    /// <summary>The node's order; 0: it has none yet.</summary>
    public static long Of(Entity node) => Utf8Parser.TryParse(node.Json.Get("order"u8), out long order, out _) ? order : 0;

    /// <summary>The highest order of the execution's nodes; 0: there are none.</summary>
    public static long HighestOf(ExecutionGroup group)
    {
        long highest = 0;
        for (Entity? entity = group.First; entity is not null; entity = entity.NextInGroup)
        {
            if (entity.Kind == EntityKind.Node) highest = Math.Max(highest, Of(entity));
        }

        return highest;
    }

    /// <summary>The highest order of the nodes of no execution; 0: there are none.</summary>
    public static long HighestOf(EntityList list)
    {
        long highest = 0;
        for (Entity? entity = list.Oldest; entity is not null; entity = entity.Newer)
        {
            if (entity.Kind == EntityKind.Node && entity.Group is null) highest = Math.Max(highest, Of(entity));
        }

        return highest;
    }
}
