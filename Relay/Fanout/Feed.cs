using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The one stream that all clients see parts of: journal, and the logs of all views, moved on together under one lock, so that a place in one is a place in
/// all. The ingest thread calls <see cref="Accept"/>, <see cref="Mark"/> and <see cref="Tidy"/>; the rest is for any thread.
/// </summary>
internal sealed class Feed : IDisposable
{
    private const long TidyIntervalMs = 1000;
    private const int ResumeAttempts = 3;

    private readonly Lock _gate = new();
    private readonly EventJournal _journal;
    private readonly ViewTable _views;
    private readonly EventFrames _frames;
    private readonly Replay _replay;
    private readonly TimeProvider _time;
    private readonly List<View> _found = [];
    private readonly List<View> _touched = [];
    private long _markMs;
    private long _tidiedMs;
    private long _round = 1;

    public Feed(FanoutOptions options, JournalOptions journal, EventLimits limits, ViewTable views, SegmentPool pool, TimeProvider time)
    {
        _time = time;
        _journal = new EventJournal(journal, NowMs);
        _views = views;
        _frames = new EventFrames(options.CompressionMinBytes);
        _replay = new Replay(options, limits, pool);
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Takes an event into the journal and into the log of each view that wants it. The pumps are told by <see cref="Mark"/>.</summary>
    public void Accept(DecodedEvent e)
    {
        long nowMs = NowMs;
        lock (_gate)
        {
            long entry = _journal.Append(e.Payload.Span, nowMs);
            _views.Find(e, _found);
            if (_found.Count > 0)
            {
                _frames.Begin(e, _journal.Position, nowMs);
                foreach (View view in _found) Append(view, entry, nowMs);
            }
        }

        if (_markMs == 0) _markMs = e.RawTimestamp.IsEmpty ? nowMs : Math.Max(1, e.TimestampMs);
    }

    /// <summary>Tells the pumps which views have grown since the last time.</summary>
    public void Mark()
    {
        foreach (View view in _touched) view.MarkDirty(_markMs);
        _touched.Clear();
        _markMs = 0;
        _round++;
    }

    /// <summary>Gives back the memory of views that ended, and now and then of what is past its age.</summary>
    public void Tidy()
    {
        _views.ClearEnded();
        long nowMs = NowMs;
        if (nowMs - _tidiedMs < TidyIntervalMs) return;
        _tidiedMs = nowMs;
        lock (_gate)
        {
            _views.Trim(nowMs, _found);
            _journal.Trim(nowMs);
        }
    }

    /// <summary>Where the stream stands.</summary>
    public JournalPosition Position
    {
        get
        {
            lock (_gate) return _journal.Position;
        }
    }

    /// <summary>The view of that kind, held for the caller until <see cref="Release"/>.</summary>
    public View Acquire(ViewKind kind)
    {
        lock (_gate) return _views.Acquire(kind, _journal.Head);
    }

    /// <summary>Gives a view back, once no pump will look at it for that client any more.</summary>
    public void Release(View view) => _views.Release(view);

    /// <summary>Where a client that asks for nothing older starts: what is published from now on reaches it.</summary>
    public Start Now(View view)
    {
        lock (_gate) return new Start(null, null, view.Log.End);
    }

    /// <summary>
    /// Where a client goes on that had everything up to <paramref name="since"/>: right behind it if all that came after is still here, from the log or,
    /// where that does not reach back so far, from the journal. Null when it is not, or when the place is not known: never a part of it.
    /// </summary>
    /// <param name="view">What it watches.</param>
    /// <param name="since">The position of the last event that it knows.</param>
    /// <param name="greet">Writes what it is told first, given how many frames it gets now. Called under the lock.</param>
    /// <param name="cancellationToken">Ends the wait for those who came before.</param>
    public async Task<Start?> ResumeAsync(View view, JournalPosition since, Func<long, byte[]?> greet, CancellationToken cancellationToken)
    {
        // Again when another client has put frames before the tail, or some have fallen off, while ours were made.
        for (int attempt = 0; attempt < ResumeAttempts; attempt++)
        {
            long number, wholeFrom;
            lock (_gate)
            {
                if (!_journal.TryFind(since, out number) || !_journal.IsWholeSince(number)) return null;
                if (view.Log.TryFind(number, out LogPosition position)) return new Start(greet(view.Log.Head - position.Frame), null, position);
                wholeFrom = view.Log.WholeFrom;
            }

            using FrameRun? run = await _replay.MakeAsync(view.Kind, _journal, _gate, number + 1, wholeFrom, cancellationToken);
            if (run is null) return null;
            lock (_gate)
            {
                if (view.Log.WholeFrom != wholeFrom) continue;
                if (!view.Log.TryPrepend(run, number + 1)) return null;
                run.Detach();
            }
        }

        return null;
    }

    /// <summary>Where a client goes on that has missed what comes from that frame on: at the head, and it is told how much it missed.</summary>
    public Start Behind(View view, long frame)
    {
        lock (_gate)
        {
            LogPosition head = view.Log.End;
            return new Start(Frames.Text(GapNotice.Write(head.Frame - frame, _time.GetUtcNow())), null, head);
        }
    }

    public void Dispose()
    {
        _frames.Dispose();
        _replay.Dispose();
    }

    private void Append(View view, long entry, long nowMs)
    {
        view.Log.Append(_frames.Frame(view.Kind), entry, nowMs);
        if (view.Round == _round) return;
        view.Round = _round;
        _touched.Add(view);
    }
}
