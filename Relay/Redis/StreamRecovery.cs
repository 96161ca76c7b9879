using System.Diagnostics;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Keeps the stream whole where the link to Redis begins: at the start by going on from another instance, after an outage by reading what a Redis Stream
/// kept. What cannot be proven to be there is noted as a gap, at its place. The ingest thread waits at that place; nothing passes meanwhile.
/// </summary>
internal sealed partial class StreamRecovery : IAsyncDisposable
{
    /// <summary>The longest that it may take to find out what came before a connection; all of its steps together have less.</summary>
    private static readonly TimeSpan SettleDeadline = TimeSpan.FromSeconds(10);

    /// <summary>For the first request at the start, for which the ingest thread waits. Some of the rest of <see cref="SettleDeadline"/> is for reading a stream.</summary>
    private static readonly TimeSpan FirstAskDeadline = TimeSpan.FromSeconds(6);

    /// <summary>So often the ingest thread tidies while it waits.</summary>
    private static readonly TimeSpan TidyInterval = TimeSpan.FromSeconds(1);

    /// <summary>For reading a stream after an outage.</summary>
    private static readonly TimeSpan StreamDeadline = TimeSpan.FromSeconds(3);

    /// <summary>For a hole in a publisher's numbers, while the link stands.</summary>
    private static readonly TimeSpan RefillDeadline = TimeSpan.FromSeconds(1);

    /// <summary>Most that is read from a stream at a time.</summary>
    private const int MaxStreamEntries = 500_000;
    private const long MaxStreamBytes = 256L * 1024 * 1024;

    private readonly RedisUrl _url;
    private readonly RedisOptions _redis;
    private readonly RecoveryOptions _options;
    private readonly Feed _feed;
    private readonly IngestQueue _queue;
    private readonly Ingestor _ingestor;
    private readonly ConnectionTable _connections;
    private readonly ReadinessGate _recovery;
    private readonly RedisHandoff _handoff;
    private readonly RedisLink _link;
    private readonly TimeProvider _time;
    private readonly ILogger<StreamRecovery> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private readonly Lock _conditionGate = new();
    private RecoveryPoint? _mark;
    private volatile bool _ready;

    /// <summary>Where the instance that this one took over from stood; null where there was none.</summary>
    private volatile ProvenPoint? _inherited;

    // For the link's thread: its status while it is not subscribed.
    private RedisLinkStatus? _linkBefore;

    // For the ingest thread.
    private RecoveryPoint? _passed;
    private Guid? _cut;
    private long _lateChannels;

    public StreamRecovery(
        RedisUrl url,
        RedisOptions redis,
        RecoveryOptions options,
        string instance,
        Feed feed,
        IngestQueue queue,
        Ingestor ingestor,
        ConnectionTable connections,
        ReadinessGate recovery,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        _url = url;
        _redis = redis;
        _options = options;
        _feed = feed;
        _queue = queue;
        _ingestor = ingestor;
        _connections = connections;
        _recovery = recovery;
        _recovery.Close();
        _time = time;
        _logger = loggers.CreateLogger<StreamRecovery>();
        _stopping = _stop.Token;
        Copies = new HandoffCopies(time);
        TakeOvers = new TakeOvers(time);
        _unavailable = new ReasonLog(time);
        _handoff = new RedisHandoff(url, redis, instance, options.HandoffBytes, time);
        var inbox = new RedisCallbacks(queue, ingestor.MaxEventBytes)
        {
            Subscribing = BeginRecoveryPoint,
            BarrierArrived = nonce => queue.Add(() => EndSkip(nonce)),
            RequestArrived = nonce => queue.Add(() => Answer(nonce)),
        };
        _link = new RedisLink(url, redis, instance, inbox, time, loggers.CreateLogger<RedisLink>());
        _linkBefore = _link.Status;
        _link.Changed += OnLinkChanged;
        _link.AttemptFailed += _recovery.Open;
        if (redis.StreamKey.Length > 0) ingestor.Refill = Refill;
    }

    public RedisLink Link => _link;

