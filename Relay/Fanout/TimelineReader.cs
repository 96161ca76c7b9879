using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The reading side of the <see cref="Timeline"/>: decides where clients start, resume, and continue after they fell behind, and reads the entity state. Any
/// thread.
/// </summary>
/// <param name="options">The options of the fan-out.</param>
/// <param name="limits">The limits of events.</param>
/// <param name="timeline">The timeline to read.</param>
/// <param name="pool">The pool of the segments for frames.</param>
/// <param name="snapshots">Makes the snapshots.</param>
/// <param name="catchUp">
/// Returns when the events that Redis received before the call have been accepted, or after the given time, or when they cannot be waited for. Throws
/// nothing.
/// </param>
/// <param name="time">The clock for deadlines.</param>
internal sealed class TimelineReader(
    FanoutOptions options,
    EventLimits limits,
    Timeline timeline,
    SegmentPool pool,
    SnapshotMaker snapshots,
    Func<TimeSpan, Task> catchUp,
    TimeProvider time) : IDisposable
{
    private static readonly TimeSpan CatchUpStep = TimeSpan.FromMilliseconds(10);

    /// <summary>Maximum time that a client waits for an instance that is further behind than <see cref="FanoutOptions.CatchUp"/>.</summary>
    private static readonly TimeSpan MaxCatchUp = TimeSpan.FromSeconds(5);

    private readonly ReplayFrames _replay = new(options, limits, timeline, pool);
    private readonly TokenCoalescer _missedText = new(limits, options.CompressionMinBytes, timeline);

    /// <summary>Outcomes of the clients' attempts to resume.</summary>
    public Resumes Resumes { get; } = new();

    /// <summary>Bytes of the snapshots that are being sent to clients.</summary>
    public long SnapshotBytes => snapshots.Budget.Bytes;

    /// <inheritdoc cref="Timeline.TakeOvers"/>
    public long TakeOvers => timeline.TakeOvers;

    /// <inheritdoc cref="Timeline.Acquire"/>
    public View? Acquire(ViewKind kind) => timeline.Acquire(kind);

    /// <inheritdoc cref="Timeline.Release"/>
    public void Release(View view) => timeline.Release(view);

    /// <inheritdoc cref="Timeline.StartAtHead"/>
    public StartPoint StartAtHead(View view) => timeline.StartAtHead(view);

    /// <summary>
    /// Returns the starting point of a client that gets a snapshot first, in messages of its format. Returns null if there is no memory for another snapshot.
    /// </summary>
    public StartPoint? StartWithSnapshot(View view) => snapshots.Take(view) is { } snapshot
        ? new StartPoint(null, snapshot, snapshot.Offset) { Entry = snapshot.Entry }
        : null;

    /// <summary>
    /// Returns the starting point of a client of the subprotocol: right behind the position that it has, if everything that came after it is still here;
    /// otherwise with a snapshot. Returns null if there is no memory for another snapshot.
    /// </summary>
    /// <remarks>
    /// Example: the journal has the entries 100 to 199, a gap is entry 150, and the view's buffer has frames for the entries from 180 on.
    /// <list type="bullet">
    /// <item>A client with the position of entry 190 starts at the first frame in the buffer of an entry above 190.</item>
    /// <item>
    /// A client with the position of entry 160 lacks frames: the entries 161 to 179 are copied out of the journal, filtered and encoded, and put before the
    /// frames in the buffer. Then it starts at the first of them, and the next client with such a position finds them there.
    /// </item>
    /// <item>A client with the position of entry 140 is reset, since the gap is above its position (<see cref="ResumeFailure.Incomplete"/>).</item>
    /// <item>A client with the position of entry 90 is reset, since the journal does not have it any more (<see cref="ResumeFailure.Unknown"/>).</item>
    /// </list>
    /// </remarks>
    /// <param name="view">The view of the client.</param>
    /// <param name="since">The <c>id</c> of the last message that the client has; null if it has none.</param>
    /// <param name="greet">Writes the frame of its <c>relay:hello</c>. Called without a lock.</param>
    /// <param name="cancellationToken">Ends the wait for other clients that resume.</param>
    public async Task<StartPoint?> ResumeOrResetAsync(View view, string? since, Func<ResumeResult, byte[]> greet, CancellationToken cancellationToken)
    {
        ResumeFailure? failure = since is null ? null : ResumeFailure.Unknown;
        if (since is not null && StreamPosition.TryParse(since, out StreamPosition position))
        {
            await CatchUpAsync(position, cancellationToken);
            ResumeLookup found = await ResumeAsync(view, position, cancellationToken);
            if (found.Start is { } start)
            {
                var resumed = new ResumeResult(true, true, found.Missed, position, found.Link!);
                return new StartPoint(Greet(resumed), null, start) { Entry = found.Entry };
            }

            failure = found.Failure;
        }

        if (snapshots.Take(view) is not { } snapshot) return null;
        try
        {
            var reset = new ResumeResult(since is not null, false, null, snapshot.Taken, timeline.Link, failure);
            return new StartPoint(Greet(reset), snapshot, snapshot.Offset) { Entry = snapshot.Entry };
        }
        catch
        {
            snapshot.Release();
            throw;
        }

        byte[] Greet(ResumeResult result)
        {
            Resumes.Add(result);
            return greet(result);
        }
    }

    /// <summary>
    /// Returns the point from which a client continues whose offset has fallen off its view's buffer: with the current state, and a notice of how much it
    /// missed where its wire format has one. Returns null if there is no memory for another snapshot.
    /// </summary>
    /// <param name="view">The view of the client.</param>
    /// <param name="lagged">The offset that it had.</param>
    public async Task<StartPoint?> ResetLaggedAsync(View view, ClientOffset lagged)
    {
        if (snapshots.Take(view) is not { } snapshot) return null;
        if (view.Kind.Format == WireFormat.Subprotocol)
        {
            var gap = new Gap(GapCause.SlowClient) { Missed = snapshot.Offset.Frame - lagged.Frame };
            byte[] message = RelayMessage.Write(RelayMessage.Gap, time.GetUtcNow().ToUnixTimeMilliseconds(), "", gap.WriteTo);
            return new StartPoint(new Notice(message).In(view.Kind.Encoding), snapshot, snapshot.Offset) { Entry = snapshot.Entry };
        }

        bool hasText = view.Kind.Format != WireFormat.Execution;
        List<byte[]> text = hasText ? await _missedText.MergeAsync(view.Kind, lagged.Entry + 1, snapshot.Entry + 1, CancellationToken.None) : [];
        if (text.Count > 0) snapshot = new Snapshot(text, snapshot);
        return new StartPoint(null, snapshot, snapshot.Offset) { Entry = snapshot.Entry };
    }

    /// <summary>Returns the entities that a filter selects, as one JSON object that the caller disposes. Returns null if there is no memory for it.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="hidesSources">Leaves out the reason of the link status.</param>
    public StateReading? Read(Filter filter, bool hidesSources = false) => snapshots.Read(Selections.Of(filter), hidesSources);

    /// <summary>Copies one entity that a filter selects, and returns the position that it reflects. False if there is no such entity.</summary>
    public bool TryRead(EntityKind kind, ReadOnlySpan<byte> id, Filter filter, StateCopy copy, out StreamPosition position) =>
        timeline.TryCopy(kind, id, Selections.Of(filter), copy, time.GetUtcNow().ToUnixTimeMilliseconds(), out position);

    /// <summary>Counts the tasks and executions that are silent now.</summary>
    public (int Tasks, int Executions) CountSilent() => timeline.CountSilent(time.GetUtcNow().ToUnixTimeMilliseconds());

    public void Dispose()
    {
        _replay.Dispose();
        _missedText.Dispose();
    }

    /// <summary>
    /// Waits for the event at a position: a client that changes instances may arrive here sooner than its last event. After a short wait, which is usually
    /// enough, it waits until this instance has accepted all that Redis received before. Then the position is certain to be unknown.
    /// </summary>
    private async Task CatchUpAsync(StreamPosition since, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        while (timeline.IsAhead(since, options.CatchUp) && time.GetElapsedTime(started) < options.CatchUp)
        {
            await Task.Delay(CatchUpStep, time, cancellationToken);
        }

        if (timeline.IsAhead(since, options.CatchUp)) await catchUp(MaxCatchUp).WaitAsync(cancellationToken);
    }

    /// <summary>Finds where the client continues, or why it cannot. A client is never sent a part of what it missed.</summary>
    private async Task<ResumeLookup> ResumeAsync(View view, StreamPosition since, CancellationToken cancellationToken)
    {
        ResumeLookup found = timeline.Find(view, since);
        if (!found.LacksFrames) return found;
        // One at a time, from finding what the buffer lacks to putting it there: when many clients resume at once from different positions, each would
        // otherwise find that another one has changed the buffer first, and its work would be discarded.
        await _replay.AcquireAsync(cancellationToken);
        try
        {
            found = timeline.Find(view, since);
            if (!found.LacksFrames) return found;
            using FrameRun? run = _replay.Make(view.Kind, found.LackingFrom, found.LackingTo);
            if (run is not null && timeline.TryPrepend(view, run, found.LackingFrom, found.LackingTo)) found = timeline.Find(view, since);
            return found.LacksFrames ? new ResumeLookup { Failure = ResumeFailure.Incomplete } : found;
        }
        finally
        {
            _replay.Release();
        }
    }
}
