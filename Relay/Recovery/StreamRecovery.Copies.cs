using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Threading.Channels;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

/// <summary>The part that hands over history and state: to an instance that requests them, and as a copy in Redis for one that starts alone.</summary>
internal sealed partial class StreamRecovery
{
    /// <summary>Deadline for storing the last copy, while the process is expected to end.</summary>
    private static readonly TimeSpan LastCopyDeadline = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Deadline for a regular copy: it includes the time until the ingest thread reaches it, and that for writing the pieces over a slow network.
    /// </summary>
    private static readonly TimeSpan CopyDeadline = TimeSpan.FromMinutes(2);

    /// <summary>Duration of the lease of a turn, as a share of the interval.</summary>
    private const double LeaseShare = 0.7;

    private const string MemoryReason = "there is not enough memory for it";
    private const string BusyReason = "other copies are being written, and both together would take too much memory";

    /// <summary>
    /// Maximum number of requests that wait for an answer. Each holds a copy of the state. An instance whose request is not accepted starts from the copy in
    /// Redis.
    /// </summary>
    private const int MaxRequests = 4;

    private readonly Channel<HandoffRequest> _requests = Channel.CreateBounded<HandoffRequest>(new BoundedChannelOptions(MaxRequests) { SingleReader = true });
    private StreamPosition _kept;
    private long _keptAt;
    private string? _turnFault;
    private volatile RedisShortage? _redisMemory;
    private bool _memoryFull;
    private long _copyBytes;

    /// <summary>
    /// The memory shortage of Redis and the time since which it was observed; null while Redis is below its memory limit, or when that is not known. Any
    /// thread.
    /// </summary>
    public RedisShortage? RedisMemoryShortage => _redisMemory;

    /// <summary>
    /// True if a copy of this instance is worth storing. One that has lost its link or a channel, or lacks the state, has less than the copy that it or
    /// another stored.
    /// </summary>
    private bool IsWorthKeeping =>
        _ready && TakeOvers.Missing is null && _options.HandoffBytes > 0 && _link.Status.IsComplete && Volatile.Read(ref _point) is { IsSettled: true };

    /// <summary>
    /// Copies journal and state at the point of a starting instance's request. The instance that leads hands the copy over. On the ingest thread.
    /// </summary>
    private void AcceptRequest(Guid nonce)
    {
        if (Volatile.Read(ref _late) is { } own && own.Nonce == nonce)
        {
            own.IsReceivedHere = true;
            return;
        }

        // While messages are skipped, the state does not correspond to this point. While a channel is refused, the state lacks the events of that channel.
        if (!_ready || TakeOvers.Missing is not null || _gate.IsSkipping || _link.Status.Refused is not null || _stopping.IsCancellationRequested) return;
        TimelineCheckpoint? checkpoint = null;
        try
        {
            if (
                TryFreeze(NowMs, out checkpoint, out byte[] publishers)
                    && _requests.Writer.TryWrite(new HandoffRequest(nonce, checkpoint, NewestInStream(_link.Status), publishers)))
            {
                checkpoint = null;
            }
            else NoteFailure(HandoffFailure.Busy, BusyReason);
        }
        catch (OutOfMemoryException)
        {
            // Nothing has been changed, and the other instance starts from the copy in Redis. A copy must not end the ingest thread.
            NoteFailure(HandoffFailure.Memory, MemoryReason);
        }
        finally
        {
            if (checkpoint is not null) Release(checkpoint);
        }
    }

