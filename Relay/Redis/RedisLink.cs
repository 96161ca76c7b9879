using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Owns the life of the subscription to events. TCP alone notices a path that hangs only after minutes, so the link publishes a nonce to itself each
/// second, and when that does not come back, or the connection fails, it makes a fresh connection and swaps it in. Messages go into the queue in the order
/// in which Redis sent them, none twice. <see cref="RunAsync"/> runs once at a time, and may run again after it failed; the rest may be read from any thread.
/// </summary>
internal sealed partial class RedisLink : IAsyncDisposable
{
    /// <summary>For publishing a nonce, and again for each step of connecting for it. Together below <see cref="ProbeDeadline"/>, so that a PING can still take its place.</summary>
    public static readonly TimeSpan PublishDeadline = TimeSpan.FromMilliseconds(500);

    /// <summary>Interval and deadline add up to the longest time in which a dead path goes unnoticed: they must stay below 3 s together, with some room for a busy machine.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromMilliseconds(1800);

    /// <summary>After so many attempts in a row that were not answered in time, and again after twice as many, each step has double the time: this machine or Redis may be busy.</summary>
    private const int SilencesBeforeSlowing = 3;

    /// <summary>
    /// A session that fails sooner has proved nothing: a peer that accepts connections and ends them at once, or an output buffer in Redis that one burst
    /// overruns. Then the next one waits, or the link would make dozens of connections a second, with as many log lines.
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
    private bool _hasStood;
    private bool _probeRefused;
    private readonly TaskCompletionSource _requestsWanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hearsRequests;
    private long _swaps;
    private long _lateChannels;

    public RedisLink(RedisUrl url, RedisOptions options, string instance, RedisCallbacks callbacks, TimeProvider time, ILogger<RedisLink> logger)
    {
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
        _status = new RedisLinkStatus(RedisLinkStatusKind.Connecting, time.GetUtcNow(), $"{AllHosts}: not tried yet", AllHosts, ChannelStatus(), LastProbe: null);
    }

    /// <summary>Raised when the state, or a channel's error, has changed: one at a time, on a thread that must not be held. Handlers do not throw.</summary>
    public event Action<RedisLinkStatus>? Changed;

    /// <summary>Raised when an attempt to connect has failed, on the thread of <see cref="RunAsync"/>. Handlers do not throw.</summary>
    public event Action? AttemptFailed;

    public RedisLinkStatus Status => _status;

    /// <summary>For asking a host, for connecting, and for the answers to SUBSCRIBE. Default 1 s.</summary>
    public TimeSpan StepDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>True while the channel, one of events, is subscribed.</summary>
    public bool IsSubscribedTo(string channel) => _status is { Status: RedisLinkStatusKind.Subscribed } status && status.Channels.Any(one => one.Name == channel && one.Error is null);

    /// <summary>
    /// How often events may have been missed since the first subscription: a fresh connection was swapped in (counted before its first message enters the
    /// queue), or a refused channel was subscribed later (counted when Redis says so).
    /// </summary>
    public long Swaps => Volatile.Read(ref _swaps);

    /// <summary>Those of <see cref="Swaps"/> that were a refused channel's.</summary>
    public long LateChannels => Volatile.Read(ref _lateChannels);

    /// <summary>True while requests for a handoff arrive at <see cref="RedisCallbacks.RequestArrived"/>.</summary>
    public bool IsSubscribedToRequests => _hearsRequests;

    /// <summary>True when Redis does not let us hear requests: then no other instance can go on from this one.</summary>
    public bool RequestsRefused => _requests.Refusal is not null;

    private RedisLinkStatusKind StateWhileDown => _hasStood ? RedisLinkStatusKind.Lost : RedisLinkStatusKind.Connecting;

    private string AllHosts => _url.Places;

    /// <summary>Completes when the old session, which was given up, proves itself after all; never when it cannot any more.</summary>
    private Task LateProbeReply => _session is { Failed.IsCompleted: false } session ? session.LastProbe : Never;

    /// <summary>
    /// From now on this instance is one that others may ask for its state. For one that is ready; lasts over every swap.
    /// </summary>
    public void SubscribeToRequests() => _requestsWanted.TrySetResult();

