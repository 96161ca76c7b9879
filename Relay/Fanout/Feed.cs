using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The one stream that all clients see parts of: journal, state, and the logs of all views, moved on together under one lock, so that a place in one is
/// a place in all. The ingest thread calls <see cref="Accept"/>, <see cref="Flush"/> and <see cref="Tidy"/>; the rest is for any thread.
/// </summary>
internal sealed partial class Feed : IDisposable
{
    private static readonly TimeSpan TidyInterval = TimeSpan.FromSeconds(1);

    /// <summary>Marks a round in which each event so far is dated ahead of this clock, so that it is not known how late they are.</summary>
    private const long UnknownMs = -1;

    /// <summary>How many views get a notice before the next event may pass: some ten microseconds.</summary>
    private const int NoticesAtATime = 256;

    private readonly Lock _gate = new();
    private readonly EventJournal _journal;
    private readonly StateTable _state;
    private readonly ViewTable _views;
    private readonly EventFrames _frames;
    private readonly ExecutionFrames _executions;
    private readonly ReplayFrames _replay;
    private readonly TokenCoalescer _missedText;
    private readonly SnapshotMaker _snapshots;
    private readonly TimeSpan _catchUp;
    private readonly TimeProvider _time;
    private readonly List<View> _found = [];
    private readonly List<View> _touched = [];
    private volatile LinkStatus _link = new(Live: false, AsOfMs: null, "not connected to Redis yet");
    private long _markMs;
    private long _ahead;
    private long _tidiedAt;
    private long _round = 1;
    private readonly long[] _gaps = new long[Enum.GetValues<GapCause>().Length];
    private long _loads;
    private long _lostFrames;
    private Exception? _fault;
    private bool _isChanging;

    public Feed(FanoutOptions options, JournalOptions journal, StateOptions state, EventLimits limits, ViewTable views, SegmentPool pool, TimeProvider time)
    {
        _time = time;
        _journal = new EventJournal(journal, NowMs);
        _state = new StateTable(state);
        _views = views;
        _frames = new EventFrames(options.CompressionMinBytes);
        _executions = new ExecutionFrames(_state, options.CompressionMinBytes);
        _replay = new ReplayFrames(options, limits, pool);
        _missedText = new TokenCoalescer(limits, options.CompressionMinBytes);
        _snapshots = new SnapshotMaker(options, time);
        _catchUp = options.CatchUp;
    }

    /// <summary>For its counters, which any thread may read.</summary>
    public StateTable State => _state;

    /// <summary>Bytes of snapshots that clients are being sent.</summary>
    public long SnapshotBytes => _snapshots.Budget.Bytes;

    /// <summary>Memory of the filters of all views, in bytes. Any thread.</summary>
    public long FilterBytes => _views.FilterBytes;

    /// <summary>Gaps noted since the start.</summary>
    public long Gaps => _gaps.Sum();

    /// <summary>Gaps of one cause noted since the start. Any thread.</summary>
    public long GapsOf(GapCause cause) => Volatile.Read(ref _gaps[(int)cause]);

    /// <summary>What came of clients' attempts to come back.</summary>
    public Resumes Resumes { get; } = new();

    /// <summary>Entries of the journal, and the bytes of their payloads.</summary>
    public (long Entries, long Bytes) JournalSize
    {
        get
        {
            lock (_gate) return (_journal.Head - _journal.First, _journal.Bytes);
        }
    }

    /// <summary>How often another instance's stream was taken over: who was greeted before must be greeted again.</summary>
    public long TakeOvers => Volatile.Read(ref _loads);

    /// <summary>Accepted events that were dated ahead of this instance's clock. Any thread.</summary>
    public long Ahead => Volatile.Read(ref _ahead);

    /// <summary>Frames that could not be made; the clients of their views were given the state instead. Any thread.</summary>
    public long LostFrames => Volatile.Read(ref _lostFrames);