    /// <summary>Answers requests for history and state, one after another, until it is cancelled. May be called again after a failure.</summary>
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
            bool answered = await SendAsync(
                request.Checkpoint,
                request.InStream,
                request.Publishers,
                blob => _handoff.AnswerAsync(request.Nonce, blob, cancellationToken));
            span?.SetStatus(answered ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        }
        catch (OutOfMemoryException)
        {
            NoteFailure(HandoffFailure.Memory, MemoryReason);
        }
        finally
        {
            Release(request.Checkpoint);
        }
    }

    /// <summary>
    /// Stores the copy in Redis, once per interval by one of all instances, until it is cancelled. May be called again after a failure. The turns of one
    /// instance are an interval apart, and the lease ends before that: it excludes the other instances and not the one that holds it.
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
        // Without new events the copy must be renewed too, before it expires in Redis.
        bool isFresh = _keptAt > 0 && _time.GetElapsedTime(_keptAt) < _options.KeepLife / 3;
        if (isFresh && _feed.Position == _kept) return;
        RedisReply<bool> turn = await _handoff.TryTakeTurnAsync(lease, CancellationToken.None);
        if (!turn.IsDone)
        {
            _turnFault = turn.Reason;
            NoteFailure(HandoffFailure.Redis, turn.Reason);
            return;
        }

        // The failure has ended, although another instance may take every turn from now on.
        if (_turnFault is not null && Copies.Trouble?.Reason == _turnFault) Copies.Succeed();
        _turnFault = null;
        if (turn.Value) await KeepOnceAsync(CopyDeadline, cancellationToken);
    }

    private async Task KeepOnceAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        // Read before the action enters the queue: the events that had arrived by then precede it.
        if (CompleteUntil is not { } complete) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        TimelineCheckpoint? checkpoint = null;
        try
        {
            var copied = new TaskCompletionSource<(TimelineCheckpoint? Checkpoint, byte[] Publishers)>(TaskCreationOptions.RunContinuationsAsynchronously);
            _queue.Add(() => FreezeFor(copied, complete.AtMs));
            // The action runs behind the events in the queue. The ingest thread still runs when the last copy is made.
            await using CancellationTokenRegistration late = limit.Token.Register(() => copied.TrySetCanceled());
            (checkpoint, byte[] publishers) = await copied.Task;
            if (checkpoint is null) NoteFailure(HandoffFailure.Busy, BusyReason);
            else if (await SendAsync(checkpoint, complete.InStream, publishers, blob => _handoff.KeepAsync(blob, _options.KeepLife, limit.Token)))
            {
                (_kept, _keptAt) = (checkpoint.Position, _time.GetTimestamp());
            }
        }
        catch (OperationCanceledException)
        {
            // The next turn, or the next instance that stops, stores one.
        }
        catch (OutOfMemoryException)
        {
            // The next turn tries again, when clients may hold less.
            NoteFailure(HandoffFailure.Memory, MemoryReason);
        }
        finally
        {
            if (checkpoint is not null) Release(checkpoint);
        }
    }

    /// <summary>
    /// Completes a task with a copy of journal and state, with null if there are too many copies, or with the exception: a copy must not end the ingest
    /// thread, on which this runs.
    /// </summary>
    private void FreezeFor(TaskCompletionSource<(TimelineCheckpoint? Checkpoint, byte[] Publishers)> copied, long completeMs)
    {
        // The copy is no longer wanted.
        if (copied.Task.IsCompleted) return;
        try
        {
            TryFreeze(completeMs, out TimelineCheckpoint? checkpoint, out byte[] publishers);
            if (!copied.TrySetResult((checkpoint, publishers)) && checkpoint is not null) Release(checkpoint);
        }
        catch (Exception fault)
        {
            copied.TrySetException(fault);
        }
    }

    /// <summary>Sends a copy to Redis. Returns false, and records the failure, when Redis did not store it.</summary>
    private async Task<bool> SendAsync(
        TimelineCheckpoint checkpoint,
        RedisStreamId? inStream,
        byte[] publishers,
        Func<PieceWriter, Task<RedisReply<bool>>> send)
    {
        if (Handoff.Write(checkpoint, inStream, publishers, _options.HandoffBytes, out long length) is not { } blob)
        {
            NoteFailure(
                HandoffFailure.TooLarge,
                string.Create(
                    CultureInfo.InvariantCulture, $"it has {length} bytes compressed, more than the {_options.HandoffBytes} of CECELIA_HANDOFF_BYTES"));
            return false;
        }

        RedisReply<bool> sent;
        using (blob) sent = await send(blob);
        if (sent.IsDone) Copies.Succeed();
        else NoteFailure(HandoffFailure.Redis, sent.Reason);
        return sent.IsDone;
    }

    /// <summary>
    /// Copies journal and state. Returns false if the copies that are being written leave no room: any number of small ones may be written at once, as when
    /// several instances start together, but together no more than one of the maximum size.
    /// </summary>
    private bool TryFreeze(long completeMs, [NotNullWhen(true)] out TimelineCheckpoint? checkpoint, out byte[] publishers)
    {
        (checkpoint, publishers) = (null, []);
        long held = Volatile.Read(ref _copyBytes);
        if (held > 0 && held + _feed.State.Bytes > _feed.State.MaxBytes) return false;
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream)) _ingestor.Publishers.WriteTo(writer, _ingestor.ElapsedMs);
        publishers = stream.ToArray();
        checkpoint = _feed.Freeze(completeMs, _options.HandoffBytes);
        Interlocked.Add(ref _copyBytes, checkpoint.HeldBytes);
        return true;
    }

    private void Release(TimelineCheckpoint checkpoint)
    {
        Interlocked.Add(ref _copyBytes, -checkpoint.HeldBytes);
        checkpoint.Dispose();
    }

    /// <summary>Records a failure and logs it. Does not throw for lack of memory, which would end the process on the ingest thread.</summary>
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

    /// <summary>The request of an instance, and the copy that was made at its point of the stream. The reader of the channel releases the copy.</summary>
    private sealed record HandoffRequest(Guid Nonce, TimelineCheckpoint Checkpoint, RedisStreamId? InStream, byte[] Publishers);
}