    /// <summary>Returns when what Redis has sent so far is in the queue; at once where there is no connection. Any thread.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public Task CatchUpAsync(CancellationToken cancellationToken) => Volatile.Read(ref _session)?.CatchUpAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Connects, watches and heals until it is cancelled, and then returns normally.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var brief = new RedisRetry();
        try
        {
            while (true)
            {
                RedisSession session = await EstablishAsync(cancellationToken);
                long stood = _time.GetTimestamp();
                MarkSubscribed(session);
                string reason = await WatchAsync(session, cancellationToken);
                TransitionTo(StateWhileDown, $"{RedisUrl.Name(session.Host)}: {reason}", AllHosts);
                if (_time.GetElapsedTime(stood) < BriefSession) await DelayAsync(brief.Next(RedisAnswerKind.Refused), [LateProbeReply], cancellationToken);
                else brief.Reset();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The only way out, and the asked for one.
        }
        catch (Exception fault)
        {
            // Before the next run: it announces itself by a change of state, and the ingest thread waits for what follows from that.
            TransitionTo(StateWhileDown, $"{AllHosts}: the link has failed ({fault.GetType().Name})", AllHosts);
            throw;
        }
        finally
        {
            Retire(_session);
            _session = null;
        }
    }

    /// <summary>Closes the connection for probes. To be called when <see cref="RunAsync"/> has ended.</summary>
    public ValueTask DisposeAsync() => _publisher.DisposeAsync();

