using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.Recording;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The single ordered stream that every client sees a part of: the journal, the entity state and the outbound buffers of all views. They advance together
/// under one lock, so a position in one corresponds to a position in each of the others. Owns the lock: every public member is atomic, and none of them
/// calls back into a higher layer while it holds the lock. The lock order is this lock, then <see cref="ViewTable"/>'s, then a buffer's.
/// </summary>
/// <remarks>Written through <see cref="Feed"/> and read by clients through <see cref="TimelineReader"/>.</remarks>
internal sealed partial class Timeline : IDisposable
{
    private readonly Lock _gate = new();
    private readonly EventJournal _journal;
    private readonly StateTable _state;
    private readonly StateBases _bases;
    private readonly ViewTable _views;
    private readonly ViewWriter _writer;
    private readonly EventDecoder _decoder;
    private readonly DecodedEvent _loaded = new();
    private readonly List<View> _found = [];
    private volatile LinkStatus _link = new(Live: false, AsOfMs: null, "not connected to Redis yet");
    private long _epoch;
    private long _takeOvers;
    private bool _isChanging;
    private readonly FlushedEntry? _flushed;
    private long _appended = -1;

    public Timeline(
        FanoutOptions options, JournalOptions journal, StateOptions state, EventLimits limits, ViewTable views, TimeProvider time,
        FlightRecorder? recorder = null)
    {
        _flushed = recorder?.Flushed;
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var undo = new UndoCopies(StateBases.UndoBytes(journal));
        _journal = new EventJournal(journal with { Bytes = StateBases.PayloadBytes(journal) }, nowMs);
        _state = new StateTable(state, undo);
        _bases = new StateBases(_journal, _state, undo, journal, nowMs);
        _views = views;
        _writer = new ViewWriter(_state, options.CompressionMinBytes);
        _decoder = new EventDecoder(limits);
    }

    /// <summary>The entity state, for its counters, which any thread may read.</summary>
    public StateTable State => _state;

    /// <summary>Frames that could not be made; the clients of their views were sent a snapshot instead. Any thread.</summary>
    public long LostFrames => _writer.LostFrames;

    /// <summary>
    /// True after a call that failed while journal and state were being changed, so that they may no longer agree. False after one that failed before its
    /// change and has had no effect. For the ingest thread.
    /// </summary>
    public bool IsHalfChanged => _isChanging;

    /// <summary>The status of the link to Redis, as clients were last notified of it. Any thread.</summary>
    public LinkStatus Link => _link;

    /// <summary>Number of times another instance's stream was taken over: clients that started before must be resynchronized. Any thread.</summary>
    public long TakeOvers => Volatile.Read(ref _takeOvers);

    /// <summary>The current end of the stream.</summary>
    public TimelinePoint Point
    {
        get
        {
            lock (_gate) return CurrentPoint();
        }
    }

    /// <summary>Number of entries in the journal, and the bytes of their payloads and of the undo copies.</summary>
    public (long Entries, long Bytes) JournalSize
    {
        get
        {
            lock (_gate) return (_journal.Head - _journal.First, _journal.Bytes + _bases.Bytes);
        }
    }

    /// <summary>Sets the status of the link to Redis. Any thread, one at a time.</summary>
    public void SetLink(LinkStatus link, long nowMs)
    {
        lock (_gate)
        {
            MinuteTable minutes = _state.Minutes;
            if (link.Live) minutes.IsLive = true;
            else if (minutes.IsLive) minutes.Interrupt(link.AsOfMs, nowMs);
            _link = link;
        }
    }

