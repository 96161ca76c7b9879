using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.State;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Keeps the stream whole where the link to Redis begins: at the start by going on from another instance, after an outage by reading what a Redis Stream
/// kept. What cannot be proven to be there is noted as a gap, at its place. The ingest thread waits at that place; nothing passes meanwhile.
/// </summary>
internal sealed partial class Continuity : IAsyncDisposable
{
    /// <summary>The longest that the ingest thread waits, come what may.</summary>
    private static readonly TimeSpan MarkDeadline = TimeSpan.FromSeconds(10);

    /// <summary>For reading a stream after an outage.</summary>
    private static readonly TimeSpan StreamDeadline = TimeSpan.FromSeconds(3);

    /// <summary>For a hole in a publisher's numbers, while the link stands.</summary>
    private static readonly TimeSpan RefillDeadline = TimeSpan.FromSeconds(1);

    /// <summary>What our clock and Redis' may differ, and what an event may take: so much earlier a stream is read from.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    /// <summary>Most that is read from a stream at a time.</summary>
    private const int MaxStreamEntries = 500_000;
    private const long MaxStreamBytes = 256L * 1024 * 1024;

    private readonly RedisUrl _url;
    private readonly RedisOptions _redis;
    private readonly ContinuityOptions _options;
    private readonly Feed _feed;
    private readonly IngestQueue _queue;
    private readonly Ingestor _ingestor;
    private readonly ConnectionTable _connections;
    private readonly RedisHandoff _handoff;
    private readonly RedisLink _link;
    private readonly TimeProvider _time;
    private readonly ILogger<Continuity> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Mark? _mark;
    private Guid _cut;
    private bool _begun;
    private long _swaps;
    private volatile bool _ready;

    public Continuity(
        RedisUrl url,
        RedisOptions redis,
        ContinuityOptions options,
        string instance,
        Feed feed,
        IngestQueue queue,
        Ingestor ingestor,
        ConnectionTable connections,
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
        _time = time;
        _logger = loggers.CreateLogger<Continuity>();
        _handoff = new RedisHandoff(url, redis, instance, options.HandoffBytes, time);
        var inbox = new RedisInbox(queue)
        {
            Subscribing = BeginMark,
            CutArrived = nonce => queue.Add(() => EndSkip(nonce)),
            RequestArrived = nonce => queue.Add(() => Answer(nonce)),
        };
        _link = new RedisLink(url, redis, instance, inbox, time, loggers.CreateLogger<RedisLink>());
        _link.Changed += OnLinkChanged;
        if (redis.StreamKey.Length > 0) ingestor.Refill = Refill;
    }

    public RedisLink Link => _link;

    /// <summary>
    /// The beginning has been settled: what there was to go on from has been taken over, or there was nothing. And the next instance can go on from this one:
    /// so a deployment that waits for it may end the one before.
    /// </summary>
    public bool IsReady => _ready && (_options.HandoffBytes == 0 || _link.HearsRequests || _link.RequestsRefused);

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Runs the link, and keeps what a later instance can go on from, until it is cancelled; then keeps it a last time.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Task link = _link.RunAsync(cancellationToken);
        await KeepAsync(cancellationToken);
        await link;
        // What the ingest thread waits for does not come any more.
        await _stopping.CancelAsync();
        Volatile.Read(ref _mark)?.Settle(Resumption.Void);
        if (_ready && _options.HandoffBytes > 0) await KeepOnceAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Volatile.Read(ref _mark)?.Settle(Resumption.Void);
        await _handoff.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>The place in the queue behind which a fresh connection's events come.</summary>
    private void BeginMark()
    {
        var mark = new Mark(_link.Status.LastProbe?.ToUnixTimeMilliseconds());
        Interlocked.Exchange(ref _mark, mark)?.Settle(Resumption.Void);
        _queue.Add(() => Pass(mark));
    }

    private void OnLinkChanged(RedisLinkStatus status)
    {
        if (status.State != RedisLinkState.Subscribed)
        {
            _feed.SetLink(new LinkCondition(false, status.LastProbe?.ToUnixTimeMilliseconds(), status.Reason));
            return;
        }

        if (Volatile.Read(ref _mark) is { IsSettled: false } mark) _ = SettleAsync(mark);
        else _queue.Add(Stand);
    }

    /// <summary>The old connection proved itself after all; or a channel that was refused has been subscribed. For the ingest thread.</summary>
    private void Stand()
    {
        if (_link.Swaps != _swaps)
        {
            _swaps = _link.Swaps;
            _feed.NoteGap(new Gap(GapCause.RedisLost) { ToMs = NowMs });
        }

        if (_link.Status.State == RedisLinkState.Subscribed) _feed.SetLink(new LinkCondition(true, null, null));
    }

    private async Task SettleAsync(Mark mark)
    {
        Resumption resumption = Resumption.None;
        try
        {
            resumption = Volatile.Read(ref _begun) ? await ReadStreamAsync(mark.LostMs, Resumption.None) : await TakeOverAsync();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            if (!_stopping.IsCancellationRequested) LogFault(_logger, fault);
        }
        finally
        {
            mark.Settle(resumption);
        }
    }