    /// <summary>What came of the copies for other instances. Any thread.</summary>
    public HandoffCopies Copies { get; }

    /// <summary>
    /// The beginning has been settled: what there was to go on from has been taken over, or there was nothing, or it could not be had for as long as is waited
    /// for it (<see cref="TakeOvers"/>). And but for the last case the next instance can go on from this one: so a deployment that waits for it may end the one before.
    /// </summary>
    public bool IsReady => _ready && (_options.HandoffBytes == 0 || _link.IsSubscribedToRequests || _link.RequestsRefused || TakeOvers.Missing is not null);

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Up to where nothing is missing in what has come so far; null before the first connection.</summary>
    private ProvenPoint? CompleteUntil
    {
        get
        {
            if (Volatile.Read(ref _mark) is not { } mark) return null;
            RedisLinkStatus link = _link.Status;
            // Whatever this connection proves, what came before it is not known; or a channel of it has been refused from its beginning, since Redis ends a
            // connection from which it takes the permission.
            if (!mark.IsSettled || link.Refused is not null) return mark.Lost;
            // Not the later of both: the clock may have stepped back since the connection began.
            long atMs = link.LastProbe is { } probe && probe != mark.ProbeBefore ? probe.ToUnixTimeMilliseconds() : mark.AtMs;
            return new ProvenPoint(atMs, NewestInStream(link));
        }
    }

    /// <summary>The same for clients: unknown while the state that was there before the start is missing.</summary>
    private long? CompleteUntilMs => _ready && TakeOvers.Missing is null ? CompleteUntil?.AtMs : null;

    /// <summary>Ends all handing over, and keeps the copy for the last time. After the duties have stopped, while the ingest thread still runs. Throws nothing.</summary>
    public async Task LeaveAsync()
    {
        try
        {
            // What the ingest thread waits for does not come any more.
            await StopAsync();
            if (IsWorthKeeping) await KeepOnceAsync(LastKeepDeadline, CancellationToken.None);
        }
        catch (Exception fault)
        {
            // The next instance starts from an older copy, or from nothing.
            LogFault(_logger, fault);
        }
    }

