using System.Buffers;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Tasks of Systems A and B.</summary>
internal static class TaskReduction
{
    /// <summary>Longest number that is taken for a progress: any double fits.</summary>
    private const int MaxProgressBytes = 32;

    /// <summary><paramref name="byName"/> is the status that the event's name stands for; empty when it stands for none.</summary>
    public static void Apply(Reducer reducer, ReadOnlySpan<byte> byName)
    {
        ReductionInput arrival = reducer.Input;
        DecodedEvent e = arrival.Event;
        ReadOnlySpan<byte> id = e.TaskId;
        if (id.IsEmpty) return;

        ReadOnlySpan<byte> given = default, progress = default;
        var members = new JsonMembers(arrival.Data);
        while (members.MoveNext())
        {
            if (members.IsNamed("status"u8)) given = members.Value;
            else if (members.IsNamed("progress"u8)) progress = members.Value;
        }

        // A name we do not know is about the task only if it says so, by a status or by a task that we know.
        ReadOnlySpan<byte> status = EntityStatus.Of(given, arrival);
        if (e.Known is null && status.IsEmpty && reducer.Set.Find(EntityKind.Task, id) is null) return;

        bool isProgress = e.Known == EventNames.TaskProgress;
        if (!isProgress && status.IsEmpty) status = byName;
        Entity? entity = reducer.TryOpen(EntityKind.Task, id, id, status, isProgress ? byName : default, isProgress, out bool changed);
        if (entity is null) return;

        if (progress.Length is > 0 and <= MaxProgressBytes && progress[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9')) entity.Json.Set("progress"u8, progress);
        reducer.Merge(entity, "data"u8, arrival.Data);
        if (changed || !isProgress) AddChange(reducer, entity, changed ? entity.Json.Get("status"u8) : status);
        reducer.Close(entity);
    }

    /// <summary>The task is gone, unless it was changed after it was deleted.</summary>
    public static void Delete(Reducer reducer)
    {
        ReadOnlySpan<byte> id = reducer.Input.Event.TaskId;
        if (reducer.Set.Find(EntityKind.Task, id) is { } entity && !reducer.IsStale(entity, default, isProgress: false)) reducer.Set.Remove(entity);
    }

    /// <summary>All tasks of the event's project are gone, or all there are when it names none; but not those changed after the reset.</summary>
    public static void Reset(Reducer reducer)
    {
        ReadOnlySpan<byte> project = reducer.Input.Event.ProjectId;
        foreach (EntityList list in (ReadOnlySpan<EntityList>)[reducer.Set.Terminal, reducer.Set.Live])
        {
            for (Entity? entity = list.Oldest, next; entity is not null; entity = next)
            {
                next = entity.Newer;
                bool meant = entity.Kind == EntityKind.Task && (project.IsEmpty || project.SequenceEqual(entity.ProjectId));
                if (meant && !reducer.IsStale(entity, default, isProgress: false)) reducer.Set.Remove(entity);
            }
        }
    }

    private static void AddChange(Reducer reducer, Entity entity, ReadOnlySpan<byte> status)
    {
        int most = reducer.Options.MaxChanges;
        if (most == 0) return;
        ReductionInput arrival = reducer.Input;
        ArrayBufferWriter<byte> entry = arrival.Scratch;
        entry.ResetWrittenCount();
        entry.Write("{\"event\":"u8);
        entry.Write(arrival.Event.RawName);
        if (!status.IsEmpty)
        {
            entry.Write(",\"status\":"u8);
            entry.Write(status);
        }

        entry.Write(",\"timestamp\":"u8);
        entry.Write(arrival.RawTime);
        if (arrival.Event.RawTimestamp.IsEmpty) entry.Write(",\"undated\":true"u8);
        entry.Write(",\"received\":"u8);
        entry.Write(arrival.RawReceived);
        if (!arrival.RawSource.IsEmpty)
        {
            entry.Write(",\"source\":"u8);
            entry.Write(arrival.RawSource);
        }

        entry.Write("}"u8);
        entity.Changes = ChangeList.Add(entity.Json, entity.Changes, entry.WrittenSpan, most);
    }
}
