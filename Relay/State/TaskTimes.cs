using Cecelia.Relay.Events;
using Cecelia.Relay.Minutes;

namespace Cecelia.Relay.State;

/// <summary>The phase of a task, from which its queue time and run time follow.</summary>
internal enum TaskPhase : byte
{
    /// <summary>The task has no status yet.</summary>
    None,

    /// <summary>It waits to run.</summary>
    Waiting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It has run and has another status that is not final, as when it is paused. That counts as run time.</summary>
    Held,

    /// <summary>It has a final status.</summary>
    Ended,
}

/// <summary>
/// Follows the phases of a task, and counts what was created, started and ended in the minutes. A time is only counted if both of its ends are known, and no
/// gap is between the task's end and the event before.
/// </summary>
/// <remarks>
/// Example: <c>task:created</c> at 10:00:00 counts as created. <c>task:started</c> at 10:00:02: the queue time is 2 s. A status <c>paused</c> at 10:00:10 and
/// <c>running</c> at 10:00:20 count nothing. <c>task:completed</c> at 10:00:32: the run time is 30 s. A task that is first seen by a <c>task:progress</c> and
/// then completes counts as ended, without a run time, because it is not known when it started.
/// </remarks>
internal static class TaskTimes
{
    /// <summary>Applies a change of the status. Must be called before <see cref="Reducer.EndUpdate"/>.</summary>
    /// <param name="reducer">The reducer with the event.</param>
    /// <param name="task">The task, with its new status.</param>
    /// <param name="isNew">Whether the event is the task's first one.</param>
    public static void Advance(Reducer reducer, Entity task, bool isNew)
    {
        DecodedEvent e = reducer.Input.Event;
        ReadOnlySpan<byte> status = task.Json.Get("status"u8);
        long atMs = e.RawTimestamp.IsEmpty ? reducer.Input.NowMs : e.TimestampMs;
        (TaskPhase before, long sinceMs) = (task.Phase, task.PhaseSinceMs);
        Enter(task, status, IsStart(e.Known?.Name), atMs);
        MinuteTable minutes = reducer.Minutes;
        if (isNew && (task.Phase == TaskPhase.Waiting || e.Known?.Name is "task:created" or "task_created")) minutes.AddCreated(task.ProjectId);
        bool isKnown = sinceMs != Entity.Undated && sinceMs <= atMs && (isNew || !reducer.Set.HasGapSince(task));
        if (task.Phase == TaskPhase.Running && before == TaskPhase.Waiting && isKnown) minutes.AddQueueTime(task.ProjectId, atMs - sinceMs);
        if (task.Phase != TaskPhase.Ended || before == TaskPhase.Ended) return;
        bool hasRun = isKnown && before is TaskPhase.Running or TaskPhase.Held;
        minutes.AddEnded(task.ProjectId, OutcomeOf(status), hasRun ? atMs - sinceMs : -1);
    }

    /// <summary>Restores the phase of a task that was handed over, from its list of changes.</summary>
    /// <param name="task">The task.</param>
    /// <param name="maxChanges">Maximum length of the list. If it is reached, entries are missing after the first.</param>
    public static void Restore(Entity task, int maxChanges)
    {
        ReadOnlySpan<byte> list = task.Json.Get("changes"u8);
        if (!list.IsEmpty && !task.IsTerminal)
        {
            var entries = new JsonMembers(list);
            for (int i = 0; entries.MoveNext(); i++)
            {
                if (i == 1 && task.Changes >= maxChanges) (task.Phase, task.PhaseSinceMs) = (TaskPhase.None, Entity.Undated);
                ReadOnlySpan<byte> status = JsonMembers.Find(entries.Value, "status"u8), time = JsonMembers.Find(entries.Value, "timestamp"u8);
                long atMs = Entity.Undated;
                bool isDated = time.Length > 2 && Rfc3339.TryParse(time[1..^1], out atMs);
                if (!isDated) atMs = Entity.Undated;
                if (!status.IsEmpty) Enter(task, status, isDated && IsStart(JsonMembers.Find(entries.Value, "event"u8)), atMs);
            }
        }

        // The list may be off, or may not have the last change.
        ReadOnlySpan<byte> last = task.Json.Get("status"u8);
        if (!last.IsEmpty && PhaseOf(last, task.Phase) != task.Phase) (task.Phase, task.PhaseSinceMs) = (PhaseOf(last, task.Phase), Entity.Undated);
    }

    private static void Enter(Entity task, ReadOnlySpan<byte> status, bool isStart, long atMs)
    {
        (TaskPhase before, TaskPhase phase) = (task.Phase, PhaseOf(status, task.Phase));
        task.Phase = phase;
        bool continues = phase == before || (phase is TaskPhase.Running or TaskPhase.Held && before is TaskPhase.Running or TaskPhase.Held);
        // Of a task that was not known before, only an event that says so begins a phase.
        if (!continues) task.PhaseSinceMs = isStart || before != TaskPhase.None ? atMs : Entity.Undated;
    }

    private static TaskPhase PhaseOf(ReadOnlySpan<byte> status, TaskPhase before)
    {
        if (EntityStatus.IsTerminal(status)) return TaskPhase.Ended;
        if (EntityStatus.IsRunning(status)) return TaskPhase.Running;
        bool isQueued = status.SequenceEqual(EntityStatus.Queued) || status.SequenceEqual("\"pending\""u8);
        return !isQueued && before is TaskPhase.Running or TaskPhase.Held ? TaskPhase.Held : TaskPhase.Waiting;
    }

    private static int? OutcomeOf(ReadOnlySpan<byte> status) =>
        status.SequenceEqual(EntityStatus.Failed) ? MinuteValues.Failed
            : status.SequenceEqual(EntityStatus.Completed) || status.SequenceEqual("\"done\""u8) ? MinuteValues.Completed : null;

    private static bool IsStart(string? name) => name is "task:created" or "task_created" or "task:started" or "task_status_changed";

    private static bool IsStart(ReadOnlySpan<byte> quoted) => quoted.Length > 2 && IsStart(EventNames.Find(quoted[1..^1])?.Name);
}
