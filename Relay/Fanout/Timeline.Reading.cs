using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>The operations that read: each copies what it needs, so that the caller encodes outside the lock. Any thread.</summary>
internal sealed partial class Timeline
{
    /// <summary>Limits of one <see cref="CopyRange"/>: some ten microseconds under the lock.</summary>
    private const int RangeExamined = 1024;
    private const int RangeEntries = 256;
    private const int RangeBytes = 256 * 1024;

    /// <summary>Returns the view of a kind, held for the caller until <see cref="Release"/>; null if there is no room for another filter.</summary>
    public View? Acquire(ViewKind kind)
    {
        lock (_gate) return _views.Acquire(kind, _journal.Head);
    }

    /// <summary>Releases a view. Must be called after the pump has removed the client.</summary>
    public void Release(View view) => _views.Release(view);

    /// <summary>Returns the starting point of a client that receives only what is published from now on.</summary>
    public StartPoint StartAtHead(View view)
    {
        lock (_gate) return new StartPoint(null, null, view.Buffer.End) { Entry = _journal.Head - 1 };
    }

    /// <summary>
    /// Returns true while a position is not in the journal but is newer than the end of the stream less <paramref name="window"/>, so that its event may still
    /// arrive.
    /// </summary>
    public bool IsAhead(StreamPosition since, TimeSpan window)
    {
        lock (_gate) return !_journal.Contains(since) && since.TimeMs > _journal.Position.TimeMs - (long)window.TotalMilliseconds;
    }

    /// <summary>Looks for the offset in a view's buffer from which a client continues that has everything up to a position.</summary>
    public ResumeLookup Find(View view, StreamPosition since)
    {
        lock (_gate)
        {
            PositionLookup lookup = _journal.Find(since, out long number);
            if (lookup == PositionLookup.Ambiguous) return new ResumeLookup { Failure = ResumeFailure.Ambiguous };
            if (lookup != PositionLookup.Found) return new ResumeLookup { Failure = ResumeFailure.Unknown };
            if (!_journal.IsCompleteSince(number)) return new ResumeLookup { Failure = ResumeFailure.Incomplete };
            long completeFrom = view.Buffer.CompleteFrom;
            if (!view.Buffer.TryFind(number, out BufferOffset offset)) return new ResumeLookup { LackingFrom = number + 1, LackingTo = completeFrom };
            // The link status under the lock too: a change of it is either in what is returned here, or in a frame behind the offset.
            return new ResumeLookup { Start = offset, Entry = number, Missed = view.Buffer.Head - offset.Frame, Link = _link };
        }
    }

    /// <summary>
    /// Puts frames of older entries, up to below <paramref name="to"/>, before those in a view's buffer, and takes ownership of their segments. False, with
    /// nothing taken, when frames have been dropped since <see cref="Find"/>, or when they do not fit the bounds of the buffer.
    /// </summary>
    public bool TryPrepend(View view, FrameRun run, long from, long to)
    {
        lock (_gate)
        {
            if (view.Buffer.CompleteFrom != to || !view.Buffer.TryPrepend(run, from)) return false;
            run.Detach();
            return true;
        }
    }

    /// <summary>Copies a bounded number of events from a range of the journal, and returns the number of the first entry that has not been examined.</summary>
    /// <param name="from">Number of the first entry.</param>
    /// <param name="to">Number of the entry behind the last.</param>
    /// <param name="containing">Only events whose payload contains these bytes are copied; empty: all events.</param>
    /// <param name="copied">Receives the events; emptied first.</param>
    /// <param name="isComplete">False if entries of the range, or their payloads, are no longer in the journal.</param>
    public long CopyRange(long from, long to, ReadOnlySpan<byte> containing, List<CopiedEvent> copied, out bool isComplete)
    {
        copied.Clear();
        int bytes = 0;
        lock (_gate)
        {
            isComplete = from >= _journal.First;
            long number = Math.Max(from, _journal.First);
            long end = Math.Min(to, number + RangeExamined);
            for (; number < end && copied.Count < RangeEntries && bytes < RangeBytes; number++)
            {
                JournalEntry entry = _journal.At(number);
                isComplete &= entry.Kind != EntryKind.Omitted;
                if (entry.Kind != EntryKind.Event || _journal.Payload(entry).IndexOf(containing) < 0) continue;
                bytes += entry.Length;
                copied.Add(new CopiedEvent(number, entry.Position, _journal.Payload(entry).ToArray()));
            }

            return number;
        }
    }

