using System.Buffers;
using System.Buffers.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Reduces executors (Cecelia format), and agents and project boards (TaskTree format).</summary>
internal static class BoardReduction
{
    public static void ApplyExecutor(Reducer reducer)
    {
        ReadOnlySpan<byte> source = reducer.Input.Event.Source;
        Entity? entity = reducer.TryBeginUpdate(EntityKind.Executor, source, source, default, default, isProgress: false, out _);
        if (entity is null) return;
        reducer.Merge(entity, "data"u8, reducer.Input.Data);
        if (TryReadSlots(entity, "activeCount"u8, out int used) && TryReadSlots(entity, "availableSlots"u8, out int free))
        {
            reducer.Minutes.SetSlots(source, used, free);
        }

        reducer.EndUpdate(entity);
    }

    public static void ApplyAgent(Reducer reducer)
    {
        ReadOnlySpan<byte> data = reducer.Input.Data;
        if (TryBeginAgentUpdate(reducer, EntityStatus.Of(JsonMembers.Find(data, "status"u8), reducer.Input)) is not { } entity) return;
        reducer.Merge(entity, "data"u8, data);
        reducer.EndUpdate(entity);
    }

    /// <summary>Counts the agent's messages and keeps the last one.</summary>
    public static void ApplyMessages(Reducer reducer)
    {
        if (TryBeginAgentUpdate(reducer, default) is not { } entity) return;

        entity.Json.Increase("messages"u8, 1);
        reducer.SetValue(entity, "last_message"u8, reducer.Input.Data);
        reducer.EndUpdate(entity);
    }

    /// <summary>Sets a member of the project (<c>locks</c>, <c>plan</c> or <c>coordination</c>) to the event's data and time.</summary>
    public static void ApplyProject(Reducer reducer, ReadOnlySpan<byte> member)
    {
        ReductionInput input = reducer.Input;
        ReadOnlySpan<byte> id = input.Event.ProjectId;
        Entity? entity = reducer.TryBeginUpdate(EntityKind.Project, id, id, default, default, isProgress: false, out _);
        if (entity is null) return;

        input.Scratch.ResetWrittenCount();
        input.Scratch.Write("{\"data\":"u8);
        input.Scratch.Write(input.Data);
        input.Scratch.Write(",\"timestamp\":"u8);
        input.Scratch.Write(input.RawTime);
        input.Scratch.Write("}"u8);
        reducer.SetValue(entity, member, input.Scratch.WrittenSpan);
        reducer.EndUpdate(entity);
    }

    private static bool TryReadSlots(Entity executor, ReadOnlySpan<byte> member, out int slots)
    {
        ReadOnlySpan<byte> data = executor.Json.Get("data"u8);
        ReadOnlySpan<byte> value = data.IsEmpty ? default : JsonMembers.Find(data, member);
        return Utf8Parser.TryParse(value, out slots, out int read) && read == value.Length && slots >= 0;
    }

    private static Entity? TryBeginAgentUpdate(Reducer reducer, ReadOnlySpan<byte> status)
    {
        ReadOnlySpan<byte> id = reducer.Input.Event.AgentId;
        if (id.IsEmpty) return null;
        Span<byte> key = stackalloc byte[EntityKeys.MaxLength];
        int length = EntityKeys.Write(reducer.Input.Event.ProjectId, id, key);
        return reducer.TryBeginUpdate(EntityKind.Agent, key[..length], id, status, default, isProgress: false, out _);
    }
}
