using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

/// <summary>
/// The asking half, for as long as the state that another instance or the copy in Redis may have could not be had. Events pass meanwhile, but the instance is
/// not ready until <see cref="RecoveryOptions.HandoffWait"/> has passed. What comes later is loaded at the barrier of its request, and what this instance has
/// accepted behind that barrier is taken again from its own journal. Until then the link is shown as degraded to all clients, also once the instance is ready.
/// </summary>
/// <remarks>
/// <para>Example: the events 1 to 50 were published before the start, 51 to 60 after it. The request whose barrier stands behind 57 is answered: the answer holds
/// 1 to 57, and 58 to 60 follow from the journal. Clients get a new greeting and a snapshot.</para>
/// <para>Until then this instance neither hears requests nor keeps a copy: it must not pass off what it has for the whole.</para>
/// </remarks>
internal sealed partial class StreamRecovery
{
    /// <summary>Between two requests; doubles up to the longest.</summary>
    private static readonly TimeSpan ShortestAskPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestAskPause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestHandoffDeadline = TimeSpan.FromSeconds(15);

    /// <summary>For reading the kept copy when the wait is over.</summary>
    private static readonly TimeSpan LastResortDeadline = TimeSpan.FromSeconds(5);

    private readonly ReasonLog _unavailable;
    private Task _asking = Task.CompletedTask;
    private LateRequest? _late;

    // For the ingest thread.
    private bool _awaitsState;
    private long _aloneFrom;
    private long _aloneFromMs;

    /// <summary>Attempts to get history and state, and whether they are missing. Any thread.</summary>
    public TakeOvers TakeOvers { get; }

