using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Threading.Channels;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

/// <summary>The giving half: to a sibling that asks, and to whoever starts when nobody is there.</summary>
internal sealed partial class StreamRecovery
{
    /// <summary>For keeping it at the end, when the process is waited for.</summary>
    private static readonly TimeSpan LastKeepDeadline = TimeSpan.FromSeconds(4);

    /// <summary>For a copy in an ordinary turn: time for the ingest thread to come to it, and for the pieces to be written over a slow path.</summary>
    private static readonly TimeSpan CopyDeadline = TimeSpan.FromMinutes(2);

    /// <summary>How much of an interval the lease of a turn lasts.</summary>
    private const double LeaseShare = 0.7;

    private const string MemoryReason = "there is not enough memory for it";
    private const string BusyReason = "other copies are being written, and both together would take too much memory";

    /// <summary>Most requests that wait to be answered. Each holds a copy of the state; an instance whose request is not taken starts from the copy in Redis.</summary>
    private const int MaxRequests = 4;

    private readonly Channel<HandoffRequest> _requests = Channel.CreateBounded<HandoffRequest>(new BoundedChannelOptions(MaxRequests) { SingleReader = true });
    private StreamPosition _kept;
    private long _keptAt;
    private string? _turnFault;
    private volatile RedisShortage? _redisMemory;
    private bool _memoryFull;
    private long _copyBytes;

    /// <summary>That Redis is at its memory limit, and since when it was seen to be; null while it is not, or while that is not known. Any thread.</summary>
    public RedisShortage? RedisMemoryShortage => _redisMemory;

    /// <summary>An instance that has lost its link or a channel, or has not got the state, has less than what another keeps, or than it has kept itself.</summary>
    private bool IsWorthKeeping => _ready && TakeOvers.Missing is null && _options.HandoffBytes > 0 && _link.Status.IsComplete && Volatile.Read(ref _mark) is { IsSettled: true };

    /// <summary>On the ingest thread, at the place where a starting instance asked: freezes what stands there; the instance that leads hands it over.</summary>
    private void Answer(Guid nonce)
    {
        if (Volatile.Read(ref _late) is { } own && own.Nonce == nonce)
        {
            own.HeardHere = true;
            return;
        }

        // What is passed over is not what stands at this place; and where a channel is refused, the state lacks what came on it.
        if (!_ready || TakeOvers.Missing is not null || _ingestor.IsSkipping || _link.Status.Refused is not null || _stopping.IsCancellationRequested) return;
        TimelineCheckpoint? frozen = null;
        try
        {
            if (TryFreeze(NowMs, out frozen, out byte[] publishers) && _requests.Writer.TryWrite(new HandoffRequest(nonce, frozen, NewestInStream(_link.Status), publishers))) frozen = null;
            else NoteFailure(HandoffFailure.Busy, BusyReason);
        }
        catch (OutOfMemoryException)
        {
            // Nothing has been changed, and whoever asked starts from the copy in Redis. The ingest thread must not end for a copy.
            NoteFailure(HandoffFailure.Memory, MemoryReason);
        }
        finally
        {
            if (frozen is not null) Release(frozen);
        }
    }

    /// <summary>Answers instances that ask for history and state, one after another, until it is cancelled. May be called again after a failure.</summary>
    public async Task AnswerAsync(CancellationToken cancellationToken)
    {
        await foreach (HandoffRequest request in _requests.Reader.ReadAllAsync(cancellationToken)) await AnswerAsync(request, cancellationToken);
    }

    private async Task AnswerAsync(HandoffRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (await _handoff.TryLeadAsync(request.Nonce, cancellationToken) is not { IsDone: true, Value: true }) return;
            using Activity? span = Spans.Start(Spans.HandoffAnswer);
            bool answered = await SendAsync(request.Frozen, request.InStream, request.Publishers, blob => _handoff.AnswerAsync(request.Nonce, blob, cancellationToken));
            span?.SetStatus(answered ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        }
        catch (OutOfMemoryException)
        {
            NoteFailure(HandoffFailure.Memory, MemoryReason);
        }
        finally
        {
            Release(request.Frozen);
        }
    }

