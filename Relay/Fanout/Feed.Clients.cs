using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>The reading side: where clients start, resume and continue after they fell behind, and what they read of the state.</summary>
internal sealed partial class Feed
{
    private static readonly TimeSpan CatchUpStep = TimeSpan.FromMilliseconds(10);

    /// <summary>The view of that kind, held for the caller until <see cref="Release"/>. Null when there is no room for another filter.</summary>
    public View? Acquire(ViewKind kind)
    {
        lock (_gate) return _views.Acquire(kind, _journal.Head);
    }

    /// <summary>Gives a view back, once no pump will look at it for that client any more.</summary>
    public void Release(View view) => _views.Release(view);

    /// <summary>Where a client without the subprotocol starts: what is published from now on reaches it.</summary>
    public StartPoint StartAtHead(View view)
    {
        lock (_gate) return new StartPoint(null, null, view.Buffer.End) { Entry = _journal.Head - 1 };
    }

    /// <summary>
    /// Where a client starts that is told the present state first, in messages of its format. Null when there is no memory for another snapshot.
    /// </summary>
    public StartPoint? StartWithSnapshot(View view) => TakeSnapshot(view) is { } snapshot ? new StartPoint(null, snapshot, snapshot.Position) : null;

    /// <summary>
    /// Where a client of the subprotocol starts: right behind the position that it had, if all that came after is still here, otherwise with a
    /// snapshot. Null when there is no memory for another snapshot.
    /// </summary>
    /// <param name="view">What it watches.</param>
    /// <param name="since">The <c>id</c> that it had; null when it had none.</param>
    /// <param name="greet">Writes the frame of its <c>relay:hello</c>. Called under the lock.</param>
    /// <param name="cancellationToken">Ends the wait for those who came before.</param>
    public async Task<StartPoint?> ResumeOrResetAsync(View view, string? since, Func<ResumeResult, byte[]> greet, CancellationToken cancellationToken)
    {
        byte[] Greet(ResumeResult welcome)
        {
            Resumes.Add(welcome);
            return greet(welcome);
        }

        ResumeFailure? failure = since is null ? null : ResumeFailure.Unknown;
        if (since is not null && StreamPosition.TryParse(since, out StreamPosition position))
        {
            await CatchUpAsync(position, cancellationToken);
            (StartPoint? resumed, failure) = await ResumeAsync(view, position, Greet, cancellationToken);
            if (resumed is not null) return resumed;
        }

        return TakeSnapshot(view) is { } snapshot
            ? new StartPoint(Greet(new ResumeResult(since is not null, false, null, snapshot.Taken, _link, failure)), snapshot, snapshot.Position)
            : null;
    }

    /// <summary>
    /// Where a client goes on whose place has fallen off its log: it is told how much it missed, where it can be told, and given the state as it is now.
    /// Null when there is no memory for another snapshot.
    /// </summary>
    /// <param name="view">What it watches.</param>
    /// <param name="place">Where it was.</param>
    public async Task<StartPoint?> ResetLaggedAsync(View view, ClientPlace place)
    {
        if (TakeSnapshot(view) is not { } snapshot) return null;
        if (view.Kind.Format != WireFormat.Subprotocol)
        {
            List<byte[]> text = view.Kind.Format == WireFormat.Execution ? [] : await _missedText.MergeAsync(view.Kind, _journal, _gate, place.Entry + 1, snapshot.Entry + 1, CancellationToken.None);
            if (text.Count > 0) snapshot = new Snapshot(text, snapshot);
            return new StartPoint(null, snapshot, snapshot.Position) { Entry = snapshot.Entry };
        }

        var gap = new Gap(GapCause.SlowClient) { Missed = snapshot.Position.Frame - place.Frame };
        return new StartPoint(new Notice(RelayMessage.Write(RelayMessage.Gap, NowMs, "", gap.WriteTo)).In(view.Kind.Encoding), snapshot, snapshot.Position);
    }

    /// <summary>The state that the filter asks for, and where the stream stands. Null when there is no memory for another copy; the caller disposes it.</summary>
    public StateReading? Read(Filter filter) => _snapshots.Read(_gate, _state, Selections.Of(filter), _journal, _link);

    /// <summary>Copies one entity, and says where the stream stands. False when there is none of that id.</summary>
    public bool TryRead(EntityKind kind, ReadOnlySpan<byte> id, StateCopy copy, out StreamPosition position)
    {
        lock (_gate)
        {
            position = _journal.Position;
            return _state.TryCopy(kind, id, copy);
        }
    }

    /// <summary>A client that changes instances may come here sooner than the event that it had last: that is waited for a little.</summary>
    private async Task CatchUpAsync(StreamPosition since, CancellationToken cancellationToken)
    {
        long started = _time.GetTimestamp();
        while (IsAhead() && _time.GetElapsedTime(started) < _catchUp) await Task.Delay(CatchUpStep, _time, cancellationToken);

        bool IsAhead()
        {
            lock (_gate) return !_journal.Contains(since) && since.TimeMs > _journal.Position.TimeMs - (long)_catchUp.TotalMilliseconds;
        }
    }

    /// <summary>Where the client continues; or why it cannot, when not all is here that came after, or the place is not known: never a part of it.</summary>
    private async Task<(StartPoint? Start, ResumeFailure? Failure)> ResumeAsync(View view, StreamPosition since, Func<ResumeResult, byte[]> greet, CancellationToken cancellationToken)
    {
        if (TryResume(view, since, greet, out StartPoint? start, out ResumeFailure? failure, out _)) return (start, failure);
        // One after the other from finding what the log lacks to putting it there: of many that resume at once, from places of their own, each would find that
        // another one has been quicker, and try in vain.
        await _replay.AcquireAsync(cancellationToken);
        try
        {
            if (TryResume(view, since, greet, out start, out failure, out (long From, long To) lacking)) return (start, failure);
            using FrameRun? run = _replay.Make(view.Kind, _journal, _gate, lacking.From, lacking.To);
            if (run is null) return (null, ResumeFailure.Incomplete);
            lock (_gate)
            {
                // Frames have fallen off meanwhile.
                if (view.Buffer.CompleteFrom != lacking.To || !view.Buffer.TryPrepend(run, lacking.From)) return (null, ResumeFailure.Incomplete);
                run.Detach();
            }

            return TryResume(view, since, greet, out start, out failure, out _) ? (start, failure) : (null, ResumeFailure.Incomplete);
        }
        finally
        {
            _replay.Release();
        }
    }

    /// <summary>
    /// True when it is certain: where the client continues, or why it cannot. Otherwise the view's log lacks frames for some of the journal's entries.
    /// </summary>
    private bool TryResume(View view, StreamPosition since, Func<ResumeResult, byte[]> greet, out StartPoint? start, out ResumeFailure? failure, out (long From, long To) lacking)
    {
        (start, failure, lacking) = (null, null, default);
        lock (_gate)
        {
            PositionLookup lookup = _journal.Find(since, out long number);
            if (lookup != PositionLookup.Found) failure = lookup == PositionLookup.Ambiguous ? ResumeFailure.Ambiguous : ResumeFailure.Unknown;
            else if (!_journal.IsCompleteSince(number)) failure = ResumeFailure.Incomplete;
            else if (view.Buffer.TryFind(number, out BufferOffset position)) start = new StartPoint(greet(new ResumeResult(true, true, view.Buffer.Head - position.Frame, since, _link)), null, position);
            else lacking = (number + 1, view.Buffer.CompleteFrom);
            return start is not null || failure is not null;
        }
    }

    private Snapshot? TakeSnapshot(View view) => _snapshots.Take(view, _gate, _state, _journal);
}
