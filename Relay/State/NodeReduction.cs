using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Nodes of System D's workflows, each within its execution. Events that name no node change none.</summary>
internal static class NodeReduction
{
    public static void ApplyState(Reducer reducer)
    {
        ReadOnlySpan<byte> data = reducer.Input.Data;
        ReadOnlySpan<byte> status = EntityStatus.Of(JsonMembers.Find(data, "status"u8), reducer.Input);
        if (status.IsEmpty) status = EntityStatus.Of(JsonMembers.Find(data, "state"u8), reducer.Input);
        if (TryOpen(reducer, reducer.Input.Event.NodeId, status) is not { } entity) return;
        reducer.Merge(entity, "data"u8, data);
        reducer.Close(entity);
    }

    /// <summary>The node of the event, and those its data names, are running.</summary>
    public static void ApplyParallelStart(Reducer reducer)
    {
        long step = 0;
        Start(reducer, reducer.Input.Event.NodeId, ref step);
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        step = LowestOrder(reducer, buffer);
        var started = new StartedNodes(reducer.Input.Data, buffer);
        while (started.MoveNext()) Start(reducer, started.Current, ref step);
    }

    public static void ApplyText(Reducer reducer)
    {
        long step = 0;
        if (TryOpen(reducer, reducer.Input.Event.NodeId, default, ref step, streams: true) is not { } entity) return;
        if (TextTail.Append(entity.Json, StreamedText.Find(reducer.Input.Data, out _), reducer.Options.MaxTextBytes)) entity.Json.Set("truncated"u8, "true"u8);
        reducer.Close(entity);
    }

    /// <summary>False when the event names no node.</summary>
    public static bool TryApplyUsage(Reducer reducer)
    {
        ReadOnlySpan<byte> id = reducer.Input.Event.NodeId;
        if (id.IsEmpty) return false;
        if (TryOpen(reducer, id, default) is { } entity)
        {
            reducer.Merge(entity, "usage"u8, reducer.Input.Data);
            reducer.Close(entity);
        }

        return true;
    }

    public static void ApplyError(Reducer reducer)
    {
        if (TryOpen(reducer, reducer.Input.Event.NodeId, EntityStatus.Failed) is not { } entity) return;
        ReadOnlySpan<byte> error = JsonMembers.Find(reducer.Input.Data, "error"u8);
        reducer.SetValue(entity, "error"u8, error.IsEmpty ? JsonMembers.Find(reducer.Input.Data, "message"u8) : error);
        reducer.Close(entity);
    }

    private static void Start(Reducer reducer, ReadOnlySpan<byte> id, ref long step)
    {
        if (TryOpen(reducer, id, EntityStatus.Running, ref step) is { } entity) reducer.Close(entity);
    }

    /// <summary>The lowest order of the nodes that the event starts, of those that are known and not under way yet; 0 when there are none.</summary>
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

    private static Entity? TryOpen(Reducer reducer, ReadOnlySpan<byte> id, ReadOnlySpan<byte> status)
    {
        long step = 0;
        return TryOpen(reducer, id, status, ref step);
    }

    /// <summary>As <see cref="Reducer.TryOpen"/>, and notes when the node started and ended, and its place in the order of nodes.</summary>
    /// <param name="reducer">Has the event.</param>
    /// <param name="id">The node; empty: none.</param>
    /// <param name="status">Empty: the event gives none.</param>
    /// <param name="step">The place of nodes that start together; 0: not known yet, and set when one gets a new place.</param>
    /// <param name="streams">The event is text of the node, so it has started even if nobody said so.</param>
    private static Entity? TryOpen(Reducer reducer, ReadOnlySpan<byte> id, ReadOnlySpan<byte> status, ref long step, bool streams = false)
    {
        if (id.IsEmpty) return null;
        Span<byte> key = stackalloc byte[EntityKeys.MaxLength];
        int length = EntityKeys.Write(reducer.Input.Event.ExecutionId, id, key);
        if (reducer.TryOpen(EntityKind.Node, key[..length], id, status, default, isProgress: false, out bool changed) is not { } entity) return null;

        JsonRecord json = entity.Json;
        bool starts = (streams ? !entity.IsTerminal : changed && EntityStatus.IsRunning(status)) && json.Get("started"u8).IsEmpty;
        if (json.Get("order"u8).IsEmpty || (starts && step > 0))
        {
            reducer.Set.LeaveOrder(entity);
            if (step == 0) step = reducer.Set.NextOrder(entity);
            json.Set("order"u8, step);
        }

        if (starts) json.Set("started"u8, reducer.Input.RawTime);
        else if (changed && entity.IsTerminal) json.Set("ended"u8, reducer.Input.RawTime);
        return entity;
    }
}
