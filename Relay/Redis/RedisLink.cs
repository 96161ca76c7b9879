using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Owns the subscription to events. TCP alone detects a hanging connection only after minutes. Therefore the link publishes a nonce to itself each second,
/// and when the nonce does not arrive or the connection fails, it opens a new connection and swaps it in. Messages are delivered in the order in which Redis
/// sent them, none twice. <see cref="RunAsync"/> must not run concurrently and may be called again after a failure; other members may be read from any
/// thread.
/// </summary>
internal sealed partial class RedisLink : IAsyncDisposable
{
    /// <summary>
    /// Deadline for publishing a nonce, and again for each step of connecting for it. Together below <see cref="ProbeDeadline"/>, so that a PING can still
    /// replace it.
    /// </summary>
    public static readonly TimeSpan PublishDeadline = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Interval and deadline add up to the maximum time until a dead connection is detected: together they must be below 3 s, with a margin for a busy
    /// machine.
    /// </summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromMilliseconds(1800);

    /// <summary>
    /// Number of consecutive attempts without an answer in time after which, and again after twice as many, the deadline of each step doubles: this machine
    /// or Redis may be busy.
    /// </summary>
    private const int SilencesBeforeSlowing = 3;

    /// <summary>
    /// A session that fails sooner proves nothing: the peer may accept connections and close them at once, or a burst may exceed the output buffer in Redis.
    /// Then the next attempt is delayed, since otherwise the link would open dozens of connections per second, with as many log lines.
    /// </summary>
    private static readonly TimeSpan BriefSession = TimeSpan.FromSeconds(1);

    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly RedisUrl _url;
    private readonly RedisCallbacks _callbacks;
    private readonly TimeProvider _time;
    private readonly ILogger<RedisLink> _logger;
    private readonly RedisChannels _names;
    private readonly TimeSpan _replicaSilence;
    private readonly RedisConnection _publisher;
    private readonly RedisChannelWatch[] _channels;
    private readonly RedisChannelWatch _requests;
    private readonly ReasonLog _reasons;
    private RedisSession? _session;
    private volatile RedisLinkStatus _status;
    private bool _hasSubscribed;
    private bool _wasLive;
    private bool _probeRefused;
    private readonly TaskCompletionSource _requestsWanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _receivesRequests;
    private long _swaps;
    private long _lateChannels;

    public RedisLink(RedisContext context, RedisCallbacks callbacks, ILogger<RedisLink> logger)
    {
        (RedisUrl url, RedisOptions options, string instance, TimeProvider time) = context;
        _url = url;
        _callbacks = callbacks;
        _time = time;
        _logger = logger;
        _reasons = new ReasonLog(time);
        _names = new RedisChannels(options, instance);
        _replicaSilence = options.ReplicaSilence;
        _publisher = new RedisConnection(url, PublishDeadline, time) { FollowsPrimary = false };
        _channels = [new RedisChannelWatch(options.EventsChannel, isPattern: false), new RedisChannelWatch(options.EventsPattern, isPattern: true)];
        _requests = new RedisChannelWatch(options.HandoffChannel, isPattern: false);
        _status = new RedisLinkStatus(
            RedisLinkStatusKind.Connecting, time.GetUtcNow(), $"{AllHosts}: not tried yet", AllHosts, ChannelStatus(), LastProbe: null);
    }

    /// <summary>
    /// Raised when the status or a channel's error has changed: one at a time, on a thread that must not be blocked. Handlers must not throw.
    /// </summary>
    public event Action<RedisLinkStatus>? Changed;

    /// <summary>Raised when an attempt to connect has failed, on the thread of <see cref="RunAsync"/>. Handlers must not throw.</summary>
    public event Action? AttemptFailed;

    public RedisLinkStatus Status => _status;

    /// <summary>The deadline for checking a host, for connecting, and for the answers to SUBSCRIBE. Default 1 s.</summary>
    public TimeSpan StepDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Returns true while a channel of events is subscribed.</summary>
    public bool IsSubscribedTo(string channel) =>
        _status is { Status: RedisLinkStatusKind.Subscribed } status && status.Channels.Any(one => one.Name == channel && one.Error is null);

    /// <summary>
    /// Number of times that events may have been missed since the first subscription: a new connection was swapped in (counted before its first message is
    /// delivered), or a refused channel was subscribed later (counted when Redis confirms it).
    /// </summary>
    public long Swaps => Volatile.Read(ref _swaps);

