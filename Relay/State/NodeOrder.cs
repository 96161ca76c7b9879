using System.Buffers.Text;

namespace Cecelia.Relay.State;

/// <summary>
/// Reads the <c>order</c> of nodes, the order in which the nodes of an execution were first seen. Nodes that one <c>node:parallel_start</c> starts share a
/// number.
/// </summary>
/// <remarks>
/// Example: <c>node_state_change</c> names <c>plan</c>, which gets 1. <c>node:parallel_start</c> starts <c>lint</c> and <c>test</c>: both get 2.
/// <c>token_stream</c> names <c>deploy</c>, which gets 3. If <c>deploy</c> is evicted, the highest number becomes <see cref="Unknown"/>, and the next new
/// node makes it be read from the remaining nodes: the highest is 2, so the new node gets 3.
/// If nodes that are known but have not started yet, such as 4 and 5, are started together, both get the lower number, 4.
/// </remarks>
internal static class NodeOrder
{
    /// <summary>The highest order must be determined again, since the node that had it was removed or changed.</summary>
    public const long Unknown = -1;

    /// <summary>Returns the node's order; 0 if it has none yet.</summary>
    public static long Of(Entity node) => Utf8Parser.TryParse(node.Json.Get("order"u8), out long order, out _) ? order : 0;

    /// <summary>Returns the highest order of the execution's nodes; 0 if there are none.</summary>
    public static long HighestOf(ExecutionGroup group)
    {
        long highest = 0;
        for (Entity? entity = group.First; entity is not null; entity = entity.NextInGroup)
        {
            if (entity.Kind == EntityKind.Node) highest = Math.Max(highest, Of(entity));
        }

        return highest;
    }

    /// <summary>Returns the highest order of the nodes without an execution; 0 if there are none.</summary>
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
