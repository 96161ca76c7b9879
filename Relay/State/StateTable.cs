using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// The present state of Brain's work, reduced from nothing but its events, so that a client can be told it at once. One thread at a time (the caller
/// holds a lock); the counters may be read from any. An event that only changes what is known allocates nothing.
/// </summary>
internal sealed class StateTable
{
    private readonly StateOptions _options;
    private volatile EntitySet _set;
    private readonly Reducer _reducer;
    private bool _isPrepared;

    public StateTable(StateOptions options)
    {
        _options = options;
        _set = new EntitySet(options.MaxEntities, options.MaxBytes);
        _reducer = new Reducer(_set, options);
    }

    /// <summary>Entities of all kinds.</summary>
    public int Total => _set.Total;

    /// <summary>What is counted against <see cref="StateOptions.MaxBytes"/>, in bytes.</summary>
    public long Bytes => _set.Bytes;

    /// <summary><see cref="StateOptions.MaxBytes"/>.</summary>
    public long MaxBytes => _options.MaxBytes;

    /// <summary>How often an event came too late, or twice, to be let change an entity.</summary>
    public long Stale => _reducer.Stale;

    /// <summary>Entities under way that a bound pushed out.</summary>
    public long Evicted => _set.Evicted;

    /// <summary>Terminal entities that a bound pushed out before <see cref="StateOptions.TerminalKept"/>.</summary>
    public long EvictedTerminal => _set.EvictedTerminal;

    /// <summary>How often an event's data was too large to be kept, so that its entity is marked as truncated.</summary>
    public long Truncated => _reducer.Truncated;

    /// <summary>Entities of one kind.</summary>
    public int Count(EntityKind kind) => _set.Count(kind);

    /// <summary>Does what <see cref="Apply"/> needs memory for and can be done without changing anything. Optional; the same event must follow.</summary>
    public void Prepare(DecodedEvent e, long nowMs)
    {
        _reducer.Input.Fill(e, nowMs);
        _isPrepared = true;
    }

    /// <summary>Reduces one event that was not refused, received at <paramref name="nowMs"/>, in milliseconds since 1970.</summary>
    public void Apply(DecodedEvent e, long nowMs)
    {
        if (!_isPrepared) _reducer.Input.Fill(e, nowMs);
        _isPrepared = false;
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

    /// <summary>Notes that events may be missing here: whatever has not ended is uncertain until its next change, which copies say of it.</summary>
    public void NoteGap() => _set.NoteGap();

    /// <summary>
    /// Removes <c>seq</c> from the entities whose last event is of the same source as this one: that publisher counts again. Takes time with the number of
    /// entities: 50,000 take some milliseconds, and a restart is rare.
    /// </summary>
    public void ForgetNumbers(DecodedEvent e, long nowMs)
    {
        _reducer.Input.Fill(e, nowMs);
        foreach (EntityList list in (ReadOnlySpan<EntityList>)[_set.Live, _set.Terminal])
        {
            for (Entity? entity = list.Oldest; entity is not null; entity = entity.Newer)
            {
                if (entity.Seq < 0 || !entity.Json.Get("source"u8).SequenceEqual(_reducer.Input.RawSource)) continue;
                entity.Seq = -1;
                entity.Json.Remove("seq"u8);
                _set.Recount(entity);
            }
        }
    }

    /// <summary>Drops the terminal entities that were last changed longer ago than <see cref="StateOptions.TerminalKept"/>.</summary>
    public void Trim(long nowMs)
    {
        if (_options.TerminalKept == TimeSpan.Zero) return;
        long before = nowMs - (long)_options.TerminalKept.TotalMilliseconds;
        while (_set.Terminal.Oldest is { } oldest && oldest.ReceivedMs <= before) _set.Remove(oldest);
    }

    /// <summary>Copies what is wanted in place of what the copy held. No more than copying bytes, since ingestion waits meanwhile.</summary>
    public void CopyTo(StateCopy copy, StateSelection selection)
    {
        copy.Clear();
        if (selection.TaskIds.Count > 0) CopyTasks(copy, selection);
        else if (selection.ExecutionIds.Count > 0) CopyExecutions(copy, selection);
        else CopyAll(copy, selection);
    }

    /// <summary>Copies the one entity of that id in place of what the copy held; false when there is none. Not for nodes and agents, which have two ids.</summary>
    public bool TryCopy(EntityKind kind, ReadOnlySpan<byte> id, StateCopy copy)
    {
        copy.Clear();
        if (kind is EntityKind.Node or EntityKind.Agent || _set.Find(kind, id) is not { } entity) return false;
        copy.Add(kind, entity.Json.Text, _set.IsUncertain(entity));
        return true;
    }

    /// <summary>The JSON of the one entity of that id, good until the next change; false when there is none. Not for nodes and agents, which have two ids.</summary>
    public bool TryGet(EntityKind kind, ReadOnlySpan<byte> id, out ReadOnlySpan<byte> json)
    {
        Entity? entity = _set.Find(kind, id);
        json = entity is null ? default : entity.Json.Text;
        return entity is not null;
    }

    /// <summary>Whether it has an entity that the other one does not have.</summary>
    public bool HasMoreThan(StateTable other) => HasMoreThan(other, _set.Live.Oldest) || HasMoreThan(other, _set.Terminal.Oldest);

    /// <summary>A table with the same bounds and nothing in it.</summary>
    public StateTable CreateEmpty() => new(_options);

    /// <summary>
    /// Fills the empty table from what <see cref="StateCopy.MoveTo"/> wrote. From there on it reduces further events as the table did that the copy was
    /// taken from.
    /// </summary>
    /// <param name="json">At the first byte of the text.</param>
    /// <param name="length">Bytes of the text.</param>
    /// <exception cref="StateUnreadableException">It is something else; the table is as empty as before.</exception>
    /// <exception cref="EndOfStreamException">It is a part; the table is as empty as before.</exception>
    public void Load(Stream json, long length)
    {
        RequireEmpty();
        var set = new EntitySet(_options.MaxEntities, _options.MaxBytes);
        HandoffReading.Read(json, length, set);
        Use(set);
    }

    /// <summary>Takes over all entities of a table with the same bounds, which must not be used any more, in place of those of this one.</summary>
    public void TakeOver(StateTable other) => Use(other._set);

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
        if (Total > 0) throw new InvalidOperationException("only an empty table can be loaded");
    }

    private void Use(EntitySet set)
    {
        _reducer.Set = set;
        _set = set;
    }

    private void CopyAll(StateCopy copy, StateSelection selection)
    {
        for (Entity? entity = _set.Terminal.Oldest; entity is not null; entity = entity.Newer) CopyOne(copy, entity, selection);
        for (Entity? entity = _set.Live.Oldest; entity is not null; entity = entity.Newer) CopyOne(copy, entity, selection);
    }

    private void CopyTasks(StateCopy copy, StateSelection selection)
    {
        foreach (byte[] id in selection.TaskIds)
        {
            if (_set.Find(EntityKind.Task, id) is { } entity) CopyOne(copy, entity, selection);
        }
    }

    private void CopyExecutions(StateCopy copy, StateSelection selection)
    {
        foreach (byte[] id in selection.ExecutionIds)
        {
            for (Entity? entity = _set.FindGroup(id)?.First; entity is not null; entity = entity.NextInGroup) CopyOne(copy, entity, selection);
        }
    }

    private void CopyOne(StateCopy copy, Entity entity, StateSelection selection)
    {
        if (selection.Matches(entity)) copy.Add(entity.Kind, entity.Json.Text, _set.IsUncertain(entity));
    }
}