    /// <summary>The part of <see cref="Swaps"/> that is due to refused channels.</summary>
    public long LateChannels => Volatile.Read(ref _lateChannels);

    /// <summary>True while requests for a handoff arrive at <see cref="RedisCallbacks.RequestArrived"/>.</summary>
    public bool IsSubscribedToRequests => _receivesRequests;

    /// <summary>True when Redis does not permit receiving requests: then no other instance can continue from this one.</summary>
    public bool RequestsRefused => _requests.Refusal is not null;

    private RedisLinkStatusKind StatusWhileDown => _wasLive ? RedisLinkStatusKind.Lost : RedisLinkStatusKind.Connecting;

    private string AllHosts => _url.Places;

    /// <summary>Completes when the old session, which was given up, proves itself after all; never when it no longer can.</summary>
    private Task LateProbeReply => _session is { Failed.IsCompleted: false } session ? session.LastProbe : Never;

    /// <summary>
    /// Subscribes to requests for a handoff, for an instance that is ready. Remains in effect after a swap.
    /// </summary>
    public void SubscribeToRequests() => _requestsWanted.TrySetResult();

    /// <summary>Returns when all that Redis has sent so far has been delivered; at once when there is no connection. Any thread.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public Task CatchUpAsync(CancellationToken cancellationToken) => Volatile.Read(ref _session)?.CatchUpAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Connects, monitors and replaces connections until it is cancelled. Then it returns normally.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var brief = new RedisRetry();
        try
        {
            while (true)
            {
                RedisSession session = await EstablishAsync(cancellationToken);
                long established = _time.GetTimestamp();
                MarkSubscribed(session);
                string reason = await WatchAsync(session, cancellationToken);
                TransitionTo(StatusWhileDown, $"{RedisUrl.Name(session.Host)}: {reason}", AllHosts);
                if (_time.GetElapsedTime(established) < BriefSession)
                {
                    await DelayAsync(brief.Next(RedisAnswerKind.Refused), [LateProbeReply], cancellationToken);
                }
                else brief.Reset();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The requested end, and the only one.
        }
        catch (Exception fault)
        {
            // Before the next run, which is announced by a change of the status: the ingest queue is held back until then.
            TransitionTo(StatusWhileDown, $"{AllHosts}: the link has failed ({fault.GetType().Name})", AllHosts);
            throw;
        }
        finally
        {
            Retire(_session);
            _session = null;
        }
    }

    /// <summary>Closes the connection for probes. Must be called after <see cref="RunAsync"/> has ended.</summary>
    public ValueTask DisposeAsync() => _publisher.DisposeAsync();

