using System.Buffers;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>What stands beside the tasks: System A's executor, System B's agents and the boards of its projects.</summary>
internal static class BoardReduction
{
    public static void ApplyExecutor(Reducer reducer)
    {
        ReadOnlySpan<byte> source = reducer.Arrival.Event.Source;
        Entity? entity = reducer.Begin(EntityKind.Executor, source, source, default, default, isProgress: false, out _);
        if (entity is null) return;
        reducer.Merge(entity, "data"u8, reducer.Arrival.Data);
        reducer.End(entity);
    }

    public static void ApplyAgent(Reducer reducer)
    {
        ReadOnlySpan<byte> data = reducer.Arrival.Data;
        if (BeginAgent(reducer, StatusWord.Of(JsonMembers.Find(data, "status"u8), reducer.Arrival)) is not { } entity) return;
        reducer.Merge(entity, "data"u8, data);
        reducer.End(entity);
    }

    /// <summary>Counts the messages and keeps the last.</summary>
    public static void ApplyMessages(Reducer reducer)
    {
        if (BeginAgent(reducer, default) is not { } entity) return;

        entity.Json.Increase("messages"u8, 1);
        reducer.SetValue(entity, "last_message"u8, reducer.Arrival.Data);
        reducer.End(entity);
    }

    /// <summary>Keeps the event's data and time as one side of its project: <c>locks</c>, <c>plan</c> or <c>coordination</c>.</summary>
    public static void ApplyProject(Reducer reducer, ReadOnlySpan<byte> side)
    {
        Arrival arrival = reducer.Arrival;
        ReadOnlySpan<byte> id = arrival.Event.ProjectId;
        Entity? entity = reducer.Begin(EntityKind.Project, id, id, default, default, isProgress: false, out _);
        if (entity is null) return;

        arrival.Scratch.ResetWrittenCount();
        arrival.Scratch.Write("{\"data\":"u8);
        arrival.Scratch.Write(arrival.Data);
        arrival.Scratch.Write(",\"timestamp\":"u8);
        arrival.Scratch.Write(arrival.RawTime);
        arrival.Scratch.Write("}"u8);
        reducer.SetValue(entity, side, arrival.Scratch.WrittenSpan);
        reducer.End(entity);
    }

    private static Entity? BeginAgent(Reducer reducer, ReadOnlySpan<byte> status)
    {
        ReadOnlySpan<byte> id = reducer.Arrival.Event.AgentId;
        if (id.IsEmpty) return null;
        Span<byte> key = stackalloc byte[EntityKeys.MaxLength];
        int length = EntityKeys.Write(reducer.Arrival.Event.ProjectId, id, key);
        return reducer.Begin(EntityKind.Agent, key[..length], id, status, default, isProgress: false, out _);
    }
}