    /// <summary>
    /// True after a call that failed while journal and state were being changed, so that they may no longer agree. False after one that failed before its
    /// change and has had no effect. For the ingest thread.
    /// </summary>
    public bool IsHalfChanged => _isChanging;

    /// <summary>How the link to Redis stands, as clients were told.</summary>
    public LinkStatus Link => _link;

    /// <summary>Where the stream stands.</summary>
    public StreamPosition Position
    {
        get
        {
            lock (_gate) return _journal.Position;
        }
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Takes an event into the journal, the state, and the log of each view that wants it. The pumps are told by <see cref="Flush"/>. When it throws,
    /// <see cref="IsHalfChanged"/> says whether anything has been changed.
    /// </summary>
    public void Accept(DecodedEvent e)
    {
        long nowMs = NowMs;
        lock (_gate)
        {
            _isChanging = false;
            // What needs memory and can be done before the change comes before it.
            _state.Prepare(e, nowMs);
            _views.Find(e, _found);
            _touched.EnsureCapacity(_touched.Count + _found.Count);
            _isChanging = true;
            long entry = _journal.Append(e.Payload.Span, nowMs);
            Apply(e, nowMs);
            _isChanging = false;
            if (_found.Count > 0)
            {
                _frames.SetEvent(e, _journal.Position, nowMs);
                _executions.SetEvent(e, nowMs);
                foreach (View view in _found) TryAppend(view, entry, nowMs);
            }
        }

        bool isAhead = e.TimestampMs > nowMs;
        if (isAhead) Volatile.Write(ref _ahead, _ahead + 1);
        if (_markMs <= 0) _markMs = isAhead ? UnknownMs : e.RawTimestamp.IsEmpty ? nowMs : Math.Max(1, e.TimestampMs);
    }

    /// <summary>Tells the pumps which views have grown since the last time. When it throws, the next call notifies the rest.</summary>
    public void Flush()
    {
        for (int i = _touched.Count - 1; i >= 0; i--)
        {
            _touched[i].MarkDirty(_markMs);
            _touched.RemoveAt(i);
        }

        _markMs = 0;
        _round++;
    }

    /// <summary>Returns, once, the last fault that changed nothing but what clients of some views were sent. For the ingest thread.</summary>
    public Exception? TakeFault() => Interlocked.Exchange(ref _fault, null);

    /// <summary>Gives back the memory of views that ended, and now and then of what is past its age.</summary>
    public void Tidy()
    {
        if (_views.HasEnded)
        {
            lock (_gate) _views.ClearEnded();
        }

        // By the clock that does not step back: nothing would be tidied for the length of the step.
        if (_tidiedAt != 0 && _time.GetElapsedTime(_tidiedAt) < TidyInterval) return;
        _tidiedAt = _time.GetTimestamp();
        long nowMs = NowMs;
        lock (_gate)
        {
            _views.Trim(nowMs, _found);
            _journal.Trim(nowMs);
            _state.Trim(nowMs);
        }

        _snapshots.Tidy();
    }

    /// <summary>Notes in the journal that something may be missing here, and tells the clients that can be told.</summary>
    public void NoteGap(Gap gap)
    {
        long nowMs = NowMs;
        byte[] data = RelayMessage.Data(gap.WriteTo);
        var views = new List<View>();
        Interlocked.Increment(ref _gaps[(int)gap.Cause]);
        lock (_gate)
        {
            // In one go: a client that came to know the position behind the gap and not the gap would never hear of it.
            _views.FindSubprotocol(views);
            long entry = _journal.AppendGap(data, nowMs);
            _state.NoteGap();
            Notice? notice = null;
            try
            {
                string id = _journal.Position.ToString();
                notice = new Notice(RelayMessage.Write(RelayMessage.Gap, nowMs, id, data), id);
            }
            catch (OutOfMemoryException fault)
            {
                _fault = fault;
            }

            foreach (View view in views) AppendNotice(view, notice, entry, nowMs);
        }

        foreach (View view in views) view.MarkDirty(nowMs);
    }

    /// <summary>
    /// Notes that a publisher counts again, before the first event of its new run. The numbers of its last run, which entities hold, do not order the new events.
    /// </summary>
    /// <param name="first">The first event of the new run.</param>
    /// <param name="gap">Names the source.</param>
    public void NoteRestart(DecodedEvent first, Gap gap)
    {
        lock (_gate)
        {
            _state.ForgetNumbers(first, NowMs);
            _snapshots.Invalidate();
        }

        NoteGap(gap);
    }

    /// <summary>Notes how the link to Redis stands, and tells the clients that can be told, if they do not know. For one thread at a time.</summary>
    public void SetLink(LinkStatus link)
    {
        if (link.Live == _link.Live && link.Reason == _link.Reason) return;
        if (link.Live == _link.Live)
        {
            _link = link;
            return;
        }

        long nowMs = NowMs;
        byte[] message = RelayMessage.Write(RelayMessage.Link, nowMs, "", json => link.WriteTo(json, nowMs));
        _link = link;
        Notify(() => new Notice(message));
    }

    /// <summary>
    /// A sign of life to the clients of the subprotocol, with the position of the stream, so that those whose filter lets little through can come back to a
    /// place that is not long gone. It stands in the logs, behind every event that came before it.
    /// </summary>
    public void Ping() => Notify(() =>
    {
        string id = _journal.Position.ToString();
        return new Notice(RelayMessage.Write(RelayMessage.Ping, NowMs, id, static _ => { }), id);
    });

    /// <summary>The newest of the journal and the whole state, as they stand together, for another instance to go on from. The caller disposes it.</summary>
    /// <param name="atMs">Up to when nothing is missing, in Unix milliseconds.</param>
    /// <param name="maxBytes">Most bytes of events.</param>
    public TimelineCheckpoint Freeze(long atMs, long maxBytes)
    {
        var state = new StateCopy();
        try
        {
            state.Reserve(_state.Bytes, _state.Total);
            JournalTail tail;
            lock (_gate)
            {
                tail = _journal.CopyTail(maxBytes);
                _state.CopyTo(state, StateSelection.All);
            }

            state.TrimExcess();
            return new TimelineCheckpoint(atMs, tail, state);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <summary>Number that the journal's next entry will get.</summary>
    public long Head
    {
        get
        {
            lock (_gate) return _journal.Head;
        }
    }

    /// <summary>The journal's entries from that number on; null when not all of them are here with their bytes.</summary>
    public IReadOnlyList<KeptEntry>? CopySince(long number)
    {
        lock (_gate) return _journal.CopySince(number);
    }

    /// <summary>
    /// Continues where another instance stood, in place of what this one had, and takes again what came after that. For the ingest thread. Clients that are
    /// here have seen nothing of it: they are to be renewed afterwards. When it throws, <see cref="IsHalfChanged"/> says whether anything has been changed.
    /// </summary>
    /// <param name="tail">That instance's journal.</param>
    /// <param name="state">Its state, in a table from <see cref="StateTable.CreateEmpty"/>; not to be used any more.</param>
    /// <param name="between">What may be missing between that and <paramref name="later"/>; null: nothing.</param>
    /// <param name="later">What came after it.</param>
    /// <param name="decode">Decodes a payload of <paramref name="later"/>; null: it is in what was taken over. Called under the lock.</param>
    public void Load(JournalTail tail, StateTable state, Gap? between, IReadOnlyList<KeptEntry> later, Func<byte[], DecodedEvent?> decode)
    {
        byte[]? gap = between is null ? null : RelayMessage.Data(between.WriteTo);
        lock (_gate)
        {
            _isChanging = false;
            _views.FindAll(_found);
            _isChanging = true;
            _state.TakeOver(state);
            _journal.Load(tail);
            if (gap is not null)
            {
                Interlocked.Increment(ref _gaps[(int)between!.Cause]);
                Reapply(new KeptEntry(EntryKind.Gap, NowMs, gap), decode);
            }

            foreach (KeptEntry entry in later) Reapply(entry, decode);
            _isChanging = false;
            foreach (View view in _found) view.Buffer.SkipTo(_journal.Head);
            _snapshots.Invalidate();
            Volatile.Write(ref _loads, _loads + 1);
        }
    }

    public void Dispose()
    {
        _frames.Dispose();
        _executions.Dispose();
        _replay.Dispose();
        _missedText.Dispose();
        _snapshots.Dispose();
    }

    private void Reapply(KeptEntry entry, Func<byte[], DecodedEvent?> decode)
    {
        if (entry.Kind == EntryKind.Gap)
        {
            _journal.AppendGap(entry.Payload, entry.TimeMs);
            _state.NoteGap();
        }
        else if (decode(entry.Payload) is { } e)
        {
            _journal.Append(entry.Payload, entry.TimeMs);
            Apply(e, entry.TimeMs);
        }
    }

    private void Apply(DecodedEvent e, long nowMs)
    {
        try
        {
            _state.Apply(e, nowMs);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A bug with one event, which the publisher may send again to every instance: ending the process would end them all. The event still reaches the
            // clients. For lack of memory, though, every later change could fail half-way too.
            _fault = fault;
        }
    }

    /// <summary>Appends a message of the relay's own to the log of every view whose clients know such messages.</summary>
    /// <param name="write">Called under the lock.</param>
    private void Notify(Func<Notice> write)
    {
        long nowMs = NowMs;
        var views = new List<View>();
        _views.FindSubprotocol(views);
        foreach (View[] some in views.Chunk(NoticesAtATime))
        {
            lock (_gate)
            {
                Notice notice = write();
                foreach (View view in some) AppendNotice(view, notice, _journal.Head - 1, nowMs);
            }

            foreach (View view in some) view.MarkDirty(nowMs);
        }
    }

    /// <param name="view">Its log gets the notice.</param>
    /// <param name="notice">Null: there was no memory for it, so the view's clients are given the state instead.</param>
    /// <param name="entry">The journal's entry that it stands for.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    private void AppendNotice(View view, Notice? notice, long entry, long nowMs)
    {
        // One that has ended meanwhile may have given its memory back already.
        if (view.References == 0) return;
        try
        {
            if (notice is not null) view.Buffer.Append(notice.In(view.Kind.Encoding), entry, nowMs);
            else MarkLost(view, entry);
        }
        catch (OutOfMemoryException fault)
        {
            _fault = fault;
            MarkLost(view, entry);
        }
    }

    /// <summary>A fault with one view's frame, mostly for lack of memory, costs the clients of that view their place, and nobody else anything.</summary>
    private void TryAppend(View view, long entry, long nowMs)
    {
        try
        {
            Append(view, entry, nowMs);
        }
        catch (Exception fault)
        {
            _fault = fault;
            MarkLost(view, entry);
        }

        if (view.Round == _round) return;
        view.Round = _round;
        _touched.Add(view);
    }

    private void MarkLost(View view, long entry)
    {
        view.Buffer.MarkLost(entry);
        Volatile.Write(ref _lostFrames, _lostFrames + 1);
    }

    private void Append(View view, long entry, long nowMs)
    {
        if (view.Kind.Format != WireFormat.Execution)
        {
            view.Buffer.Append(_frames.Frame(view.Kind), entry, nowMs);
        }
        else if (_executions.TryFrame(view.Kind, out ReadOnlySpan<byte> frame, out bool isFinal))
        {
            // Before the append: nobody has come to the end before it is known that it is one.
            if (isFinal) view.EndsAt = view.Buffer.Head + 1;
            view.Buffer.Append(frame, entry, nowMs);
        }
    }
}
