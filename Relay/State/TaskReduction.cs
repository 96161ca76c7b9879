using System.Buffers;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Reduces tasks (Cecelia and TaskTree formats).</summary>
internal static class TaskReduction
{
    /// <summary>Maximum length of a progress value, enough for any double.</summary>
    private const int MaxProgressBytes = 32;

    /// <summary>
    /// Applies an event about a task. <paramref name="impliedStatus"/> is the status that the event's name implies; empty if it implies none.
    /// </summary>
    public static void Apply(Reducer reducer, ReadOnlySpan<byte> impliedStatus)
    {
        ReductionInput input = reducer.Input;
        DecodedEvent e = input.Event;
        ReadOnlySpan<byte> id = e.TaskId;
        if (id.IsEmpty) return;

        ReadOnlySpan<byte> given = default, progress = default;
        var members = new JsonMembers(input.Data);
        while (members.MoveNext())
        {
            if (members.IsNamed("status"u8)) given = members.Value;
            else if (members.IsNamed("progress"u8)) progress = members.Value;
        }

        // An event with an unknown name applies to the task only if it has a status or the task is known.
        ReadOnlySpan<byte> status = EntityStatus.Of(given, input);
        if (e.Known is null && status.IsEmpty && reducer.Set.Find(EntityKind.Task, id) is null) return;

        bool isProgress = e.Known == EventNames.TaskProgress;
        if (!isProgress && status.IsEmpty) status = impliedStatus;
        Entity? entity = reducer.TryBeginUpdate(EntityKind.Task, id, id, status, isProgress ? impliedStatus : default, isProgress, out bool changed);
        if (entity is null) return;

        // An entity without a list has just been created.
        if (changed) TaskTimes.Advance(reducer, entity, isNew: entity.List is null);
        if (progress.Length is > 0 and <= MaxProgressBytes && progress[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9'))
        {
            entity.Json.Set("progress"u8, progress);
        }

        reducer.Merge(entity, "data"u8, input.Data);
        if (changed || !isProgress) AddChange(reducer, entity, changed ? entity.Json.Get("status"u8) : status);
        reducer.EndUpdate(entity);
    }

    /// <summary>Removes the task, unless it was changed after the deletion.</summary>
    public static void Delete(Reducer reducer)
    {
        ReadOnlySpan<byte> id = reducer.Input.Event.TaskId;
        if (reducer.Set.Find(EntityKind.Task, id) is { } entity && !reducer.IsStale(entity, default, isProgress: false)) reducer.Set.Remove(entity);
    }

    /// <summary>Removes all tasks of the event's project, or all tasks if it names none, except those that were changed after the reset.</summary>
    public static void Reset(Reducer reducer)
    {
        ReadOnlySpan<byte> project = reducer.Input.Event.ProjectId;
        foreach (EntityList list in (ReadOnlySpan<EntityList>)[reducer.Set.Terminal, reducer.Set.Live])
        {
            for (Entity? entity = list.Oldest, next; entity is not null; entity = next)
            {
                next = entity.Newer;
                bool isAffected = entity.Kind == EntityKind.Task && (project.IsEmpty || project.SequenceEqual(entity.ProjectId));
                if (isAffected && !reducer.IsStale(entity, default, isProgress: false)) reducer.Set.Remove(entity);
            }
        }
    }

    private static void AddChange(Reducer reducer, Entity entity, ReadOnlySpan<byte> status)
    {
        int maxChanges = reducer.Options.MaxChanges;
        if (maxChanges == 0) return;
        ReductionInput input = reducer.Input;
        ArrayBufferWriter<byte> entry = input.Scratch;
        entry.ResetWrittenCount();
        entry.Write("{\"event\":"u8);
        entry.Write(input.Event.RawName);
        if (!status.IsEmpty)
        {
            entry.Write(",\"status\":"u8);
            entry.Write(status);
        }

        entry.Write(",\"timestamp\":"u8);
        entry.Write(input.RawTime);
        if (input.Event.RawTimestamp.IsEmpty) entry.Write(",\"undated\":true"u8);
        entry.Write(",\"received\":"u8);
        entry.Write(input.RawReceived);
        if (!input.RawSource.IsEmpty)
        {
            entry.Write(",\"source\":"u8);
            entry.Write(input.RawSource);
        }

        entry.Write("}"u8);
        entity.Changes = ChangeList.Add(entity.Json, entity.Changes, entry.WrittenSpan, maxChanges);
    }
}