    /// <summary>
    /// Returns when the events that Redis had received before the call are in the buffers of their clients; or after <paramref name="limit"/>, or when the link is
    /// lost. Throws nothing.
    /// </summary>
    public async Task CatchUpAsync(TimeSpan limit)
    {
        using var enough = new CancellationTokenSource(limit, _time);
        try
        {
            await _link.CatchUpAsync(enough.Token);
            var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _queue.Add(passed.SetResult);
            await passed.Task.WaitAsync(enough.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException || RedisClient.IsFailure(failure))
        {
            // What is behind cannot be waited for.
        }
        catch (Exception fault)
        {
            LogFault(_logger, fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Volatile.Read(ref _asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _link.DisposeAsync();
        await _handoff.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>An earlier connection's is good too: what has come since is read once more, and dropped by its numbers.</summary>
    private RedisStreamId? NewestInStream(RedisLinkStatus link) => link.NewestInStream ?? _inherited?.InStream;

    private async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested) await _stop.CancelAsync();
        Volatile.Read(ref _mark)?.TrySettle(RecoveryResult.Discarded);
    }

    /// <summary>The place in the queue behind which a fresh connection's events come. On the link's thread.</summary>
    /// <param name="age">Of what the server delivers.</param>
    private void BeginRecoveryPoint(TimeSpan age)
    {
        RecoveryPoint? before = _mark;
        bool isVoid = before?.TrySettle(RecoveryResult.Discarded) ?? false;
        bool isFirst = before is null || (isVoid && before.IsFirst);
        // A connection that ended before it was known what came before it leaves that to this one.
        ProvenPoint? lost = isFirst ? null : isVoid ? before!.Lost : CompleteUntil;
        var mark = new RecoveryPoint(isFirst, lost, NowMs - (long)age.TotalMilliseconds, _link.Status.LastProbe);
        if (isFirst) _recovery.Close();
        Interlocked.Exchange(ref _mark, mark);
        if (_stopping.IsCancellationRequested) mark.TrySettle(RecoveryResult.Discarded);
        _queue.Add(() => WaitForRecovery(mark));
    }

    private void OnLinkChanged(RedisLinkStatus status)
    {
        RecordLink(status);
        if (status.Status != RedisLinkStatusKind.Subscribed)
        {
            _recovery.Open();
            lock (_conditionGate) _feed.SetLink(new LinkStatus(false, CompleteUntilMs, status.Reason));
            return;
        }

        RecoveryPoint mark = _mark!;
        // Once passed, it stands too.
        if (mark.IsSettled) _queue.Add(MarkSubscribed);
        else if (mark.TryBegin()) _ = SettleAsync(mark);
    }

    /// <summary>Records how long the link took to connect, or an outage lasted, once it is over.</summary>
    private void RecordLink(RedisLinkStatus status)
    {
        bool isSubscribed = status.Status == RedisLinkStatusKind.Subscribed;
        if (isSubscribed && _linkBefore is { } before) Spans.Record(before.Status == RedisLinkStatusKind.Lost ? Spans.RedisOutage : Spans.RedisConnect, before.Since);
        _linkBefore = isSubscribed ? null : status;
    }

    /// <summary>
    /// On the ingest thread, when all is known that came before: a fresh connection, the old one that proved itself after all, or a channel that was refused.
    /// </summary>
    private void MarkSubscribed()
    {
        if (_link.LateChannels != _lateChannels)
        {
            _lateChannels = _link.LateChannels;
            _feed.NoteGap(GapSinceLinkLoss(_passed?.Lost));
        }

        // It stands, but clients are not to take what they see for the whole.
        if (_awaitsState) return;
        lock (_conditionGate)
        {
            // Under the lock, so that the link's thread says that it is lost either before this is asked or after it is said. And what another
            // connection has missed is not known yet.
            RedisLinkStatus link = _link.Status;
            if (link.Status != RedisLinkStatusKind.Subscribed || Volatile.Read(ref _mark) != _passed) return;
            // Where a channel is refused, events arrive, but not all.
            _feed.SetLink((link.Refused, TakeOvers.Missing) switch
            {
                ({ } refused, _) => new LinkStatus(false, CompleteUntilMs, $"{link.Server}: Redis refuses the channel {refused.Name}, so events on it do not arrive: {refused.Error}"),
                (null, { } missing) => MissingStateStatus(missing.Reason),
                _ => new LinkStatus(true, null, null),
            });
        }
    }

    private async Task SettleAsync(RecoveryPoint mark)
    {
        using Activity? span = Spans.Start(Spans.Recovery);
        RecoveryResult resumption = RecoveryResult.None;
        try
        {
            resumption = await (mark.IsFirst ? TakeOverAsync() : ReadStreamAsync(mark.Lost?.InStream, RecoveryResult.None)).WaitAsync(SettleDeadline, _time, _stopping);
        }
        catch (Exception fault)
        {
            if (_stopping.IsCancellationRequested) resumption = RecoveryResult.Discarded;
            else LogFault(_logger, fault);
            if (mark.IsFirst && _options.HandoffBytes > 0 && !resumption.IsDiscarded) resumption = RecoveryResult.None with { Unavailable = "the attempt to get it failed unexpectedly" };
        }
        finally
        {
            // Whatever happened: the ingest thread waits for this.
            mark.TrySettle(resumption);
            span?.SetTag("relay.recovery.after", mark.IsFirst ? "start" : "outage").SetTag("relay.recovery.events", resumption.Missed.Count).SetTag("relay.recovery.proven", resumption.IsComplete);
        }
    }

    /// <summary>What there is to go on from at the start: what a ready instance hands over, else what the last one left, and what a stream kept since.</summary>
    private async Task<RecoveryResult> TakeOverAsync()
    {
        if (_options.HandoffBytes == 0) return RecoveryResult.None;
        var nonce = Guid.NewGuid();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        enough.CancelAfter(FirstAskDeadline);
        try
        {
            TakeOver attempt = await TryTakeOverAsync(await _handoff.RequestAsync(nonce, enough.Token), nonce, _options.HandoffDeadline, enough.Token);
            return attempt switch
            {
                { Outcome: TakeOverOutcome.Given, Handoff: { } given } => new RecoveryResult(given, nonce, [], IsComplete: true),
                { Outcome: TakeOverOutcome.Kept, Handoff: { } kept } => await ReadStreamAsync(kept.InStream, new RecoveryResult(kept, null, [], IsComplete: false)),
                { Outcome: TakeOverOutcome.Nobody } => RecoveryResult.None with { IsAlone = true },
                _ => RecoveryResult.None with { Unavailable = attempt.Reason },
            };
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            return RecoveryResult.None with { Unavailable = Count(new TakeOver(TakeOverOutcome.Unavailable, Reason: "it has not come in time")).Reason };
        }
    }

    /// <summary>Reads what the stream holds behind an entry, which is proof that nothing is missing if it still holds that entry.</summary>
    private async Task<RecoveryResult> ReadStreamAsync(RedisStreamId? seen, RecoveryResult resumption)
    {
        if (_redis.StreamKey.Length == 0 || seen is not { } from) return resumption;
        using Activity? span = Spans.Start(Spans.StreamRead);
        RedisReply<RedisStreamRead> reply = await ReadStreamAsync(from, StreamDeadline, _stopping);
        span?.SetStatus(reply.IsDone ? ActivityStatusCode.Ok : ActivityStatusCode.Error, reply.Reason);
        if (reply.Value is not { } read) return resumption;
        return resumption with { Missed = [.. read.Entries.Where(entry => entry.Id != from).Select(entry => entry.Payload)], IsComplete = read is { IsComplete: true, IsCut: false } };
    }

    private async Task<RedisReply<RedisStreamRead>> ReadStreamAsync(RedisStreamId from, TimeSpan deadline, CancellationToken cancellationToken)
    {
        RedisReply<RedisStreamRead> reply = await RedisStream.ReadAsync(_url, _redis.StreamKey, from, MaxStreamEntries, MaxStreamBytes, deadline, _time, cancellationToken);
        if (!reply.IsDone) LogStreamFailed(_logger, _redis.StreamKey, reply.Reason);
        return reply;
    }

    private IReadOnlyList<byte[]> Refill()
    {
        // Nothing of the stream has been seen yet, or it cannot be read: which of its entries are new is not known.
        if (NewestInStream(_link.Status) is not { } newest) return [];
        try
        {
            RedisReply<RedisStreamRead> reply = ReadStreamAsync(newest.Before(RefillReach), RefillDeadline, _stopping).GetAwaiter().GetResult();
            return reply.Value is { } read ? [.. read.Entries.Select(entry => entry.Payload)] : [];
        }
        catch (OperationCanceledException)
        {
            // The relay stops.
            return [];
        }
    }

    /// <summary>On the ingest thread, at the place where a fresh connection's events begin: waits until it is known what came before them.</summary>
    private void WaitForRecovery(RecoveryPoint mark)
    {
        RecoveryResult? resumption;
        while (!mark.TryWait(TidyInterval, out resumption)) _feed.Tidy();
        if (resumption.IsDiscarded)
        {
            // What came over this connection lies behind what is missing, and the next mark says so for all of it.
            _ingestor.SkipDiscarded();
            return;
        }

        _cut = null;
        _ingestor.Skip(0);
        if (!mark.IsFirst) AcceptMissed(resumption, GapSinceLinkLoss(mark.Lost));
        else if (Restore(resumption) is { } unavailable) AwaitState(unavailable);
        _passed = mark;
        if (_awaitsState)
        {
            ShowDegraded(TakeOvers.Missing?.Reason ?? "");
            return;
        }

        MarkSubscribed();
        if (_cut is null) _queue.Add(BecomeReady);
    }

    /// <summary>On the ingest thread, behind all that waited when the first connection's events began: who comes here from another instance finds the events that it had last.</summary>
    private void BecomeReady()
    {
        if (_awaitsState) return;
        _ready = true;
        _recovery.OpenForGood();
        if (_options.HandoffBytes > 0 && TakeOvers.Missing is null) _link.SubscribeToRequests();
    }

    /// <summary>Returns why what there was could not be had; null when it is here, or there was nothing.</summary>
    private string? Restore(RecoveryResult resumption)
    {
        if (resumption.IsAlone) BeginWithoutSibling();
        if (resumption.Handoff is not { } handoff) return resumption.Unavailable;
        if (!TryLoad(handoff, null, [])) return "what came could not be loaded";
        if (resumption.Barrier is { } cut)
        {
            // What came between subscribing and the cut is in what was taken over.
            _cut = cut;
            _ingestor.Skip(long.MaxValue);
            return null;
        }

        Overlap overlap = Overlap.Find(handoff.Journal, _queue.Waiting().Where(payload => !_ingestor.IsReply(payload)));
        _ingestor.Skip(overlap.Count);
        if (!overlap.IsCertain) AcceptMissed(resumption, GapSinceCopy(handoff, NowMs));
        return null;
    }

    /// <summary>The gap behind a kept copy. Its time is by the clock of the instance that kept it.</summary>
    private static Gap GapSinceCopy(Handoff kept, long toMs) => GapBetween(GapCause.Restart, kept.AtMs, toMs);

    private Gap GapSinceLinkLoss(ProvenPoint? whole) => GapBetween(GapCause.RedisLost, whole?.AtMs, NowMs);

    /// <summary>A gap whose beginning is not known where two clocks, or one that has stepped back, would put it behind the end.</summary>
    private static Gap GapBetween(GapCause cause, long? fromMs, long toMs) => new(cause) { FromMs = fromMs <= toMs ? fromMs : null, ToMs = toMs };

    /// <summary>On the ingest thread. False when it cannot be read or there is no memory for it, which has been noted; then nothing has changed.</summary>
    private bool TryLoad(Handoff handoff, Gap? between, IReadOnlyList<KeptEntry> later)
    {
        PublisherTable before = _ingestor.Publishers;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(handoff.Publishers));
            _ingestor.Publishers = PublisherTable.Read(reader, _ingestor.ElapsedMs);
            KeptEntry[] fresh = [.. later.Where(entry => entry.Kind == EntryKind.Gap || _ingestor.DecodeAgain(entry.Payload) is not null)];
            _feed.Load(handoff.Journal, handoff.State, between, fresh);
            _inherited = new ProvenPoint(handoff.AtMs, handoff.InStream);
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or EndOfStreamException || (unreadable is OutOfMemoryException && !_feed.IsHalfChanged))
        {
            _ingestor.Publishers = before;
            NoteUnavailable(unreadable.Message);
            return false;
        }

        LogTakenOver(_logger, handoff.Journal.Entries.Length, _feed.State.Total);
        var connections = new List<Connection>();
        _connections.CopyTo(connections);
        foreach (Connection connection in connections) Resync(connection);
        return true;
    }

    private static void Resync(Connection connection)
    {
        try
        {
            connection.Resync();
        }
        catch (OutOfMemoryException)
        {
            connection.Fail();
        }
    }

    /// <summary>Takes what a stream holds; the gap comes before it, unless with that nothing is missing: it holds all, and every publisher numbers its events.</summary>
    private void AcceptMissed(RecoveryResult resumption, Gap gap)
    {
        bool allNumbered = !_ingestor.Publishers.HasUnnumbered && _ingestor.AreNumbered(resumption.Missed);
        if (!resumption.IsComplete || !allNumbered) _feed.NoteGap(gap);
        _ingestor.AcceptStored(resumption.Missed);
    }

    private void EndSkip(Guid nonce)
    {
        if (Volatile.Read(ref _late) is { } late && late.Nonce == nonce) late.Barrier.TrySetResult(_feed.Head);
        if (nonce != _cut) return;
        _cut = null;
        _ingestor.Skip(0);
        _queue.Add(BecomeReady);
    }
}
