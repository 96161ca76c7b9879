using Cecelia.Relay.Messages;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

/// <summary>
/// The part that repeats the request while a state that may exist could not be loaded. Events pass meanwhile, but the instance is not ready until
/// <see cref="RecoveryOptions.HandoffWait"/> has passed. A later answer is loaded at the barrier of its request, and the events that this instance accepted
/// behind that barrier are applied again from its own journal. Until then the link is shown as degraded to all clients, also when the instance is ready.
/// </summary>
/// <remarks>
/// <para>Example: the events 1 to 50 were published before the start, 51 to 60 after it. The request whose barrier follows 57 is answered: the answer
/// contains 1 to 57, and 58 to 60 are applied from the journal. Clients receive a new hello and a snapshot.</para>
/// <para>Until then this instance neither receives requests nor stores a copy: its state is not complete and must not be handed over as if it were.</para>
/// </remarks>
internal sealed partial class StreamRecovery
{
    /// <summary>Pause between two requests. It doubles up to the maximum below.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestHandoffDeadline = TimeSpan.FromSeconds(15);

    /// <summary>Deadline for reading the copy in Redis when the wait has ended.</summary>
    private static readonly TimeSpan LastResortDeadline = TimeSpan.FromSeconds(5);

    private readonly ReasonLog _unavailable;
    private Task _requesting = Task.CompletedTask;
    private LateRequest? _late;

    // For the ingest thread.
    private bool _awaitsState;
    private long _aloneFrom;
    private long _aloneFromMs;