    /// <summary>
    /// Appends an event to the journal, applies it to the entity state, and appends its frames to the views that want it. The pumps are notified by
    /// <see cref="Flush"/>. For the ingest thread. When it throws, <see cref="IsHalfChanged"/> says whether anything has been changed.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    /// <param name="traced">The record of its trace; null if that is not continued.</param>
    /// <returns>The place of the event in the stream.</returns>
    public Acceptance Append(DecodedEvent e, long nowMs, TracedEvent? traced)
    {
        lock (_gate)
        {
            _isChanging = false;
            // Everything that needs memory and can be done before the change is done before it.
            _state.Prepare(e, nowMs);
            _views.Find(e, _found);
            _writer.Reserve(_found.Count);
            _bases.Prepare(e.Payload.Length, nowMs);
            _isChanging = true;
            long entry = _journal.Append(e.Payload.Span, nowMs);
            long stale = _state.Stale;
            Apply(e, nowMs);
            _bases.Settle(nowMs);
            _isChanging = false;
            StreamPosition position = _journal.Position;
            if (_found.Count > 0) _writer.AppendEvent(e, _found, position, entry, nowMs, traced);
            _appended = entry;
            return new Acceptance(entry, position.Hash, nowMs, _state.Stale != stale);
        }
    }

    /// <summary>
    /// Notifies the pumps of the views that have grown since the last call. For the ingest thread, outside the lock. When it throws, the next call notifies
    /// the rest.
    /// </summary>
    /// <param name="timestampMs">As <see cref="View.MarkDirty"/> takes it.</param>
    public void Flush(long timestampMs)
    {
        _flushed?.Begin(_appended);
        _writer.Flush(timestampMs);
        _flushed?.End();
    }

    /// <summary>Appends a gap to the journal, and a <c>relay:gap</c> to the views of the subprotocol, which the caller marks dirty.</summary>
    /// <param name="data">The <c>data</c> of the message.</param>
    /// <param name="hidden">The same for views that hide sources.</param>
    /// <param name="fromMs">The time from which on events may be missing, in Unix milliseconds; null if unknown.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    /// <param name="views">Receives these views.</param>
    public void AppendGap(ReadOnlySpan<byte> data, ReadOnlySpan<byte> hidden, long? fromMs, long nowMs, List<View> views)
    {
        lock (_gate)
        {
            // In one step: a client that learned the position behind the gap, but not the gap, would never be notified of it.
            _views.FindSubprotocol(views);
            long entry = _journal.AppendGap(data, nowMs);
            _state.NoteGap();
            _state.Minutes.NoteGap(fromMs, nowMs);
            _bases.Settle(nowMs);
            Notice? notice = null;
            Notice? hiding = null;
            try
            {
                string id = _journal.Position.ToString();
                notice = new Notice(RelayMessage.Write(RelayMessage.Gap, nowMs, id, data), id);
                hiding = hidden.SequenceEqual(data) ? notice : new Notice(RelayMessage.Write(RelayMessage.Gap, nowMs, id, hidden), id);
            }
            catch (OutOfMemoryException fault)
            {
                _writer.Report(fault);
            }

            foreach (View view in views) _writer.AppendNotice(view, view.Kind.HidesSources ? hiding : notice, entry, nowMs);
        }
    }

    /// <summary>Appends a relay message to the outbound buffers of some views. The caller marks them dirty.</summary>
    public void AppendNotice(ReadOnlySpan<View> views, Notice notice, long nowMs)
    {
        lock (_gate) AppendToAll(views, notice, nowMs);
    }

    /// <summary>Appends a <c>relay:ping</c> with the current position to the outbound buffers of some views. The caller marks them dirty.</summary>
    public void AppendPing(ReadOnlySpan<View> views, long nowMs)
    {
        lock (_gate)
        {
            string id = _journal.Position.ToString();
            AppendToAll(views, new Notice(RelayMessage.Write(RelayMessage.Ping, nowMs, id, static _ => { }), id), nowMs);
        }
    }

    /// <summary>Removes the sequence numbers that entities hold of an event's source, since they do not order the events of its new run.</summary>
    public void ForgetNumbers(DecodedEvent first, long nowMs)
    {
        lock (_gate)
        {
            _state.ForgetNumbers(first, nowMs);
            _bases.Settle(nowMs);
            _epoch++;
        }
    }

    /// <summary>Releases the memory of views that have ended. For the ingest thread.</summary>
    public void ClearEnded()
    {
        if (!_views.HasEnded) return;
        lock (_gate) _views.ClearEnded();
    }