    /// <summary>
    /// Returns a session that is subscribed. That may be the old one: when its late nonce comes back before a fresh one is ready, as after a pause of
    /// Redis or of this process, it has missed nothing, and is better than any other.
    /// </summary>
    private async Task<RedisSession> EstablishAsync(CancellationToken cancellationToken)
    {
        var retry = new RedisRetry();
        int silences = 0;
        while (true)
        {
            TimeSpan step = StepDeadline * (1 << Math.Min(silences / SilencesBeforeSlowing, 2));
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<RedisAnswer> asked = RedisPreflight.FindAsync(_url, step, _time, enough.Token);
            await Task.WhenAny(asked, LateProbeReply);
            if (LateProbeReply.IsCompleted)
            {
                await enough.CancelAsync();
                await ((Task)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return _session!;
            }

            RedisAnswer answer = CheckReplicaStall(await asked);
            if (answer.Kind == RedisAnswerKind.Pong) answer = await SwapInAsync(answer, step, cancellationToken);
            if (answer.Kind == RedisAnswerKind.Pong) return _session!;
            silences = answer.Kind == RedisAnswerKind.Silent ? silences + 1 : 0;

            TransitionTo(_status.Status, answer.Reason, AllHosts);
            AttemptFailed?.Invoke();
            if (_reasons.MayLog(answer.Reason)) LogUnreachable(_logger, answer.Reason);
            await DelayAsync(retry.Next(answer.Kind), [LateProbeReply], cancellationToken);
        }
    }

    /// <summary>A replica that has received nothing for long is not subscribed to: none that was published lately may reach it.</summary>
    private RedisAnswer CheckReplicaStall(RedisAnswer answer) => answer is { Kind: RedisAnswerKind.Pong } && answer.Role.FindStall(_replicaSilence) is { } stall
        ? answer with { Kind = RedisAnswerKind.NoPrimary, Reason = $"{RedisUrl.Name(answer.Host)}: {_url.Clean(stall)}" }
        : answer;

    /// <summary>Makes a subscribed session of a host that answered. The answer is still <see cref="RedisAnswerKind.Pong"/> if that went well.</summary>
    private async Task<RedisAnswer> SwapInAsync(RedisAnswer answer, TimeSpan step, CancellationToken cancellationToken)
    {
        RedisSession? fresh = null;
        try
        {
            fresh = await RedisSession.ConnectAsync(_url, answer, _names, _callbacks, _publisher, step, _time, cancellationToken);
            if (LateProbeReply.IsCompleted) return answer;

            // The old session is silent before the fresh one subscribes: nothing comes by both, and nothing old after something new.
            Retire(_session);
            _session = null;
            // Of several servers, the one for probes is chosen again too: a nonce that is published at another one may not arrive here.
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

    /// <summary>Probes each second and asks again for refused channels; returns why the session is not to be trusted any more.</summary>
    private async Task<string> WatchAsync(RedisSession session, CancellationToken cancellationToken)
    {
        while (true)
        {
            long started = _time.GetTimestamp();
            DateTimeOffset asked = _time.GetUtcNow();
            // Before the role is judged, so that a move after that ends the wait below.
            Task switched = _url.Sentinel?.Announcements ?? Never;
            Task<RedisProbeOutcome> probe = session.ProbeAsync(ProbeDeadline, cancellationToken);
            await RetryRefusedAsync(session, cancellationToken);
            await SubscribeToRequestsAsync(session, cancellationToken);
            RedisProbeOutcome outcome = await probe;
            NoteShardMessages(session);
            if (session.Failed.IsCompleted) return await session.Failed;
            if (outcome == RedisProbeOutcome.Late) return "a probe has not come back in time";
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
            if (session.Role.FindStall(_replicaSilence) is null) NoteProven(asked - session.Age, await session.NewestInStream);
            MarkSubscribed(session);
            // Requests may be wanted since the probe was sent. Then the next round subscribes to them at once.
            Task wanted = ShouldSubscribeToRequests(session) ? _requestsWanted.Task : Never;
            await DelayAsync(ProbeInterval - _time.GetElapsedTime(started), [session.Failed, switched, wanted], cancellationToken);
            if (session.Failed.IsCompleted) return await session.Failed;
        }
    }

    /// <summary>Notes what a probe that came back has proven.</summary>
    /// <param name="until">Everything that was published before has arrived.</param>
    /// <param name="newest">Everything up to this entry of the stream has arrived.</param>
    private void NoteProven(DateTimeOffset until, RedisReply<RedisStreamId>? newest)
    {
        RedisLinkStatus old = _status;
        RedisLinkStatus status = old with { LastProbe = until };
        // Of what a refused channel carries, the stream may hold entries that have not arrived.
        if (newest is { IsDone: true } known) status = status with { NewestInStream = status.Refused is null ? known.Value : status.NewestInStream, StreamFault = null };
        else if (newest is { } refused) status = status with { StreamFault = _url.Clean(refused.Reason) };
        _status = status;
        if (status.StreamFault is { } fault && fault != old.StreamFault) LogStreamUnreadable(_logger, _names.StreamKey, fault);
        else if (status.StreamFault is null && old.StreamFault is not null) LogStreamReadable(_logger, _names.StreamKey);
    }

    /// <summary>
    /// Why the server delivers no events although it answers, or may have delivered none for a while; null when it does, or when nothing could be found out.
    /// In a failover the old primary keeps its subscribers, who miss what is published at the new one before the old one follows it; that may be over between
    /// two probes, as may a whole copy of a primary's data. Where there are other hosts, a replica that has received nothing for long is left for them.
    /// </summary>
    private async Task<string?> FindRoleFaultAsync(RedisSession session, CancellationToken cancellationToken)
    {
        if (_url.Sentinel?.FindMove(session.Host) is { } moved) return moved;
        if (await _publisher.AskAsync(RedisRole.AskAsync, PublishDeadline, cancellationToken) is not { IsDone: true, Value: { } role }) return null;
        RedisRole earlier = session.Role;
        if (role.Kind != RedisRoleKind.Unknown || earlier.Kind == RedisRoleKind.Unknown) session.Role = role;
        _status = _status with { Role = role };
        string? fault = role.FindFault() ?? role.FindChange(earlier) ?? (_url.Hosts.Count > 1 ? role.FindStall(_replicaSilence) : null);
        if (fault is null && session.IsCluster) fault = (await _publisher.AskAsync(database => RedisCluster.FindFaultAsync(database, _url), PublishDeadline, cancellationToken)).Value;
        return fault is null ? null : _url.Clean(fault);
    }

    private async Task RetryRefusedAsync(RedisSession session, CancellationToken cancellationToken)
    {
        foreach (RedisChannelWatch channel in _channels.Where(channel => channel.IsDue(_time)))
        {
            try
            {
                NoteChannel(channel, await session.SubscribeAsync(channel, StepDeadline, cancellationToken));
                if (channel.Refusal is null)
                {
                    Interlocked.Increment(ref _swaps);
                    Interlocked.Increment(ref _lateChannels);
                    LogChannelPermitted(_logger, channel.Name);
                }

                MarkSubscribed(session);
            }
            catch (Exception failure) when (RedisClient.IsFailure(failure))
            {
                // The probe that is under way judges the connection.
                NoteChannel(channel, RedisClient.Describe(failure));
            }
        }
    }

    /// <summary>True when the session has not subscribed to requests, and Redis has not refused that a moment ago.</summary>
    private bool ShouldSubscribeToRequests(RedisSession session) => !session.IsSubscribedToRequests && (_requests.Refusal is null || _requests.IsDue(_time));

    private async Task SubscribeToRequestsAsync(RedisSession session, CancellationToken cancellationToken)
    {
        if (!_requestsWanted.Task.IsCompleted || !ShouldSubscribeToRequests(session)) return;
        try
        {
            string? refusal = await session.SubscribeRequestsAsync(_requests, StepDeadline, cancellationToken);
            if (refusal is not null && _requests.Refusal is null) LogHandoffRefused(_logger, _requests.Name, _url.Clean(refusal));
            if (refusal is null && _requests.Refusal is not null) LogHandoffPermitted(_logger, _requests.Name);
            _requests.Note(refusal, _time);
            _hearsRequests = refusal is null;
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            // The probe that is under way judges the connection.
            _requests.Note(RedisClient.Describe(failure), _time);
        }
    }

    private void NoteChannel(RedisChannelWatch channel, string? refusal)
    {
        channel.Note(refusal is null ? null : _url.Clean(refusal), _time);
        if (channel.Refusal is { } words && _reasons.MayLog(channel.Name + words)) LogChannelRefused(_logger, channel.Name, words);
    }

    /// <summary>Told once, until a nonce comes back again.</summary>
    private void NoteProbeRefused(string refusal)
    {
        if (!_probeRefused) LogProbeRefused(_logger, _names.ProbeName, _url.Clean(refusal));
        _probeRefused = true;
    }

    /// <summary>The session is connected and Redis has answered for each channel: it serves, unless nothing can arrive on it.</summary>
    private void MarkSubscribed(RedisSession session)
    {
        string server = RedisUrl.Name(session.Host);
        if (session.Role.FindStall(_replicaSilence) is { } stall)
        {
            // Once the replica receives what was published meanwhile, it comes over this connection in its order: so the session is kept.
            TransitionTo(StateWhileDown, $"{server}: {_url.Clean(stall)}", server);
            return;
        }

        if (_channels.All(channel => channel.Refusal is not null))
        {
            TransitionTo(StateWhileDown, $"{server}: Redis refuses every channel of events: {_channels[0].Refusal}", server);
            return;
        }

        _hasStood = true;
        TransitionTo(RedisLinkStatusKind.Subscribed, reason: null, server);
    }

    private void TransitionTo(RedisLinkStatusKind state, string? reason, string server)
    {
        RedisLinkStatus old = _status;
        RedisChannelStatus[] channels = ChannelStatus();
        _status = old with { Status = state, Since = state == old.Status ? old.Since : _time.GetUtcNow(), Reason = reason, Server = server, Channels = channels, FirstSubscribed = old.FirstSubscribed ?? (state == RedisLinkStatusKind.Subscribed ? _time.GetUtcNow() : null) };
        if (state == old.Status && channels.SequenceEqual(old.Channels)) return;

        if (state == RedisLinkStatusKind.Subscribed && old.Status != state)
        {
            LogSubscribed(_logger, string.Join(", ", _channels.Where(channel => channel.Refusal is null).Select(channel => channel.Name)), server);
        }
        else if (state == RedisLinkStatusKind.Lost && old.Status != state)
        {
            LogLost(_logger, reason ?? "");
        }

        Changed?.Invoke(_status);
    }

    private void Retire(RedisSession? session)
    {
        if (session is null) return;
        if (session == _session) _hearsRequests = false;
        session.Dispose();
    }

    /// <summary>Waits, or until one of the tasks completes. Not a WhenAny of them: one that never completes would keep a continuation for each call.</summary>
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
