using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Threading.Channels;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

/// <summary>
/// Hands over history and state: to an instance that requests them, and as a copy in Redis for one that starts alone. Any thread, except where stated
/// otherwise.
/// </summary>
internal sealed partial class HandoffSender(
    RedisHandoff handoff, RecoveryOptions options, Feed feed, IngestQueue queue, Ingestor ingestor, TimeProvider time, ILogger<HandoffSender> logger)
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

    /// <summary>Outcomes of the copies. Any thread.</summary>
    public HandoffCopies Copies { get; } = new(time);

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
    /// Copies journal and state at the point of a starting instance's request, and queues the copy for <see cref="AnswerAsync(CancellationToken)"/>. For the
    /// ingest thread. Does not throw for lack of memory.
    /// </summary>
    /// <param name="nonce">The nonce of the request.</param>
    /// <param name="complete">The point up to which no event is missing.</param>
    public void AcceptRequest(Guid nonce, ProvenPoint complete)
    {
        TimelineCheckpoint? checkpoint = null;
        try
        {
            if (
                TryFreeze(complete.AtMs, out checkpoint, out byte[] publishers)
                    && _requests.Writer.TryWrite(new HandoffRequest(nonce, checkpoint, complete.InStream, publishers)))
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
            if (await handoff.TryLeadAsync(request.Nonce, cancellationToken) is not { IsDone: true, Value: true }) return;
            using Activity? span = Spans.Start(Spans.HandoffAnswer);
            bool answered = await SendAsync(
                request.Checkpoint,
                request.InStream,
                request.Publishers,
                blob => handoff.AnswerAsync(request.Nonce, blob, cancellationToken));
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
    /// <param name="complete">Returns the point up to which no event is missing; null if a copy is not worth storing.</param>
    /// <param name="cancellationToken">Ends the turns.</param>
    public async Task KeepAsync(Func<ProvenPoint?> complete, CancellationToken cancellationToken)
    {
        TimeSpan lease = options.KeepInterval * LeaseShare;
        TimeSpan pause = options.KeepInterval;
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested) return;
            long started = time.GetTimestamp();
            NoteMemory(await handoff.ReadMemoryAsync(cancellationToken));
            if (complete() is not null) await TryKeepAsync(complete, lease, cancellationToken);
            TimeSpan left = options.KeepInterval - time.GetElapsedTime(started);
            pause = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Logs when Redis reaches its memory limit and when it is known to be below it again.</summary>
    private void NoteMemory(RedisReply<string?> memory)
    {
        string? fault = RedisMemory.FindFault(memory.Value);
        _redisMemory = fault is null ? null : new RedisShortage(fault, _redisMemory?.Since ?? time.GetUtcNow());
        if (fault is not null && !_memoryFull) LogMemoryFull(logger, fault);
        if (fault is null && memory.IsDone && _memoryFull) LogMemoryFreed(logger);
        _memoryFull = fault is not null || (_memoryFull && !memory.IsDone);
    }

    private async Task TryKeepAsync(Func<ProvenPoint?> complete, TimeSpan lease, CancellationToken cancellationToken)
    {
        // Without new events the copy must be renewed too, before it expires in Redis.
        bool isFresh = _keptAt > 0 && time.GetElapsedTime(_keptAt) < options.KeepLife / 3;
        if (isFresh && feed.Position == _kept) return;
        RedisReply<bool> turn = await handoff.TryTakeTurnAsync(lease, CancellationToken.None);
        if (!turn.IsDone)
        {
            _turnFault = turn.Reason;
            NoteFailure(HandoffFailure.Redis, turn.Reason);
            return;
        }

        // The failure has ended, although another instance may take every turn from now on.
        if (_turnFault is not null && Copies.Trouble?.Reason == _turnFault) Copies.Succeed();
        _turnFault = null;
        if (turn.Value) await KeepOnceAsync(complete, CopyDeadline, cancellationToken);
    }

    /// <summary>Stores the last copy, while the process is expected to end. The ingest thread must still run.</summary>
    /// <param name="complete">As of <see cref="KeepAsync"/>.</param>
    public Task KeepLastAsync(Func<ProvenPoint?> complete) => KeepOnceAsync(complete, LastCopyDeadline, CancellationToken.None);

    private async Task KeepOnceAsync(Func<ProvenPoint?> point, TimeSpan deadline, CancellationToken cancellationToken)
    {
        // Read before the action enters the queue: the events that had arrived by then precede it.
        if (point() is not { } complete) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        TimelineCheckpoint? checkpoint = null;
        try
        {
            var copied = new TaskCompletionSource<(TimelineCheckpoint? Checkpoint, byte[] Publishers)>(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.Add(() => FreezeFor(copied, complete.AtMs));
            // The action runs behind the events in the queue. The ingest thread still runs when the last copy is made.
            await using CancellationTokenRegistration late = limit.Token.Register(() => copied.TrySetCanceled());
            (checkpoint, byte[] publishers) = await copied.Task;
            if (checkpoint is null) NoteFailure(HandoffFailure.Busy, BusyReason);
            else if (await SendAsync(checkpoint, complete.InStream, publishers, blob => handoff.KeepAsync(blob, options.KeepLife, limit.Token)))
            {
                (_kept, _keptAt) = (checkpoint.Position, time.GetTimestamp());
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
        if (Handoff.Write(checkpoint, inStream, publishers, options.HandoffBytes, out long length) is not { } blob)
        {
            NoteFailure(
                HandoffFailure.TooLarge,
                string.Create(
                    CultureInfo.InvariantCulture, $"it has {length} bytes compressed, more than the {options.HandoffBytes} of CECELIA_HANDOFF_BYTES"));
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
        if (held > 0 && held + feed.State.Bytes > feed.State.MaxBytes) return false;
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream)) ingestor.Publishers.WriteTo(writer, ingestor.ElapsedMs);
        publishers = stream.ToArray();
        checkpoint = feed.Freeze(completeMs, options.HandoffBytes);
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
            if (Copies.Fail(failure, reason)) LogCopyFailed(logger, reason);
        }
        catch (OutOfMemoryException)
        {
            // There may be no memory for the log line either.
        }
    }

    /// <summary>The request of an instance, and the copy that was made at its point of the stream. The reader of the channel releases the copy.</summary>
    private sealed record HandoffRequest(Guid Nonce, TimelineCheckpoint Checkpoint, RedisStreamId? InStream, byte[] Publishers);
}