    /// <summary>Drops frames, journal entries and entities that have exceeded their age. For the ingest thread.</summary>
    public void Trim(long nowMs)
    {
        lock (_gate)
        {
            _views.Trim(nowMs, _found);
            _journal.Trim(nowMs);
            _bases.NoteEntry();
            _state.Trim(nowMs);
            _state.Minutes.Tick(nowMs);
            _bases.Trim(nowMs);
        }
    }

    /// <summary>
    /// Replaces journal and state by those of another instance, then applies the entries that came after them. For the ingest thread. The frames of connected
    /// clients do not lead to the new state, so they must be resynchronized afterwards. When it throws, <see cref="IsHalfChanged"/> says whether anything
    /// has been changed.
    /// </summary>
    /// <param name="tail">The other instance's journal.</param>
    /// <param name="state">Its state, in a table from <see cref="StateTable.CreateEmpty"/>; must not be used afterwards.</param>
    /// <param name="gap">The <c>data</c> of a gap between that and <paramref name="later"/>; null if nothing is missing there.</param>
    /// <param name="later">The entries that came after it.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    public void Load(JournalTail tail, StateTable state, byte[]? gap, IReadOnlyList<KeptEntry> later, long nowMs)
    {
        lock (_gate)
        {
            _isChanging = false;
            _views.FindAll(_found);
            _isChanging = true;
            _state.TakeOver(state);
            _state.Minutes.IsLive = _link.Live;
            _state.Minutes.IsReplay = true;
            _journal.Load(tail);
            _bases.Restart(_journal.Position.TimeMs);
            if (gap is not null) Reapply(new KeptEntry(EntryKind.Gap, nowMs, gap));
            foreach (KeptEntry entry in later) Reapply(entry);
            _state.Minutes.IsReplay = false;
            _bases.Settle(nowMs);
            _isChanging = false;
            foreach (View view in _found) view.Buffer.SkipTo(_journal.Head);
            _epoch++;
            Volatile.Write(ref _takeOvers, _takeOvers + 1);
        }
    }

    /// <summary>Returns, once, the last fault that changed nothing but what clients of some views were sent. For the ingest thread.</summary>
    public Exception? TakeFault() => _writer.TakeFault();

    public void Dispose() => _writer.Dispose();

    private TimelinePoint CurrentPoint() => new(_journal.Position, _journal.Head - 1, _epoch);

    private void AppendToAll(ReadOnlySpan<View> views, Notice notice, long nowMs)
    {
        foreach (View view in views) _writer.AppendNotice(view, notice, _journal.Head - 1, nowMs);
    }

    private void Reapply(KeptEntry entry)
    {
        if (entry.Kind == EntryKind.Gap)
        {
            _journal.AppendGap(entry.Payload, entry.TimeMs);
            _state.NoteGap();
            _state.Minutes.NoteGap(Gap.BeginningOf(entry.Payload), entry.TimeMs);
        }
        else if (_decoder.Decode(entry.Payload, _loaded) == RefusalReason.None)
        {
            _journal.Append(entry.Payload, entry.TimeMs);
            Apply(_loaded, entry.TimeMs);
        }
    }

    private void Apply(DecodedEvent e, long nowMs)
    {
        _bases.NoteEntry();
        try
        {
            _state.Apply(e, nowMs);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A bug in the handling of one event, which the publisher may send again to every instance: ending the process would end them all. The event
            // still reaches the clients. A lack of memory is different: every later change could fail half-way too.
            _writer.Report(fault);
        }
    }
}

/// <summary>The end of the stream at one moment.</summary>
/// <param name="Position">The position of the journal's newest entry.</param>
/// <param name="Entry">The number of that entry.</param>
/// <param name="Epoch">Changes whenever the entity state is changed by anything but an event: snapshots of an earlier epoch must not be used.</param>
internal readonly record struct TimelinePoint(StreamPosition Position, long Entry, long Epoch);