    /// <summary>What there is to go on from at the start: what a ready instance hands over, else what the last one left, and what a stream kept since.</summary>
    private async Task<Resumption> TakeOverAsync()
    {
        if (_options.HandoffBytes == 0) return Resumption.None;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        enough.CancelAfter(_options.HandoffDeadline);
        try
        {
            var nonce = Guid.NewGuid();
            RedisReply<long> siblings = await _handoff.RequestAsync(nonce, enough.Token);
            if (!siblings.IsDone) LogHandoffFailed(_logger, siblings.Reason);
            if (siblings is { IsDone: true, Value: > 0 })
            {
                RedisReply<byte[]?> answer = await _handoff.WaitAsync(nonce, _options.HandoffDeadline, enough.Token);
                if (Read(answer) is { } given) return new Resumption(given, nonce, [], IsProven: true);
            }

            if (Read(await _handoff.LoadKeptAsync(enough.Token)) is { } kept) return await ReadStreamAsync(kept.AtMs, new Resumption(kept, null, [], IsProven: false));
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            LogHandoffFailed(_logger, "no answer in time");
        }

        return Resumption.None;
    }

    private Handoff? Read(RedisReply<byte[]?> reply)
    {
        string? error = reply.IsDone ? null : reply.Reason;
        Handoff? handoff = reply.Value is { } blob ? Handoff.Read(blob, out error) : null;
        if (error is not null) LogHandoffFailed(_logger, error);
        return handoff;
    }

    private async Task<Resumption> ReadStreamAsync(long? fromMs, Resumption resumption)
    {
        if (_redis.StreamKey.Length == 0 || fromMs is not { } from) return resumption;
        RedisReply<RedisStreamRead> reply = await ReadStreamAsync(from, StreamDeadline, _stopping.Token);
        if (reply.Value is not { } read) return resumption;
        return resumption with { Missed = [.. read.Entries.Select(entry => entry.Payload)], IsProven = read is { IsComplete: true, IsCut: false } };
    }

    private async Task<RedisReply<RedisStreamRead>> ReadStreamAsync(long fromMs, TimeSpan deadline, CancellationToken cancellationToken)
    {
        RedisStreamId from = RedisStreamId.At(DateTimeOffset.FromUnixTimeMilliseconds(fromMs) - ClockSkew);
        RedisReply<RedisStreamRead> reply = await RedisStream.ReadAsync(_url, _redis.StreamKey, from, MaxStreamEntries, MaxStreamBytes, deadline, _time, cancellationToken);
        if (!reply.IsDone) LogStreamFailed(_logger, _redis.StreamKey, reply.Reason);
        return reply;
    }

    private IReadOnlyList<byte[]> Refill()
    {
        RedisReply<RedisStreamRead> reply = ReadStreamAsync(NowMs - (long)RefillReach.TotalMilliseconds, RefillDeadline, _stopping.Token).GetAwaiter().GetResult();
        return reply.Value is { } read ? [.. read.Entries.Select(entry => entry.Payload)] : [];
    }

    /// <summary>On the ingest thread, at the place where a fresh connection's events begin: waits until it is known what came before them.</summary>
    private void Pass(Mark mark)
    {
        Resumption resumption = mark.Wait(MarkDeadline);
        if (resumption.IsVoid) return;
        _ingestor.Skip(0);
        long nowMs = NowMs;
        if (!_begun) Begin(resumption, nowMs);
        else if (!TakeMissed(resumption)) _feed.NoteGap(new Gap(GapCause.RedisLost) { FromMs = mark.LostMs, ToMs = nowMs });
        _swaps = _link.Swaps;
        Volatile.Write(ref _begun, true);
        if (_link.Status.State == RedisLinkState.Subscribed) _feed.SetLink(new LinkCondition(true, null, null));
        _ready = true;
        if (_options.HandoffBytes > 0) _link.HearRequests();
    }

    private void Begin(Resumption resumption, long nowMs)
    {
        if (resumption.Handoff is not { } handoff || !TryLoad(handoff)) return;
        if (resumption.Cut is { } cut)
        {
            // What came between subscribing and the cut is in what was taken over.
            _cut = cut;
            _ingestor.Skip(long.MaxValue);
            return;
        }

        long overlap = Overlap.Find(handoff.Journal, _queue.Waiting());
        _ingestor.Skip(overlap);
        if (overlap == 0 && !TakeMissed(resumption)) _feed.NoteGap(new Gap(GapCause.Restart) { FromMs = handoff.AtMs, ToMs = nowMs });
    }

    private bool TryLoad(Handoff handoff)
    {
        try
        {
            _feed.Load(handoff.Journal, handoff.State);
            using var reader = new BinaryReader(new MemoryStream(handoff.Publishers));
            _ingestor.Publishers.Load(reader);
        }
        catch (Exception unreadable) when (unreadable is StateUnreadableException or InvalidDataException or EndOfStreamException)
        {
            LogHandoffFailed(_logger, unreadable.Message);
            return false;
        }

        LogTakenOver(_logger, handoff.Journal.Entries.Length, _feed.State.Total);
        var connections = new List<Connection>();
        _connections.CopyTo(connections);
        foreach (Connection connection in connections) connection.Renew();
        return true;
    }

    /// <summary>True if with these nothing is missing: the stream had all from before the loss, and every publisher numbers its events.</summary>
    private bool TakeMissed(Resumption resumption)
    {
        long unnumberedMs = _ingestor.Publishers.UnnumberedMs;
        bool allNumbered = unnumberedMs == 0 || NowMs - unnumberedMs > UnnumberedForgotten.TotalMilliseconds;
        foreach (byte[] payload in resumption.Missed) allNumbered &= _ingestor.TakeStored(payload);
        return resumption.IsProven && allNumbered;
    }

    private void EndSkip(Guid nonce)
    {
        if (nonce != _cut) return;
        _cut = Guid.Empty;
        _ingestor.Skip(0);
    }
}
