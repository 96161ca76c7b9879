using System.Buffers;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>What stands beside the tasks: System A's executor, System B's agents and the boards of its projects.</summary>
internal static class BoardReduction
{
    public static void ApplyExecutor(Reducer reducer)
    {
        ReadOnlySpan<byte> source = reducer.Input.Event.Source;
        Entity? entity = reducer.TryOpen(EntityKind.Executor, source, source, default, default, isProgress: false, out _);
        if (entity is null) return;
        reducer.Merge(entity, "data"u8, reducer.Input.Data);
        reducer.Close(entity);
    }

    public static void ApplyAgent(Reducer reducer)
    {
        ReadOnlySpan<byte> data = reducer.Input.Data;
        if (TryOpenAgent(reducer, EntityStatus.Of(JsonMembers.Find(data, "status"u8), reducer.Input)) is not { } entity) return;
        reducer.Merge(entity, "data"u8, data);
        reducer.Close(entity);
    }

    /// <summary>Counts the messages and keeps the last.</summary>
    public static void ApplyMessages(Reducer reducer)
    {
        if (TryOpenAgent(reducer, default) is not { } entity) return;

        entity.Json.Increase("messages"u8, 1);
        reducer.SetValue(entity, "last_message"u8, reducer.Input.Data);
        reducer.Close(entity);
    }

    /// <summary>Keeps the event's data and time as one side of its project: <c>locks</c>, <c>plan</c> or <c>coordination</c>.</summary>
    public static void ApplyProject(Reducer reducer, ReadOnlySpan<byte> side)
    {
        ReductionInput arrival = reducer.Input;
        ReadOnlySpan<byte> id = arrival.Event.ProjectId;
        Entity? entity = reducer.TryOpen(EntityKind.Project, id, id, default, default, isProgress: false, out _);
        if (entity is null) return;

        arrival.Scratch.ResetWrittenCount();
        arrival.Scratch.Write("{\"data\":"u8);
        arrival.Scratch.Write(arrival.Data);
        arrival.Scratch.Write(",\"timestamp\":"u8);
        arrival.Scratch.Write(arrival.RawTime);
        arrival.Scratch.Write("}"u8);
        reducer.SetValue(entity, side, arrival.Scratch.WrittenSpan);
        reducer.Close(entity);
    }

    private static Entity? TryOpenAgent(Reducer reducer, ReadOnlySpan<byte> status)
    {
        ReadOnlySpan<byte> id = reducer.Input.Event.AgentId;
        if (id.IsEmpty) return null;
        Span<byte> key = stackalloc byte[EntityKeys.MaxLength];
        int length = EntityKeys.Write(reducer.Input.Event.ProjectId, id, key);
        return reducer.TryOpen(EntityKind.Agent, key[..length], id, status, default, isProgress: false, out _);
    }
}
