using Cecelia.Relay.Events;
using Cecelia.Relay.Minutes;

namespace Cecelia.Relay.State;

/// <summary>
/// The current state of all entities, reduced from events, from which clients are sent a snapshot. Used by one thread at a time (the caller holds a lock);
/// the counters may be read from any thread. An event that only changes a known entity allocates nothing.
/// </summary>
internal sealed class StateTable
{
    private readonly StateOptions _options;
    private volatile EntitySet _set;
    private readonly Reducer _reducer;
    private readonly UndoCopies? _undo;
    private bool _isPrepared;

    /// <param name="options">The limits.</param>
    /// <param name="undo">Gets undo copies of the entities; null if none are made.</param>
    public StateTable(StateOptions options, UndoCopies? undo = null)
    {
        _options = options;
        _undo = undo;
        _set = new EntitySet(options.MaxEntities, options.MaxBytes) { Undo = undo };
        _reducer = new Reducer(_set, options);
    }

    /// <summary>The counts of each of the last 1440 minutes.</summary>
    public MinuteTable Minutes
    {
        get => _reducer.Minutes;
        set => _reducer.Minutes = value;
    }

    /// <summary>Number of entities of all kinds.</summary>
    public int Total => _set.Total;

    /// <summary>Bytes that are counted against <see cref="StateOptions.MaxBytes"/>.</summary>
    public long Bytes => _set.Bytes;

    /// <summary>The limit, <see cref="StateOptions.MaxBytes"/>.</summary>
    public long MaxBytes => _options.MaxBytes;

    /// <summary>Number of events that changed nothing because they were late or duplicates.</summary>
    public long Stale => _reducer.Stale;

    /// <summary>Number of non-terminal entities that were evicted because of a limit.</summary>
    public long Evicted => _set.Evicted;

    /// <summary>Number of terminal entities that were evicted because of a limit before <see cref="StateOptions.TerminalKept"/>.</summary>
    public long EvictedTerminal => _set.EvictedTerminal;

    /// <summary>Number of times that an event's data was too large to be kept and its entity was marked as truncated.</summary>
    public long Truncated => _reducer.Truncated;

    /// <summary>Number of gaps so far.</summary>
    public long Gaps => _set.Gaps;

    /// <inheritdoc cref="StateOptions.SilentAfter"/>
    public TimeSpan SilentAfter => _options.SilentAfter;

    /// <summary>Returns the number of entities of one kind.</summary>
    public int Count(EntityKind kind) => _set.Count(kind);

    /// <summary>
    /// Does the part of <see cref="Apply"/> that may allocate and does not change the state. Optional; <see cref="Apply"/> of the same event must follow.
    /// </summary>
    public void Prepare(DecodedEvent e, long nowMs)
    {
        _reducer.Input.Fill(e, nowMs);
        _isPrepared = true;
    }

    /// <summary>Reduces one accepted event, received at <paramref name="nowMs"/>, in Unix milliseconds.</summary>
    public void Apply(DecodedEvent e, long nowMs)
    {
        if (!_isPrepared) _reducer.Input.Fill(e, nowMs);
        _isPrepared = false;
        bool isDated = !e.RawTimestamp.IsEmpty && e.TimestampMs <= nowMs;
        Minutes.BeginEvent(nowMs, e.ProjectId, isDated ? nowMs - e.TimestampMs : -1);
        switch (e.Known?.Name)
        {
            case "task:created" or "task_created":
                TaskReduction.Apply(_reducer, EntityStatus.Queued);
                break;
            case "task:started" or "task:progress":
                TaskReduction.Apply(_reducer, EntityStatus.Running);
                break;
            case "task:completed":
                TaskReduction.Apply(_reducer, EntityStatus.Completed);
                break;
            case "task:failed":
                TaskReduction.Apply(_reducer, EntityStatus.Failed);
                break;
            case "task_updated" or "task_status_changed":
                TaskReduction.Apply(_reducer, default);
                break;
            case "task_deleted":
                TaskReduction.Delete(_reducer);
                break;
            case "tasks_reset":
                TaskReduction.Reset(_reducer);
                break;
            case "executor:status":
                BoardReduction.ApplyExecutor(_reducer);
                break;
            case "status":
                ExecutionReduction.Apply(_reducer, default);
                break;
            case "execution:paused" or "execution:completed":
                ExecutionReduction.ApplyNamed(_reducer);
                break;
            case "node_state_change":
                NodeReduction.ApplyState(_reducer);
                break;
            case "node:parallel_start":
                NodeReduction.ApplyParallelStart(_reducer);
                break;
            case "token_stream":
                NodeReduction.ApplyText(_reducer);
                break;
            case "token_usage":
                if (!NodeReduction.TryApplyUsage(_reducer)) ExecutionReduction.ApplyUsage(_reducer);
                break;
            case "error":
                NodeReduction.ApplyError(_reducer);
                break;
            case "agent_spawned" or "agent_status_update":
                BoardReduction.ApplyAgent(_reducer);
                break;
            case "agent_messages":
                BoardReduction.ApplyMessages(_reducer);
                break;
            case "file_locks_update":
                BoardReduction.ApplyProject(_reducer, "locks"u8);
                break;
            case "plan_generated":
                BoardReduction.ApplyProject(_reducer, "plan"u8);
                break;
            case "coordination_update":
                BoardReduction.ApplyProject(_reducer, "coordination"u8);
                break;
            case null when e.Name.StartsWith("execution:"u8):
                ExecutionReduction.ApplyNamed(_reducer);
                break;
            case null:
                TaskReduction.Apply(_reducer, default);
                break;
        }
    }

