using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

/// <summary>
/// Keeps the stream of events continuous where a connection to Redis begins: after a start by continuing from another instance, after an outage by reading
/// what a Redis Stream holds. Events that cannot be proven to be present are noted as a gap at that point of the stream. The ingest queue is held back there
/// until it is known what came before; no event passes meanwhile.
/// </summary>
/// <remarks>
/// <para>Example of a start: the events 1 to 50 were published before. The link subscribes and receives 51 to 54. The request for a handoff reaches the other
/// instance behind 54, and so does its barrier here. The answer contains 1 to 54 and the position behind 54. Once it is loaded, 51 to 54 are skipped and 55 is
/// the first event that passes. No event is missing and none is sent twice.</para>
/// <para>Example of an outage: the last proof showed that all events up to entry 54 of the Redis Stream had arrived. 55 and 56 had arrived since, and 57 to
/// 60 were published while the link was lost. The stream is read from 54 on. It still holds 54, so the run 54 to 60 is complete: 55 and 56 are duplicates by
/// their numbers, and 57 to 60 are accepted before the first event of the new connection. Had the stream been trimmed to 58, a gap would be noted first.
/// Without a stream the outage is a gap.</para>
/// <para>Three threads meet here. While the ingest thread handles a point of the queue,</para>
/// <list type="number">
/// <item>the link's thread may lose the connection and subscribe again. That discards the pending <see cref="RecoveryPoint"/>, and the point of the next
/// connection covers what both have missed.</item>
/// <item>a task of the pool may settle the point, or complete a later request for a handoff. It changes journal and state only by an action in the ingest
/// queue.</item>
/// <item>the host may stop the relay. That settles the pending point as discarded, so that the ingest thread can still make the last copy.</item>
/// </list>
/// </remarks>
internal sealed partial class StreamRecovery : IAsyncDisposable
{
    private readonly RedisContext _redis;
    private readonly RecoveryOptions _options;
    private readonly Feed _feed;
    private readonly IngestQueue _queue;
    private readonly Ingestor _ingestor;
    private readonly RecoveryGate _gate;
    private readonly ConnectionTable _connections;
    private readonly ReadinessGate _readiness;
    private readonly RedisHandoff _handoff;
    private readonly RedisLink _link;
    private readonly TimeProvider _time;
    private readonly ILogger<StreamRecovery> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private readonly Lock _linkGate = new();
    private RecoveryPoint? _point;
    private volatile bool _ready;

    /// <summary>The point up to which the loaded handoff was complete; null if none was loaded.</summary>
    private volatile ProvenPoint? _inherited;

    // For the link's thread: the link's status while it is not subscribed.
    private RedisLinkStatus? _linkBefore;

    // For the ingest thread.
    private RecoveryPoint? _passed;
    private Guid? _barrier;
    private long _lateChannels;

    public StreamRecovery(
        RedisContext redis,
        RecoveryOptions options,
        Feed feed,
        IngestQueue queue,
        Ingestor ingestor,
        ConnectionTable connections,
        ILoggerFactory loggers)
    {
        _redis = redis;
        _options = options;
        _feed = feed;
        _queue = queue;
        _ingestor = ingestor;
        _gate = ingestor.Gate;
        _connections = connections;
        _readiness = connections.Gate;
        _readiness.Close();
        _time = redis.Time;
        _logger = loggers.CreateLogger<StreamRecovery>();
        _stopping = _stop.Token;
        TakeOvers = new TakeOvers(_time);
        _unavailable = new ReasonLog(_time);
        _handoff = new RedisHandoff(redis, options.HandoffBytes);
        Sender = new HandoffSender(_handoff, options, feed, queue, ingestor, _time, loggers.CreateLogger<HandoffSender>());
        var callbacks = new RedisCallbacks(ingestor.MaxEventBytes)
        {
            WaitForRoom = queue.WaitForRoom,
            EventArrived = (channel, payload, length) => queue.TryAdd(channel, payload, length),
            Subscribing = AddRecoveryPoint,
            BarrierArrived = nonce => queue.Add(() => PassBarrier(nonce)),
            RequestArrived = nonce => queue.Add(() => AcceptRequest(nonce)),
        };
        _link = new RedisLink(redis, callbacks, loggers.CreateLogger<RedisLink>());
        _linkBefore = _link.Status;
        _link.Changed += OnLinkChanged;
        _link.AttemptFailed += _readiness.Open;
    }