    /// <summary>What there is to go on from: what a ready instance gives, else what was kept.</summary>
    /// <param name="siblings">Number of other instances that heard the request.</param>
    /// <param name="nonce">The request's.</param>
    /// <param name="wait">For the first piece of an answer.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    private async Task<TakeOver> TryTakeOverAsync(RedisReply<long> siblings, Guid nonce, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (!siblings.IsDone) return Count(new TakeOver(TakeOverOutcome.Unavailable, Reason: siblings.Reason));
        if (siblings.Value > 0) return Count(await ReceiveAsync(nonce, wait, cancellationToken));
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await _handoff.LoadKeptAsync(cancellationToken);
        string? error = reply.IsDone ? null : reply.Reason;
        Handoff? handoff = reply.Value is { } pieces ? Handoff.Read(pieces, _feed.State.CreateEmpty(), out error) : null;
        if (handoff is not null) return Count(new TakeOver(TakeOverOutcome.Kept, handoff));
        if (error is null) return Count(new TakeOver(TakeOverOutcome.Nobody));
        bool isUnreadable = reply.IsDone || reply.Outcome is RedisOutcome.WrongType or RedisOutcome.Incomplete or RedisOutcome.TooLarge;
        return Count(new TakeOver(isUnreadable ? TakeOverOutcome.Unreadable : TakeOverOutcome.Unavailable, Reason: error));
    }

    /// <summary>The answer of another instance, or why it could not be had.</summary>
    private async Task<TakeOver> ReceiveAsync(Guid nonce, TimeSpan wait, CancellationToken cancellationToken)
    {
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await _handoff.WaitAsync(nonce, wait, cancellationToken);
        string? error = reply.IsDone ? null : reply.Reason;
        Handoff? handoff = reply.Value is { } pieces ? Handoff.Read(pieces, _feed.State.CreateEmpty(), out error) : null;
        return handoff is not null ? new TakeOver(TakeOverOutcome.Given, handoff) : new TakeOver(TakeOverOutcome.Unavailable, Reason: error ?? "an instance that is ready has not answered in time");
    }

    /// <summary>Publishes a request while events pass, and returns how many other instances heard it, once its barrier has passed here.</summary>
    private async Task<RedisReply<long>> RequestLateAsync(LateRequest request, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _late, request);
        RedisReply<long> heard = await _handoff.RequestAsync(request.Nonce, cancellationToken);
        if (!heard.IsDone) return heard;
        try
        {
            await request.Barrier.Task.WaitAsync(LongestHandoffDeadline, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new RedisReply<long>(RedisOutcome.NotReceived, 0, "the barrier of the request has not come back");
        }

        // This instance hears requests too, once it is ready. Its own comes before the barrier.
        return RedisReply.Done(heard.Value - (request.HeardHere ? 1 : 0));
    }

    private TakeOver Count(TakeOver attempt)
    {
        TakeOvers.Add(attempt);
        if (attempt.Outcome is TakeOverOutcome.Unavailable or TakeOverOutcome.Unreadable) NoteUnavailable(attempt.Reason);
        return attempt;
    }

    private void NoteUnavailable(string reason)
    {
        if (TakeOvers.Missing is not null) TakeOvers.SetMissing(reason);
        lock (_unavailable)
        {
            if (!_unavailable.MayLog(reason)) return;
        }

        LogUnavailable(_logger, reason);
    }

    /// <summary>On the ingest thread, behind the first mark: lets events pass, and keeps asking for what came before them.</summary>
    private void AwaitState(string reason)
    {
        TakeOvers.SetMissing(reason);
        (_awaitsState, _aloneFrom, _aloneFromMs) = (true, _feed.Head, NowMs);
        ShowDegraded(reason);
        Volatile.Write(ref _asking, Task.Run(KeepAskingAsync));
    }

    /// <summary>Clients that are connected all the same are not to take what they see for the whole.</summary>
    private void ShowDegraded(string reason)
    {
        lock (_conditionGate) _feed.SetLink(MissingStateStatus(reason));
    }

    private static LinkStatus MissingStateStatus(string reason) => new(false, null, "the state of another instance has not been received yet: " + reason);

    private async Task KeepAskingAsync()
    {
        using var found = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        Task standing = BecomeReadyWithoutStateAsync(found.Token);
        await AskUntilSettledAsync(found.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await found.CancelAsync();
        await standing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AskUntilSettledAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = ShortestAskPause, wait = _options.HandoffDeadline;
        while (true)
        {
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), _time, cancellationToken);
            if (_link.Status.Status != RedisLinkStatusKind.Subscribed) continue;
            try
            {
                if (await TrySettleAsync(wait, cancellationToken)) return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                LogFault(_logger, fault);
            }

            // The reason may be another one now.
            _queue.Add(MarkSubscribed);
            (pause, wait) = (Shorter(2 * pause, LongestAskPause), Shorter(2 * wait, LongestHandoffDeadline));
        }
    }

    /// <summary>One request. True when the state is here, or it is certain that there is none to be had.</summary>
    private async Task<bool> TrySettleAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        var request = new LateRequest(Guid.NewGuid());
        TakeOver attempt = await TryTakeOverAsync(await RequestLateAsync(request, cancellationToken), request.Nonce, wait, cancellationToken);
        switch (attempt.Outcome)
        {
            case TakeOverOutcome.Given:
                return await OnIngestAsync(() => TryJoin(attempt.Handoff!, request.Barrier.Task.Result), cancellationToken);
            case TakeOverOutcome.Kept:
                return await OnIngestAsync(() => (_aloneFrom < 0 || TryJoinKept(attempt.Handoff!)) && CompleteTakeOver(), cancellationToken);
            case TakeOverOutcome.Nobody:
                return await OnIngestAsync(SettleWithNothing, cancellationToken);
            case TakeOverOutcome.Unreadable when _ready:
                // It will not become readable, and no other instance begins with anything while nobody answers or keeps a copy.
                return await OnIngestAsync(SettleWithNothing, cancellationToken);
            default:
                return false;
        }
    }

    /// <summary>After the wait: ready with the kept copy if it can be had, else with what came since the start; either way with a gap, and asking on.</summary>
    private async Task BecomeReadyWithoutStateAsync(CancellationToken cancellationToken)
    {
        if (_options.HandoffWait == TimeSpan.Zero) return;
        await Task.Delay(_options.HandoffWait, _time, cancellationToken);
        Handoff? kept = null;
        try
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            enough.CancelAfter(LastResortDeadline);
            if ((await _handoff.LoadKeptAsync(enough.Token)).Value is { } pieces) kept = Handoff.Read(pieces, _feed.State.CreateEmpty(), out _);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Late. What else went wrong with it has been logged by the attempts.
        }

        _queue.Add(() =>
        {
            if (!_awaitsState) return;
            if (kept is null || !TryStep(() => TryJoinKept(kept))) _feed.NoteGap(new Gap(GapCause.Restart) { ToMs = _aloneFromMs });
            _awaitsState = false;
            _ready = true;
            _recovery.OpenForGood();
            LogReadyWithout(_logger, TakeOvers.Missing?.Reason ?? "");
            MarkSubscribed();
        });
    }

    private bool SettleWithNothing()
    {
        // Each earlier attempt found something that could not be had and is gone now, or could not even ask.
        if (_awaitsState) _feed.NoteGap(new Gap(GapCause.Restart) { ToMs = _aloneFromMs });
        LogNoOtherState(_logger);
        return CompleteTakeOver();
    }

    /// <summary>On the ingest thread: nothing more is to be had, and others can go on from this instance. Returns true.</summary>
    private bool CompleteTakeOver()
    {
        _awaitsState = false;
        Volatile.Write(ref _late, null);
        TakeOvers.ClearMissing();
        _ready = true;
        _recovery.OpenForGood();
        _link.SubscribeToRequests();
        MarkSubscribed();
        return true;
    }

    /// <summary>Has the ingest thread do something at this place among the events, and waits for it.</summary>
    private async Task<bool> OnIngestAsync(Func<bool> step, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() =>
        {
            try
            {
                done.SetResult(TryStep(step));
            }
            catch (Exception fault)
            {
                done.TrySetException(fault);
                throw;
            }
        });
        return await done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>False for lack of memory too, if nothing has been changed.</summary>
    private bool TryStep(Func<bool> step)
    {
        try
        {
            return step();
        }
        catch (OutOfMemoryException) when (!_feed.IsHalfChanged)
        {
            NoteUnavailable("there is not enough memory to load it");
            return false;
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>A request whose answer is loaded behind events that were accepted already.</summary>
    private sealed record LateRequest(Guid Nonce)
    {
        /// <summary>The number of the journal's first entry behind the barrier, once it has been passed.</summary>
        public TaskCompletionSource<long> Barrier { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>This instance was one of those that heard it. Set before the barrier.</summary>
        public bool HeardHere { get; set; }
    }
}