    /// <summary>Records that events may be missing. Every non-terminal entity is marked as uncertain in copies until its next change.</summary>
    public void NoteGap() => _set.NoteGap();

    /// <summary>
    /// Removes <c>seq</c> from the entities whose last event has the same source as this one, because that publisher has restarted its numbering. Takes linear
    /// time: a few milliseconds for 50,000 entities, and restarts are rare.
    /// </summary>
    public void ForgetNumbers(DecodedEvent e, long nowMs)
    {
        _reducer.Input.Fill(e, nowMs);
        foreach (EntityList list in (ReadOnlySpan<EntityList>)[_set.Live, _set.Terminal])
        {
            for (Entity? entity = list.Oldest; entity is not null; entity = entity.Newer)
            {
                if (entity.Seq < 0 || !entity.Json.Get("source"u8).SequenceEqual(_reducer.Input.RawSource)) continue;
                _set.Touch(entity);
                entity.Seq = -1;
                entity.Json.Remove("seq"u8);
                _set.Recount(entity);
            }
        }
    }

    /// <summary>Removes the terminal entities whose last change is longer ago than <see cref="StateOptions.TerminalKept"/>.</summary>
    public void Trim(long nowMs)
    {
        if (_options.TerminalKept == TimeSpan.Zero) return;
        long before = nowMs - (long)_options.TerminalKept.TotalMilliseconds;
        while (_set.Terminal.Oldest is { } oldest && oldest.ReceivedMs <= before) _set.Expire(oldest);
    }

    /// <summary>Replaces the content of the copy by the selected entities. Only copies bytes, since ingestion waits meanwhile.</summary>
    /// <param name="copy">Receives the entities.</param>
    /// <param name="selection">The entities to copy.</param>
    /// <param name="nowMs">The time at which work is silent or not, in Unix milliseconds; null: silence is not marked, as in a handoff.</param>
    public void CopyTo(StateCopy copy, StateSelection selection, long? nowMs = null)
    {
        copy.Clear();
        long silentBefore = SilentBefore(nowMs);
        if (selection.TaskIds.Count > 0) CopyTasks(copy, selection, silentBefore);
        else if (selection.ExecutionIds.Count > 0) CopyExecutions(copy, selection, silentBefore);
        else CopyAll(copy, selection, silentBefore);
    }

    /// <summary>Replaces the content of the copy by one entity. Returns false if there is none. Not for nodes and agents, which have two ids.</summary>
    public bool TryCopy(EntityKind kind, ReadOnlySpan<byte> id, StateCopy copy, StateSelection? selection = null, long? nowMs = null)
    {
        copy.Clear();
        if (kind is EntityKind.Node or EntityKind.Agent || _set.Find(kind, id) is not { } entity || selection?.Matches(entity) == false) return false;
        CopyOne(copy, entity, SilentBefore(nowMs));
        return true;
    }

    /// <summary>
    /// Replaces the content of the copy by the selected entities that have not changed since a generation began, as they were then. Only copies bytes, since
    /// ingestion waits meanwhile; the others are added by <see cref="StateBase.CopyChangedTo"/>, without a lock. Must be followed by
    /// <see cref="UndoCopies.EndRead"/>.
    /// </summary>
    public StateBase CopyBase(StateCopy copy, StateSelection selection, UndoGeneration generation)
    {
        copy.Clear();
        foreach (EntityList list in (ReadOnlySpan<EntityList>)[_set.Terminal, _set.Live])
        {
            for (Entity? entity = list.Oldest; entity is not null; entity = entity.Newer)
            {
                if (entity.Generation >= generation.Id || !selection.Matches(entity)) continue;
                copy.Add(entity.Kind, entity.Json.Text, EntitySet.WasUncertain(entity, generation.Gaps));
            }
        }

        return new StateBase(generation, _undo!.BeginRead(generation));
    }

