using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Nodes of System D's workflows, each within its execution. Events that name no node change none.</summary>
internal static class NodeReduction
{
    public static void ApplyState(Reducer reducer)
    {
        ReadOnlySpan<byte> data = reducer.Arrival.Data;
        ReadOnlySpan<byte> status = StatusWord.Of(JsonMembers.Find(data, "status"u8), reducer.Arrival);
        if (status.IsEmpty) status = StatusWord.Of(JsonMembers.Find(data, "state"u8), reducer.Arrival);
        if (Begin(reducer, reducer.Arrival.Event.NodeId, status) is not { } entity) return;
        reducer.Merge(entity, "data"u8, data);
        reducer.End(entity);
    }

    /// <summary>The node of the event, and those its data names, are running.</summary>
    public static void ApplyParallelStart(Reducer reducer)
    {
        Start(reducer, reducer.Arrival.Event.NodeId);
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        var started = new StartedNodes(reducer.Arrival.Data, buffer);
        while (started.MoveNext()) Start(reducer, started.Current);
    }

    public static void ApplyText(Reducer reducer)
    {
        if (Begin(reducer, reducer.Arrival.Event.NodeId, default) is not { } entity) return;
        if (TextTail.Append(entity.Json, StreamedText.Find(reducer.Arrival.Data, out _), reducer.Options.MaxTextBytes)) entity.Json.Set("truncated"u8, "true"u8);
        reducer.End(entity);
    }

    /// <summary>False when the event names no node.</summary>
    public static bool TryApplyUsage(Reducer reducer)
    {
        ReadOnlySpan<byte> id = reducer.Arrival.Event.NodeId;
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
        if (Begin(reducer, reducer.Arrival.Event.NodeId, StatusWord.Failed) is not { } entity) return;
        ReadOnlySpan<byte> error = JsonMembers.Find(reducer.Arrival.Data, "error"u8);
        reducer.SetValue(entity, "error"u8, error.IsEmpty ? JsonMembers.Find(reducer.Arrival.Data, "message"u8) : error);
        reducer.End(entity);
    }

    private static void Start(Reducer reducer, ReadOnlySpan<byte> id)
    {
        if (Begin(reducer, id, StatusWord.Running) is { } entity) reducer.End(entity);
    }

    private static Entity? Begin(Reducer reducer, ReadOnlySpan<byte> id, ReadOnlySpan<byte> status)
    {
        if (id.IsEmpty) return null;
        Span<byte> key = stackalloc byte[EntityKeys.MaxLength];
        int length = EntityKeys.Write(reducer.Arrival.Event.ExecutionId, id, key);
        return reducer.Begin(EntityKind.Node, key[..length], id, status, default, isProgress: false, out _);
    }
}
