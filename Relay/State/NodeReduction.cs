using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Reduces workflow nodes (Workflow format), each within its execution. An event that names no node is ignored.</summary>
internal static class NodeReduction
{
    public static void ApplyState(Reducer reducer)
    {
        ReadOnlySpan<byte> data = reducer.Input.Data;
        ReadOnlySpan<byte> status = EntityStatus.Of(JsonMembers.Find(data, "status"u8), reducer.Input);
        if (status.IsEmpty) status = EntityStatus.Of(JsonMembers.Find(data, "state"u8), reducer.Input);
        if (TryBeginUpdate(reducer, reducer.Input.Event.NodeId, status) is not { } entity) return;
        reducer.Merge(entity, "data"u8, data);
        reducer.EndUpdate(entity);
    }

    /// <summary>Sets the status of the event's node, and of the nodes that its data names, to running.</summary>
    public static void ApplyParallelStart(Reducer reducer)
    {
        long order = 0;
        Start(reducer, reducer.Input.Event.NodeId, ref order);
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        order = LowestOrder(reducer, buffer);
        var started = new StartedNodes(reducer.Input.Data, buffer);
        while (started.MoveNext()) Start(reducer, started.Current, ref order);
    }

    public static void ApplyText(Reducer reducer)
    {
        long order = 0;
        if (TryBeginUpdate(reducer, reducer.Input.Event.NodeId, default, ref order, streams: true) is not { } entity) return;
        if (TextTail.Append(entity.Json, StreamedText.Find(reducer.Input.Data, out _), reducer.Options.MaxTextBytes)) entity.Json.Set("truncated"u8, "true"u8);
        reducer.EndUpdate(entity);
    }

    /// <summary>Merges token usage into the event's node. Returns false if the event names no node.</summary>
    public static bool TryApplyUsage(Reducer reducer)
    {
        ReadOnlySpan<byte> id = reducer.Input.Event.NodeId;
        if (id.IsEmpty) return false;
        if (TryBeginUpdate(reducer, id, default) is { } entity)
        {
            reducer.Merge(entity, "usage"u8, reducer.Input.Data);
            reducer.EndUpdate(entity);
        }

        return true;
    }

    public static void ApplyError(Reducer reducer)
    {
        if (TryBeginUpdate(reducer, reducer.Input.Event.NodeId, EntityStatus.Failed) is not { } entity) return;
        ReadOnlySpan<byte> error = JsonMembers.Find(reducer.Input.Data, "error"u8);
        reducer.SetValue(entity, "error"u8, error.IsEmpty ? JsonMembers.Find(reducer.Input.Data, "message"u8) : error);
        reducer.EndUpdate(entity);
    }

    private static void Start(Reducer reducer, ReadOnlySpan<byte> id, ref long order)
    {
        if (TryBeginUpdate(reducer, id, EntityStatus.Running, ref order) is { } entity) reducer.EndUpdate(entity);
    }

    /// <summary>Returns the lowest order of the nodes that the event starts, among those that are known and not running; 0 if there are none.</summary>
    private static long LowestOrder(Reducer reducer, Span<byte> buffer)
    {
        Span<byte> key = stackalloc byte[EntityKeys.MaxLength];
        long lowest = 0;
        var started = new StartedNodes(reducer.Input.Data, buffer);
        while (started.MoveNext())
        {
            int length = EntityKeys.Write(reducer.Input.Event.ExecutionId, started.Current, key);
            if (reducer.Set.Find(EntityKind.Node, key[..length]) is not { } node || !(node.IsTerminal || node.Json.Get("started"u8).IsEmpty)) continue;
            long order = NodeOrder.Of(node);
            if (lowest == 0 || order < lowest) lowest = order;
        }

        return lowest;
    }

    private static Entity? TryBeginUpdate(Reducer reducer, ReadOnlySpan<byte> id, ReadOnlySpan<byte> status)
    {
        long order = 0;
        return TryBeginUpdate(reducer, id, status, ref order);
    }

    /// <summary>Calls <see cref="Reducer.TryBeginUpdate"/>, and sets the node's start and end times and its order.</summary>
    /// <param name="reducer">The reducer with the event.</param>
    /// <param name="id">The node; empty if none.</param>
    /// <param name="status">The status; empty if the event gives none.</param>
    /// <param name="order">The order of nodes that start together; 0 if not known yet. Set when a node gets a new number.</param>
    /// <param name="streams">Whether the event is text of the node, which means that it has started, even without an event that says so.</param>
    private static Entity? TryBeginUpdate(Reducer reducer, ReadOnlySpan<byte> id, ReadOnlySpan<byte> status, ref long order, bool streams = false)
    {
        if (id.IsEmpty) return null;
        Span<byte> key = stackalloc byte[EntityKeys.MaxLength];
        int length = EntityKeys.Write(reducer.Input.Event.ExecutionId, id, key);
        if (reducer.TryBeginUpdate(EntityKind.Node, key[..length], id, status, default, isProgress: false, out bool changed) is not { } entity) return null;

        JsonRecord json = entity.Json;
        bool starts = (streams ? !entity.IsTerminal : changed && EntityStatus.IsRunning(status)) && json.Get("started"u8).IsEmpty;
        if (json.Get("order"u8).IsEmpty || (starts && order > 0))
        {
            reducer.Set.InvalidateOrder(entity);
            if (order == 0) order = reducer.Set.NextOrder(entity);
            json.Set("order"u8, order);
        }

        if (starts) json.Set("started"u8, reducer.Input.RawTime);
        else if (changed && entity.IsTerminal) json.Set("ended"u8, reducer.Input.RawTime);
        return entity;
    }
}