    /// <summary>Counts the silent tasks and executions. Takes linear time: about as long as a copy of the state.</summary>
    public (int Tasks, int Executions) CountSilent(long nowMs)
    {
        (int tasks, int executions) = (0, 0);
        long before = SilentBefore(nowMs);
        for (Entity? entity = before == long.MinValue ? null : _set.Live.Oldest; entity is not null; entity = entity.Newer)
        {
            if (!SilentWork.IsSilent(entity, before, out _)) continue;
            if (entity.Kind == EntityKind.Task) tasks++;
            else executions++;
        }

        return (tasks, executions);
    }

    /// <summary>
    /// Returns the JSON of one entity, valid until the next change, or false if there is none. Not for nodes and agents, which have two ids.
    /// </summary>
    public bool TryGet(EntityKind kind, ReadOnlySpan<byte> id, out ReadOnlySpan<byte> json)
    {
        Entity? entity = _set.Find(kind, id);
        json = entity is null ? default : entity.Json.Text;
        return entity is not null;
    }

    /// <summary>Returns whether this table has an entity that the other one does not have.</summary>
    public bool HasMoreThan(StateTable other) => HasMoreThan(other, _set.Live.Oldest) || HasMoreThan(other, _set.Terminal.Oldest);

    /// <summary>Creates an empty table with the same limits.</summary>
    public StateTable CreateEmpty() => new(_options);

    /// <summary>
    /// Fills the empty table with the entities of a handoff. Afterwards it reduces further events in the same way as the table from which the handoff was
    /// made.
    /// </summary>
    /// <param name="read">Adds the entities to an empty set. When it throws, the table remains empty.</param>
    public void Load(Action<EntitySet> read)
    {
        RequireEmpty();
        var set = new EntitySet(_options.MaxEntities, _options.MaxBytes);
        read(set);
        foreach (EntityList list in (ReadOnlySpan<EntityList>)[set.Live, set.Terminal])
        {
            for (Entity? entity = list.Oldest; entity is not null; entity = entity.Newer)
            {
                if (entity.Kind == EntityKind.Task) TaskTimes.Restore(entity, _options.MaxChanges);
            }
        }

        Use(set);
    }

    /// <summary>
    /// Replaces the entities and the minutes of this table by those of another one with the same limits, which must not be used afterwards.
    /// </summary>
    public void TakeOver(StateTable other)
    {
        Use(other._set);
        Minutes = other.Minutes;
    }

    private static bool HasMoreThan(StateTable other, Entity? entity)
    {
        for (; entity is not null; entity = entity.Newer)
        {
            if (other._set.Find(entity.Kind, entity.Key) is null) return true;
        }

        return false;
    }

    private void RequireEmpty()
    {
        if (Total > 0) throw new InvalidOperationException("the table must be empty");
    }

    private void Use(EntitySet set)
    {
        // The undo copies do not lead back to the entities that these replace.
        _undo?.Clear();
        set.Undo = _undo;
        _reducer.Set = set;
        _set = set;
    }

    /// <summary>Returns the time at or before which the last event of silent work was received; the lowest value if nothing is silent.</summary>
    private long SilentBefore(long? nowMs) =>
        nowMs is { } now && _options.SilentAfter > TimeSpan.Zero ? now - (long)_options.SilentAfter.TotalMilliseconds : long.MinValue;

    private void CopyAll(StateCopy copy, StateSelection selection, long silentBefore)
    {
        for (Entity? entity = _set.Terminal.Oldest; entity is not null; entity = entity.Newer) CopyOne(copy, entity, selection, silentBefore);
        for (Entity? entity = _set.Live.Oldest; entity is not null; entity = entity.Newer) CopyOne(copy, entity, selection, silentBefore);
    }

    private void CopyTasks(StateCopy copy, StateSelection selection, long silentBefore)
    {
        foreach (byte[] id in selection.TaskIds)
        {
            if (_set.Find(EntityKind.Task, id) is { } entity) CopyOne(copy, entity, selection, silentBefore);
        }
    }

    private void CopyExecutions(StateCopy copy, StateSelection selection, long silentBefore)
    {
        foreach (byte[] id in selection.ExecutionIds)
        {
            for (Entity? entity = _set.FindGroup(id)?.First; entity is not null; entity = entity.NextInGroup) CopyOne(copy, entity, selection, silentBefore);
        }
    }

    private void CopyOne(StateCopy copy, Entity entity, StateSelection selection, long silentBefore)
    {
        if (selection.Matches(entity)) CopyOne(copy, entity, silentBefore);
    }

    private void CopyOne(StateCopy copy, Entity entity, long silentBefore)
    {
        SilentWork.IsSilent(entity, silentBefore, out ReadOnlySpan<byte> since);
        copy.Add(entity.Kind, entity.Json.Text, _set.IsUncertain(entity), since);
    }
}