    /// <summary>Gets history and state: from a ready instance, or else the copy in Redis.</summary>
    /// <param name="others">Number of other instances that received the request.</param>
    /// <param name="nonce">The nonce of the request.</param>
    /// <param name="wait">Deadline for the first piece of an answer.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    private async Task<TakeOver> TryTakeOverAsync(RedisReply<long> others, Guid nonce, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (!others.IsDone) return Count(new TakeOver(TakeOverOutcome.Unavailable, Reason: others.Reason));
        if (others.Value > 0) return Count(await ReceiveAsync(nonce, wait, cancellationToken));
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await _handoff.LoadKeptAsync(cancellationToken);
        string? error = reply.IsDone ? null : reply.Reason;
        Handoff? handoff = reply.Value is { } pieces ? Handoff.Read(pieces, _feed.State.CreateEmpty(), out error) : null;
        if (handoff is not null) return Count(new TakeOver(TakeOverOutcome.Kept, handoff));
        if (error is null) return Count(new TakeOver(TakeOverOutcome.NotFound));
        bool isUnreadable = reply.IsDone || reply.Outcome is RedisOutcome.WrongType or RedisOutcome.Incomplete or RedisOutcome.TooLarge;
        return Count(new TakeOver(isUnreadable ? TakeOverOutcome.Unreadable : TakeOverOutcome.Unavailable, Reason: error));
    }

    /// <summary>Receives the answer of another instance.</summary>
    private async Task<TakeOver> ReceiveAsync(Guid nonce, TimeSpan wait, CancellationToken cancellationToken)
    {
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await _handoff.WaitAsync(nonce, wait, cancellationToken);
        string? error = reply.IsDone ? null : reply.Reason;
        Handoff? handoff = reply.Value is { } pieces ? Handoff.Read(pieces, _feed.State.CreateEmpty(), out error) : null;
        return handoff is not null
            ? new TakeOver(TakeOverOutcome.Given, handoff)
            : new TakeOver(TakeOverOutcome.Unavailable, Reason: error ?? "a ready instance did not respond in time");
    }

    /// <summary>Publishes a request while events pass. Returns, once its barrier has passed here, how many other instances received it.</summary>
    private async Task<RedisReply<long>> RequestLateAsync(LateRequest request, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _late, request);
        RedisReply<long> received = await _handoff.RequestAsync(request.Nonce, cancellationToken);
        if (!received.IsDone) return received;
        try
        {
            await request.Barrier.Task.WaitAsync(LongestHandoffDeadline, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new RedisReply<long>(RedisOutcome.NotReceived, 0, "the barrier of the request did not arrive");
        }

        // A ready instance receives requests too. Its own request arrives before the barrier.
        return RedisReply.Done(received.Value - (request.IsReceivedHere ? 1 : 0));
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

    /// <summary>Lets events pass and repeats the request for what came before them. On the ingest thread, at the first recovery point.</summary>
    private void AwaitState(string reason)
    {
        TakeOvers.SetMissing(reason);
        (_awaitsState, _aloneFrom, _aloneFromMs) = (true, _feed.Head, NowMs);
        ShowDegraded(reason);
        Volatile.Write(ref _requesting, Task.Run(RepeatRequestAsync));
    }

    private async Task RepeatRequestAsync()
    {
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        Task waiting = BecomeReadyWithoutStateAsync(settled.Token);
        await RequestUntilSettledAsync(settled.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await settled.CancelAsync();
        await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RequestUntilSettledAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = ShortestPause, wait = _options.HandoffDeadline;
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

            // The reason that clients are shown may have changed.
            _queue.Add(UpdateLink);
            (pause, wait) = (Shorter(2 * pause, LongestPause), Shorter(2 * wait, LongestHandoffDeadline));
        }
    }

    /// <summary>Makes one request. Returns true if the state is loaded, or it is certain that there is none.</summary>
    private async Task<bool> TrySettleAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        var request = new LateRequest(Guid.NewGuid());
        TakeOver attempt = await TryTakeOverAsync(await RequestLateAsync(request, cancellationToken), request.Nonce, wait, cancellationToken);
        switch (attempt.Outcome)
        {
            case TakeOverOutcome.Given:
                return await OnIngestAsync(() => TryJoin(attempt.Handoff!, request.Barrier.Task.Result), cancellationToken);
            case TakeOverOutcome.Kept:
                return await OnIngestAsync(() => (_aloneFrom < 0 || TryJoinCopy(attempt.Handoff!)) && CompleteTakeOver(), cancellationToken);
            case TakeOverOutcome.NotFound:
                return await OnIngestAsync(SettleWithNothing, cancellationToken);
            case TakeOverOutcome.Unreadable when _ready:
                // It will not become readable, and no other instance can start with a state while no instance answers or stores a copy.
                return await OnIngestAsync(SettleWithNothing, cancellationToken);
            default:
                return false;
        }
    }

    /// <summary>Makes the instance ready when the wait has ended: with the copy in Redis if it can be loaded, else with the events since the start. In both
    /// cases clients are sent a gap, and requests continue.</summary>
    private async Task BecomeReadyWithoutStateAsync(CancellationToken cancellationToken)
    {
        if (_options.HandoffWait == TimeSpan.Zero) return;
        await Task.Delay(_options.HandoffWait, _time, cancellationToken);
        Handoff? copy = null;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(LastResortDeadline);
            if ((await _handoff.LoadKeptAsync(deadline.Token)).Value is { } pieces) copy = Handoff.Read(pieces, _feed.State.CreateEmpty(), out _);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline has passed. Other failures have been logged by the requests.
        }

        _queue.Add(() =>
        {
            if (!_awaitsState) return;
            if (copy is null || !TryStep(() => TryJoinCopy(copy))) _feed.NoteGap(new Gap(GapCause.Restart) { ToMs = _aloneFromMs });
            _awaitsState = false;
            _ready = true;
            _readiness.OpenForGood();
            LogReadyWithout(_logger, TakeOvers.Missing?.Reason ?? "");
            UpdateLink();
        });
    }

    private bool SettleWithNothing()
    {
        // Each earlier attempt found a state that could not be loaded and no longer exists, or its request was not published.
        if (_awaitsState) _feed.NoteGap(new Gap(GapCause.Restart) { ToMs = _aloneFromMs });
        LogNoOtherState(_logger);
        return CompleteTakeOver();
    }

    /// <summary>Ends the requests: there is no more to load, and other instances can continue from this one. On the ingest thread. Returns true.</summary>
    private bool CompleteTakeOver()
    {
        _awaitsState = false;
        Volatile.Write(ref _late, null);
        TakeOvers.ClearMissing();
        _ready = true;
        _readiness.OpenForGood();
        _link.SubscribeToRequests();
        UpdateLink();
        return true;
    }

    /// <summary>Runs a step on the ingest thread at this point of the queue, and waits for it.</summary>
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

    /// <summary>Runs a step. Returns false also when there is not enough memory and nothing has been changed.</summary>
    private bool TryStep(Func<bool> step)
    {
        try
        {
            return step();
        }
        catch (OutOfMemoryException) when (!_feed.IsHalfChanged)
        {
            NoteUnavailable("there is not enough memory to load the state");
            return false;
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>A request whose answer is loaded behind events that were accepted already.</summary>
    private sealed record LateRequest(Guid Nonce)
    {
        /// <summary>The number of the first journal entry behind the barrier. Completes when the barrier has passed.</summary>
        public TaskCompletionSource<long> Barrier { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>True if this instance was one of those that received the request. Set before the barrier passes.</summary>
        public bool IsReceivedHere { get; set; }
    }
}