    /// <summary>Finds the end of what precedes a position: a position follows the entry that has it.</summary>
    /// <param name="before">The position; null for the end of the stream.</param>
    /// <param name="end">The number of the entry after the position.</param>
    /// <param name="position">The position, or that of the newest entry.</param>
    /// <returns>The failure if the journal does not have exactly one such entry.</returns>
    public ResumeFailure? FindEnd(StreamPosition? before, out long end, out StreamPosition position)
    {
        lock (_gate)
        {
            (end, position) = (_journal.Head, before ?? _journal.Position);
            if (before is not { } wanted) return null;
            PositionLookup lookup = _journal.Find(wanted, out long number);
            end = number + 1;
            return lookup == PositionLookup.Found ? null : lookup == PositionLookup.Ambiguous ? ResumeFailure.Ambiguous : ResumeFailure.Unknown;
        }
    }

    /// <summary>Finds the first entry after a position. It must be here, and so must be all that follow it.</summary>
    /// <param name="since">The position, which may be that of a base; null for the oldest entry.</param>
    /// <param name="start">The number of that entry.</param>
    /// <returns>The failure if the journal does not have the position, or not all entries after it.</returns>
    public ResumeFailure? FindStart(StreamPosition? since, out long start)
    {
        lock (_gate)
        {
            start = _journal.First;
            if (since is not { } wanted) return null;
            if (!_bases.TryFind(wanted, out start))
            {
                PositionLookup lookup = _journal.Find(wanted, out long number);
                if (lookup == PositionLookup.Ambiguous) return ResumeFailure.Ambiguous;
                if (lookup != PositionLookup.Found) return ResumeFailure.Unknown;
                start = number + 1;
            }

            return start < _journal.First ? ResumeFailure.Unknown : null;
        }
    }

    /// <summary>Copies the selected entities as they were at the oldest base with at most that many entries after it.</summary>
    /// <param name="copy">Receives the entities.</param>
    /// <param name="selection">The entities to copy.</param>
    /// <param name="maxEntries">Maximum number of entries.</param>
    /// <returns>The base; null if there is none.</returns>
    public TimelineBase? CopyBase(StateCopy copy, StateSelection selection, int maxEntries)
    {
        copy.Reserve(_state.Bytes + _bases.Bytes, _state.Total);
        StateBase state;
        StreamPosition position;
        lock (_gate)
        {
            if (_bases.Find(maxEntries, out position) is not { } generation) return null;
            state = _state.CopyBase(copy, selection, generation);
        }

        var evicted = new List<EvictedEntity>();
        try
        {
            state.CopyChangedTo(copy, selection);
        }
        finally
        {
            lock (_gate)
            {
                // The entries after the base may have left the journal. Then the events cannot be read either, and the base is of no use.
                state.ForEachEvicted(selection, (kind, key, entry) =>
                {
                    bool isBehind = entry >= state.Generation.FirstEntry && entry >= _journal.First;
                    evicted.Add(new EvictedEntity(kind, key, isBehind ? _journal.At(entry).Position : position));
                });
                _bases.EndRead();
            }
        }

        return new TimelineBase(position, state.Generation.BeganMs, (long)_state.SilentAfter.TotalMilliseconds, evicted);
    }

    /// <summary>Copies a bounded number of entries that precede a number, newest first.</summary>
    /// <param name="before">Number of the entry behind the newest.</param>
    /// <param name="copied">Receives the entries; emptied first.</param>
    /// <param name="first">Number of the oldest entry of the journal.</param>
    public void CopyBefore(long before, List<CopiedEntry> copied, out long first)
    {
        copied.Clear();
        int bytes = 0;
        lock (_gate)
        {
            first = _journal.First;
            for (long number = before - 1; number >= first && copied.Count < RangeEntries && bytes < RangeBytes; number--)
            {
                JournalEntry entry = _journal.At(number);
                bytes += entry.Length;
                copied.Add(new CopiedEntry(number, entry.Kind, entry.Position, _journal.Payload(entry).ToArray()));
            }
        }
    }

    /// <summary>Returns the position in front of an entry; null if the journal does not have the entry before it.</summary>
    public StreamPosition? PositionBefore(long number)
    {
        lock (_gate) return number > _journal.First && number <= _journal.Head ? _journal.At(number - 1).Position : null;
    }

    /// <summary>Returns all entries of the journal from a number on; null if some of them, or their payloads, are no longer in it.</summary>
    public IReadOnlyList<KeptEntry>? CopySince(long number)
    {
        lock (_gate) return _journal.CopySince(number);
    }

    /// <summary>Copies the selected entities as of a time in Unix milliseconds, and returns the point of the stream that they reflect.</summary>
    public TimelinePoint CopyState(StateCopy copy, StateSelection selection, long nowMs)
    {
        copy.Reserve(_state.Bytes, _state.Total);
        lock (_gate)
        {
            _state.CopyTo(copy, selection, nowMs);
            return CurrentPoint();
        }
    }