    public RedisLink Link => _link;

    /// <summary>Hands over to other instances. Any thread.</summary>
    public HandoffSender Sender { get; }

    /// <summary>Attempts to get history and state, and whether they are missing. Any thread.</summary>
    public TakeOvers TakeOvers { get; }

    /// <summary>
    /// True if the start is settled: history and state were loaded, or there were none, or the wait for them has ended (<see cref="TakeOvers"/>). Except in
    /// the last case the next instance can continue from this one, so a deployment that waits for readiness may end the previous instance.
    /// </summary>
    public bool IsReady => _ready && (_options.HandoffBytes == 0 || _link.IsSubscribedToRequests || _link.RequestsRefused || TakeOvers.Missing is not null);

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The point up to which no event is missing so far; null before the first connection.</summary>
    private ProvenPoint? CompleteUntil
    {
        get
        {
            if (Volatile.Read(ref _point) is not { } point) return null;
            RedisLinkStatus link = _link.Status;
            // Either it is not known yet what came before this connection, whatever the connection proves. Or a channel has been refused since the connection
            // began, because Redis ends a connection whose permission it revokes.
            if (!point.IsSettled || link.Refused is not null) return point.Lost;
            // Not the later of both: the clock may have been set back since the connection began.
            long atMs = link.LastProbe is { } probe && probe != point.ProbeBefore ? probe.ToUnixTimeMilliseconds() : point.AtMs;
            return new ProvenPoint(atMs, NewestInStream(link));
        }
    }

    /// <summary>The time of <see cref="CompleteUntil"/> that clients are shown; null while the state from before the start is missing.</summary>
    private long? CompleteUntilMs => _ready && TakeOvers.Missing is null ? CompleteUntil?.AtMs : null;

    /// <summary>
    /// Ends all handoffs and stores the last copy. Must be called after the duties have stopped and while the ingest thread still runs. Does not throw.
    /// </summary>
    public async Task LeaveAsync()
    {
        try
        {
            // A pending recovery point would hold back the ingest queue.
            await StopAsync();
            await Sender.KeepLastAsync(PointWorthKeeping);
        }
        catch (Exception fault)
        {
            // The next instance starts from an older copy, or from nothing.
            LogFault(_logger, fault);
        }
    }

    /// <summary>
    /// Returns when the events that Redis received before the call are in the outbound buffers of their clients, or after <paramref name="limit"/>, or when
    /// the link is lost. Does not throw.
    /// </summary>
    public async Task CatchUpAsync(TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit, _time);
        try
        {
            await _link.CatchUpAsync(deadline.Token);
            var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _queue.Add(passed.SetResult);
            await passed.Task.WaitAsync(deadline.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException || RedisClient.IsFailure(failure))
        {
            // The remaining events cannot be waited for.
        }
        catch (Exception fault)
        {
            LogFault(_logger, fault);
        }
    }

    /// <summary>
    /// Stores the copy of history and state in Redis, once per interval by one of all instances, until it is cancelled. May be called again after a failure.
    /// </summary>
    public Task KeepAsync(CancellationToken cancellationToken) => Sender.KeepAsync(PointWorthKeeping, cancellationToken);

    /// <summary>
    /// Returns the point up to which no event is missing; null if a copy of this instance is not worth storing. One that has lost its link or a channel, or
    /// lacks the state, has less than the copy that it or another stored.
    /// </summary>
    private ProvenPoint? PointWorthKeeping() =>
        _ready && TakeOvers.Missing is null && _options.HandoffBytes > 0 && _link.Status.IsComplete && Volatile.Read(ref _point) is { IsSettled: true }
            ? CompleteUntil
            : null;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Volatile.Read(ref _requesting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _link.DisposeAsync();
        await _handoff.DisposeAsync();
        _stop.Dispose();
    }

    private async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested) await _stop.CancelAsync();
        Volatile.Read(ref _point)?.TrySettle(RecoveryResult.Discarded);
    }
}