    /// <summary>
    /// Keeps the copy in Redis, once in each interval over all instances, until it is cancelled. May be called again after a failure. Turns of one instance are
    /// an interval apart, and the lease ends before that: it keeps off the others, and not the one that holds it.
    /// </summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        TimeSpan lease = _options.KeepInterval * LeaseShare;
        TimeSpan pause = _options.KeepInterval;
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested) return;
            long started = _time.GetTimestamp();
            NoteMemory(await _handoff.ReadMemoryAsync(cancellationToken));
            if (IsWorthKeeping) await TryKeepAsync(lease, cancellationToken);
            TimeSpan left = _options.KeepInterval - _time.GetElapsedTime(started);
            pause = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Logs when Redis reaches its memory limit and when it is known to be below it again.</summary>
    private void NoteMemory(RedisReply<string?> memory)
    {
        string? fault = RedisMemory.FindFault(memory.Value);
        _redisMemory = fault is null ? null : new RedisShortage(fault, _redisMemory?.Since ?? _time.GetUtcNow());
        if (fault is not null && !_memoryFull) LogMemoryFull(_logger, fault);
        if (fault is null && memory.IsDone && _memoryFull) LogMemoryFreed(_logger);
        _memoryFull = fault is not null || (_memoryFull && !memory.IsDone);
    }

    private async Task TryKeepAsync(TimeSpan lease, CancellationToken cancellationToken)
    {
        // Where nothing happens it must not vanish from Redis all the same.
        bool isFresh = _keptAt > 0 && _time.GetElapsedTime(_keptAt) < _options.KeepLife / 3;
        if (isFresh && _feed.Position == _kept) return;
        RedisReply<bool> turn = await _handoff.TryTakeTurnAsync(lease, CancellationToken.None);
        if (!turn.IsDone)
        {
            _turnFault = turn.Reason;
            NoteFailure(HandoffFailure.Redis, turn.Reason);
            return;
        }

        // Another instance may take every turn from now on.
        if (_turnFault is not null && Copies.Trouble?.Reason == _turnFault) Copies.Succeed();
        _turnFault = null;
        if (turn.Value) await KeepOnceAsync(CopyDeadline, cancellationToken);
    }

    private async Task KeepOnceAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        // Before it enters the queue: what had arrived by that time stands before it.
        if (CompleteUntil is not { } whole) return;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(deadline);
        TimelineCheckpoint? feed = null;
        try
        {
            var frozen = new TaskCompletionSource<(TimelineCheckpoint? Feed, byte[] Publishers)>(TaskCreationOptions.RunContinuationsAsynchronously);
            _queue.Add(() => FreezeFor(frozen, whole.AtMs));
            // Behind what waits to be decoded; at the end the ingest thread still runs.
            await using CancellationTokenRegistration late = enough.Token.Register(() => frozen.TrySetCanceled());
            (feed, byte[] publishers) = await frozen.Task;
            if (feed is null) NoteFailure(HandoffFailure.Busy, BusyReason);
            else if (await SendAsync(feed, whole.InStream, publishers, blob => _handoff.KeepAsync(blob, _options.KeepLife, enough.Token))) (_kept, _keptAt) = (feed.Position, _time.GetTimestamp());
        }
        catch (OperationCanceledException)
        {
            // The next time, or by the next instance that stops.
        }
        catch (OutOfMemoryException)
        {
            // The next turn tries again, when clients may hold less.
            NoteFailure(HandoffFailure.Memory, MemoryReason);
        }
        finally
        {
            if (feed is not null) Release(feed);
        }
    }

    /// <summary>On the ingest thread, which must not end for a copy: whoever waits gets the frozen feed, null where there are too many copies, or the exception.</summary>
    private void FreezeFor(TaskCompletionSource<(TimelineCheckpoint? Feed, byte[] Publishers)> waiting, long wholeMs)
    {
        // Nobody waits any more.
        if (waiting.Task.IsCompleted) return;
        try
        {
            TryFreeze(wholeMs, out TimelineCheckpoint? frozen, out byte[] publishers);
            if (!waiting.TrySetResult((frozen, publishers)) && frozen is not null) Release(frozen);
        }
        catch (Exception fault)
        {
            waiting.TrySetException(fault);
        }
    }

    /// <summary>True when Redis has the copy; otherwise the failure has been noted.</summary>
    private async Task<bool> SendAsync(TimelineCheckpoint frozen, RedisStreamId? inStream, byte[] publishers, Func<HandoffOutput, Task<RedisReply<bool>>> send)
    {
        if (Handoff.Write(frozen, inStream, publishers, _options.HandoffBytes, out long length) is not { } blob)
        {
            NoteFailure(HandoffFailure.TooLarge, string.Create(CultureInfo.InvariantCulture, $"it has {length} bytes compressed, more than the {_options.HandoffBytes} of CECELIA_HANDOFF_BYTES"));
            return false;
        }

        RedisReply<bool> sent;
        using (blob) sent = await send(blob);
        if (sent.IsDone) Copies.Succeed();
        else NoteFailure(HandoffFailure.Redis, sent.Reason);
        return sent.IsDone;
    }

    /// <summary>
    /// Copies journal and state as they stand. False when the copies that are being written leave no room: any number of small ones may be written at once,
    /// as when several instances start together, but together no more than one of the largest size.
    /// </summary>
    private bool TryFreeze(long wholeMs, [NotNullWhen(true)] out TimelineCheckpoint? frozen, out byte[] publishers)
    {
        (frozen, publishers) = (null, []);
        long held = Volatile.Read(ref _copyBytes);
        if (held > 0 && held + _feed.State.Bytes > _feed.State.MaxBytes) return false;
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream)) _ingestor.Publishers.WriteTo(writer, _ingestor.ElapsedMs);
        publishers = stream.ToArray();
        frozen = _feed.Freeze(wholeMs, _options.HandoffBytes);
        Interlocked.Add(ref _copyBytes, frozen.HeldBytes);
        return true;
    }

    private void Release(TimelineCheckpoint frozen)
    {
        Interlocked.Add(ref _copyBytes, -frozen.HeldBytes);
        frozen.Dispose();
    }

    /// <summary>Also on the ingest thread, where an exception for lack of memory would end the process.</summary>
    private void NoteFailure(HandoffFailure failure, string reason)
    {
        try
        {
            if (Copies.Fail(failure, reason)) LogCopyFailed(_logger, reason);
        }
        catch (OutOfMemoryException)
        {
            // There may be no memory for the log line either.
        }
    }

    /// <summary>One instance's request, and the copy that was made at its place. Whoever takes it releases the copy.</summary>
    private sealed record HandoffRequest(Guid Nonce, TimelineCheckpoint Frozen, RedisStreamId? InStream, byte[] Publishers);
}