    /// <summary>As the other overload, of the entities that a view's filter selects, with the end of its buffer.</summary>
    public TimelinePoint CopyState(StateCopy copy, View view, long nowMs, out BufferOffset end)
    {
        StateSelection selection = Selections.Of(view.Kind.Filter);
        copy.Reserve(_state.Bytes, _state.Total);
        lock (_gate)
        {
            _state.CopyTo(copy, selection, nowMs);
            end = view.Buffer.End;
            return CurrentPoint();
        }
    }

    /// <summary>
    /// Copies one entity as of a time in Unix milliseconds, and returns the position that it reflects. Returns false if there is no selected entity with
    /// that id.
    /// </summary>
    public bool TryCopy(EntityKind kind, ReadOnlySpan<byte> id, StateSelection selection, StateCopy copy, long nowMs, out StreamPosition position)
    {
        lock (_gate)
        {
            position = _journal.Position;
            return _state.TryCopy(kind, id, copy, selection, nowMs);
        }
    }

    /// <inheritdoc cref="StateTable.CountSilent"/>
    public (int Tasks, int Executions) CountSilent(long nowMs)
    {
        lock (_gate) return _state.CountSilent(nowMs);
    }

    /// <summary>Copies the minutes.</summary>
    public MinuteCopy CopyMinutes()
    {
        lock (_gate) return _state.Minutes.Copy();
    }

    /// <summary>Copies the newest part of the journal and the whole state, at one point, for another instance. The caller disposes the copy.</summary>
    /// <param name="atMs">The time up to which nothing is missing, in Unix milliseconds.</param>
    /// <param name="maxBytes">Maximum number of bytes of events.</param>
    public TimelineCheckpoint Freeze(long atMs, long maxBytes)
    {
        var state = new StateCopy();
        try
        {
            state.Reserve(_state.Bytes, _state.Total);
            JournalTail tail;
            MinuteCopy minutes;
            lock (_gate)
            {
                minutes = _state.Minutes.Copy();
                tail = _journal.CopyTail(maxBytes);
                _state.CopyTo(state, StateSelection.All);
            }

            state.TrimExcess();
            return new TimelineCheckpoint(atMs, tail, state, minutes);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }
}

/// <summary>A moment whose state can still be made.</summary>
/// <param name="Position">The position of the stream at that moment.</param>
/// <param name="AtMs">The time, in Unix milliseconds.</param>
/// <param name="SilentAfterMs">How long running work may be without an event before it is silent; 0: forever.</param>
/// <param name="Evicted">The selected entities that were removed since without an event, in this order.</param>
internal sealed record TimelineBase(StreamPosition Position, long AtMs, long SilentAfterMs, IReadOnlyList<EvictedEntity> Evicted);

/// <summary>An entity that was removed without an event.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Key">Its key.</param>
/// <param name="After">The position of the newest entry at that time.</param>
internal readonly record struct EvictedEntity(EntityKind Kind, byte[] Key, StreamPosition After);

/// <summary>An entry copied out of the journal.</summary>
internal readonly record struct CopiedEntry(long Number, EntryKind Kind, StreamPosition Position, byte[] Payload);

/// <summary>An event copied out of the journal.</summary>
internal readonly record struct CopiedEvent(long Number, StreamPosition Position, byte[] Payload);

/// <summary>
/// The outcome of <see cref="Timeline.Find"/>: a start, a failure, or neither, when the journal has the entries but the view's buffer lacks frames for some.
/// </summary>
internal readonly record struct ResumeLookup
{
    /// <summary>The offset from which the client continues; null if it cannot, or not yet.</summary>
    public BufferOffset? Start { get; init; }

    /// <summary>Number of the journal entry that the client has.</summary>
    public long Entry { get; init; }

    /// <summary>Number of frames from <see cref="Start"/> to the head.</summary>
    public long Missed { get; init; }

    /// <summary>The status of the link to Redis at that point; null without a start.</summary>
    public LinkStatus? Link { get; init; }

    /// <summary>Why the client cannot resume.</summary>
    public ResumeFailure? Failure { get; init; }

    /// <summary>Number of the first entry that the buffer has no frames for.</summary>
    public long LackingFrom { get; init; }

    /// <summary>Number of the entry from which on it has.</summary>
    public long LackingTo { get; init; }

    /// <summary>True if frames must be made from the journal before the client can resume.</summary>
    public bool LacksFrames => Start is null && Failure is null;
}
