using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Nodes of System D's workflows, each within its execution. Events that name no node change none.</summary>
internal static class NodeReduction
{
    /// <summary>Most nodes that one event may start.</summary>
    private const int MaxStarted = 256;

    public static void ApplyState(Reducer reducer)
    {
        ReadOnlySpan<byte> data = reducer.Arrival.Data;
        ReadOnlySpan<byte> status = StatusWord.Of(JsonMembers.Find(data, "status"u8), reducer.Arrival);
        if (status.IsEmpty) status = StatusWord.Of(JsonMembers.Find(data, "state"u8), reducer.Arrival);
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        if (Begin(reducer, NodeOf(reducer, buffer), status) is not { } entity) return;
        reducer.Merge(entity, "data"u8, data);
        reducer.End(entity);
    }

    /// <summary>The node of the event, and those its data names, are running.</summary>
    public static void ApplyParallelStart(Reducer reducer)
    {
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        Start(reducer, NodeOf(reducer, buffer));
        StartAll(reducer, "node_ids"u8);
        StartAll(reducer, "nodes"u8);
        StartAll(reducer, "branches"u8);
    }

    public static void ApplyText(Reducer reducer)
    {
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        if (Begin(reducer, NodeOf(reducer, buffer), default) is not { } entity) return;
        if (TextTail.Append(entity.Json, StreamedText.Find(reducer.Arrival.Data, out _), reducer.Options.MaxTextBytes)) entity.Json.Set("truncated"u8, "true"u8);
        reducer.End(entity);
    }

    /// <summary>False when the event names no node.</summary>
    public static bool TryApplyUsage(Reducer reducer)
    {
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        ReadOnlySpan<byte> id = NodeOf(reducer, buffer);
        if (id.IsEmpty) return false;
        if (Begin(reducer, id, default) is { } entity)
        {
            reducer.Merge(entity, "usage"u8, reducer.Arrival.Data);
            reducer.End(entity);
        }

        return true;
    }

    public static void ApplyError(Reducer reducer)
    {
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        if (Begin(reducer, NodeOf(reducer, buffer), StatusWord.Failed) is not { } entity) return;
        ReadOnlySpan<byte> error = JsonMembers.Find(reducer.Arrival.Data, "error"u8);
        reducer.SetValue(entity, "error"u8, error.IsEmpty ? JsonMembers.Find(reducer.Arrival.Data, "message"u8) : error);
        reducer.End(entity);
    }

    private static void StartAll(Reducer reducer, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> nodes = JsonMembers.Find(reducer.Arrival.Data, name);
        if (nodes.IsEmpty || nodes[0] != '[') return;
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        var elements = new JsonMembers(nodes);
        for (int i = 0; i < MaxStarted && elements.MoveNext(); i++)
        {
            bool isObject = elements.Value[0] == '{';
            Start(reducer, isObject ? DataText.First(elements.Value, "node_id"u8, "nodeId"u8, "id"u8, buffer) : DataText.Of(elements.Value, buffer));
        }
    }

    private static void Start(Reducer reducer, ReadOnlySpan<byte> id)
    {
        if (Begin(reducer, id, StatusWord.Running) is { } entity) reducer.End(entity);
    }

    private static ReadOnlySpan<byte> NodeOf(Reducer reducer, Span<byte> buffer) =>
        reducer.Arrival.Event.NodeId is { IsEmpty: false } given ? given : DataText.First(reducer.Arrival.Data, "node_id"u8, "nodeId"u8, default, buffer);

    private static Entity? Begin(Reducer reducer, ReadOnlySpan<byte> id, ReadOnlySpan<byte> status)
    {
        if (id.IsEmpty) return null;
        Span<byte> key = stackalloc byte[EntityKeys.MaxLength];
        int length = EntityKeys.Write(reducer.Arrival.Event.ExecutionId, id, key);
        return reducer.Begin(EntityKind.Node, key[..length], id, status, default, isProgress: false, out _);
    }
}