    /// <summary>
    /// Returns a subscribed session. It may be the old one: when its late nonce arrives before a new session is ready, as after a pause of Redis or of this
    /// process, it has not missed anything and is better than any other.
    /// </summary>
    private async Task<RedisSession> EstablishAsync(CancellationToken cancellationToken)
    {
        var retry = new RedisRetry();
        int silences = 0;
        while (true)
        {
            TimeSpan step = StepDeadline * (1 << Math.Min(silences / SilencesBeforeSlowing, 2));
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<RedisAnswer> checking = RedisPreflight.FindAsync(_url, step, _time, enough.Token);
            await Task.WhenAny(checking, LateProbeReply);
            if (LateProbeReply.IsCompleted)
            {
                await enough.CancelAsync();
                await ((Task)checking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return _session!;
            }

            RedisAnswer answer = CheckReplicaStall(await checking);
            if (answer.Kind == RedisAnswerKind.Pong) answer = await SwapInAsync(answer, step, cancellationToken);
            if (answer.Kind == RedisAnswerKind.Pong) return _session!;
            silences = answer.Kind == RedisAnswerKind.Silent ? silences + 1 : 0;

            TransitionTo(_status.Status, answer.Reason, AllHosts);
            AttemptFailed?.Invoke();
            if (_reasons.MayLog(answer.Reason)) LogUnreachable(_logger, answer.Reason);
            await DelayAsync(retry.Next(answer.Kind), [LateProbeReply], cancellationToken);
        }
    }

    /// <summary>Replaces the answer of a replica that has received nothing for a long time: recently published events may not reach it.</summary>
    private RedisAnswer CheckReplicaStall(RedisAnswer answer) =>
        answer is { Kind: RedisAnswerKind.Pong } && answer.Role.FindStall(_replicaSilence) is { } stall
        ? answer with { Kind = RedisAnswerKind.NoPrimary, Reason = $"{RedisUrl.Name(answer.Host)}: {_url.Clean(stall)}" }
        : answer;

    /// <summary>Opens a subscribed session at a host that answered. The returned answer is <see cref="RedisAnswerKind.Pong"/> on success.</summary>
    private async Task<RedisAnswer> SwapInAsync(RedisAnswer answer, TimeSpan step, CancellationToken cancellationToken)
    {
        RedisSession? fresh = null;
        try
        {
            fresh = await RedisSession.ConnectAsync(_url, answer, _names, _callbacks, _publisher, step, _time, cancellationToken);
            if (LateProbeReply.IsCompleted) return answer;

            // The old session ends delivery before the new one subscribes: no message is delivered by both, and no old message after a new one.
            Retire(_session);
            _session = null;
            // Of several servers, the one for probes is chosen again too: a nonce that is published at a different server may not arrive here.
            _publisher.Reset();
            if (_hasSubscribed) Interlocked.Increment(ref _swaps);
            _hasSubscribed = true;
            _callbacks.Subscribing(answer.Age);
            await SubscribeAllAsync(fresh, step, cancellationToken);
            _session = fresh;
            _shardMessagesOfSession = 0;
            fresh = null;
            return answer;
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            return answer with { Kind = RedisAnswerKind.Silent, Reason = $"{RedisUrl.Name(answer.Host)}: {_url.Clean(RedisClient.Describe(failure))}" };
        }
        finally
        {
            Retire(fresh);
        }
    }

    private async Task SubscribeAllAsync(RedisSession session, TimeSpan step, CancellationToken cancellationToken)
    {
        (string?[] refusals, string? probeRefusal) = await session.SubscribeAllAsync(_channels, step, cancellationToken);
        foreach ((RedisChannelWatch channel, string? refusal) in _channels.Zip(refusals)) NoteChannel(channel, refusal);
        if (probeRefusal is not null) NoteProbeRefused(probeRefusal);
    }

    /// <summary>Probes each second and retries refused channels. Returns why the session can no longer be trusted.</summary>
    private async Task<string> WatchAsync(RedisSession session, CancellationToken cancellationToken)
    {
        while (true)
        {
            long started = _time.GetTimestamp();
            DateTimeOffset probed = _time.GetUtcNow();
            // Before the role is evaluated, so that a later failover ends the wait below.
            Task switched = _url.Sentinel?.Announcements ?? Never;
            Task<RedisProbeOutcome> probe = session.ProbeAsync(ProbeDeadline, cancellationToken);
            await RetryRefusedAsync(session, cancellationToken);
            await SubscribeToRequestsAsync(session, cancellationToken);
            RedisProbeOutcome outcome = await probe;
            NoteShardMessages(session);
            if (session.Failed.IsCompleted) return await session.Failed;
            if (outcome == RedisProbeOutcome.Late) return "a probe did not arrive in time";
            if (outcome == RedisProbeOutcome.Refused)
            {
                session.ProbeByPing();
                NoteProbeRefused("publishing is not permitted");
                continue;
            }

            if (await FindRoleFaultAsync(session, cancellationToken) is { } fault)
            {
                session.Fail(fault);
                return fault;
            }

            if (!session.ProbesByPing) _probeRefused = false;
            if (session.Role.FindStall(_replicaSilence) is null) NoteProven(probed - session.Age, await session.NewestInStream);
            MarkSubscribed(session);
            // Requests may be wanted since the probe was sent. Then the next round subscribes to them at once.
            Task wanted = ShouldSubscribeToRequests(session) ? _requestsWanted.Task : Never;
            await DelayAsync(ProbeInterval - _time.GetElapsedTime(started), [session.Failed, switched, wanted], cancellationToken);
            if (session.Failed.IsCompleted) return await session.Failed;
        }
    }

    /// <summary>Records what a probe that arrived has proven.</summary>
    /// <param name="until">The time before which everything that was published has arrived.</param>
    /// <param name="newest">The entry of the stream up to which everything has arrived.</param>
    private void NoteProven(DateTimeOffset until, RedisReply<RedisStreamId>? newest)
    {
        RedisLinkStatus old = _status;
        RedisLinkStatus status = old with { LastProbe = until };
        // The stream may hold events of a refused channel that have not arrived.
        if (newest is { IsDone: true } known)
        {
            status = status with { NewestInStream = status.Refused is null ? known.Value : status.NewestInStream, StreamFault = null };
        }
        else if (newest is { } refused) status = status with { StreamFault = _url.Clean(refused.Reason) };
        _status = status;
        if (status.StreamFault is { } fault && fault != old.StreamFault) LogStreamUnreadable(_logger, _names.StreamKey, fault);
        else if (status.StreamFault is null && old.StreamFault is not null) LogStreamReadable(_logger, _names.StreamKey);
    }

    /// <summary>
    /// Returns why the server does not deliver events although it answers, or may not have for a while; null when it does, or when that is unknown. In a
    /// failover the old primary keeps its subscribers, which miss what is published at the new one before the old one follows it. That may begin and end
    /// between two probes, as may a full resynchronization of a replica. If there are other hosts, a replica that has received nothing for a long time is
    /// left for them.
    /// </summary>
    private async Task<string?> FindRoleFaultAsync(RedisSession session, CancellationToken cancellationToken)
    {
        if (_url.Sentinel?.FindMove(session.Host) is { } moved) return moved;
        if (await _publisher.AskAsync(RedisRole.AskAsync, PublishDeadline, cancellationToken) is not { IsDone: true, Value: { } role }) return null;
        RedisRole earlier = session.Role;
        if (role.Kind != RedisRoleKind.Unknown || earlier.Kind == RedisRoleKind.Unknown) session.Role = role;
        _status = _status with { Role = role };
        string? fault = role.FindFault() ?? role.FindChange(earlier) ?? (_url.Hosts.Count > 1 ? role.FindStall(_replicaSilence) : null);
        if (fault is null && session.IsCluster)
        {
            fault = (await _publisher.AskAsync(database => RedisCluster.FindFaultAsync(database, _url), PublishDeadline, cancellationToken)).Value;
        }

        return fault is null ? null : _url.Clean(fault);
    }

    /// <summary>Logs a refusal once, until a nonce arrives again.</summary>
    private void NoteProbeRefused(string refusal)
    {
        if (!_probeRefused) LogProbeRefused(_logger, _names.ProbeName, _url.Clean(refusal));
        _probeRefused = true;
    }

    /// <summary>
    /// Updates the status when the session is connected and Redis has answered for each channel: it is live unless no event can arrive on it.
    /// </summary>
    private void MarkSubscribed(RedisSession session)
    {
        string server = RedisUrl.Name(session.Host);
        if (session.Role.FindStall(_replicaSilence) is { } stall)
        {
            // Once the replica receives what was published meanwhile, it is delivered over this connection in order. So the session is kept.
            TransitionTo(StatusWhileDown, $"{server}: {_url.Clean(stall)}", server);
            return;
        }

        if (_channels.All(channel => channel.Refusal is not null))
        {
            TransitionTo(StatusWhileDown, $"{server}: Redis refuses every channel of events: {_channels[0].Refusal}", server);
            return;
        }

        _wasLive = true;
        TransitionTo(RedisLinkStatusKind.Subscribed, reason: null, server);
    }

    private void TransitionTo(RedisLinkStatusKind kind, string? reason, string server)
    {
        RedisLinkStatus old = _status;
        RedisChannelStatus[] channels = ChannelStatus();
        _status = old with
        {
            Status = kind,
            Since = kind == old.Status ? old.Since : _time.GetUtcNow(),
            Reason = reason,
            Server = server,
            Channels = channels,
            FirstSubscribed = old.FirstSubscribed ?? (kind == RedisLinkStatusKind.Subscribed ? _time.GetUtcNow() : null),
        };
        if (kind == old.Status && channels.SequenceEqual(old.Channels)) return;

        if (kind == RedisLinkStatusKind.Subscribed && old.Status != kind)
        {
            LogSubscribed(_logger, string.Join(", ", _channels.Where(channel => channel.Refusal is null).Select(channel => channel.Name)), server);
        }
        else if (kind == RedisLinkStatusKind.Lost && old.Status != kind)
        {
            LogLost(_logger, reason ?? "");
        }

        Changed?.Invoke(_status);
    }

    private void Retire(RedisSession? session)
    {
        if (session is null) return;
        if (session == _session) _receivesRequests = false;
        session.Dispose();
    }

    /// <summary>Waits for a time or until one of the tasks completes.</summary>
    private async Task DelayAsync(TimeSpan delay, Task[] orUntil, CancellationToken cancellationToken)
    {
        if (delay <= TimeSpan.Zero) return;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny([.. orUntil, Task.Delay(delay, _time, ended.Token)]);
        await ended.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private RedisChannelStatus[] ChannelStatus() => [.. _channels.Select(channel => new RedisChannelStatus(channel.Name, channel.Refusal))];
}
