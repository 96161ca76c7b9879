using System.Collections.Concurrent;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// Messages that Redis delivered and the relay has not decoded yet: the only buffer between the connection to Redis and the relay, bounded in bytes. Any
/// thread may add, one thread takes. A full queue drops the new message and counts it. Before that, <see cref="WaitForRoom"/> blocks the connection for a
/// short time, so that a burst waits in the kernel and in Redis.
/// </summary>
internal sealed class IngestQueue(IngestOptions options) : IDisposable
{
    /// <summary>Approximate cost of an entry besides its payload, so that a flood of empty payloads is bounded too.</summary>
    private const int EntryOverheadBytes = 64;

    /// <summary>
    /// How long a full queue blocks the connection to Redis. Redis ends a connection whose output buffer exceeds 32 MB (client-output-buffer-limit), and
    /// everything in that buffer is lost: at 100 MB/s, a third of it arrives in this time.
    /// </summary>
    private static readonly TimeSpan MaxBackpressure = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<IngestItem> _items = new();
    private readonly AutoResetEvent _arrived = new(false);
    private readonly AutoResetEvent _room = new(false);
    private long _bytes;
    private long _received;
    private long _dropped;
    private long _unreported;
    private volatile bool _isWaiting;
    private volatile bool _isBlocking;
    private bool _blockedInVain;

    // For the ingest thread.
    private Task? _heldUntil;
    private IngestItem _afterHold;

    /// <summary>Number of bytes in the queue.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Number of messages since the start, including dropped ones.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Number of messages since the start that were dropped because the queue was full or there was no memory for an entry.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>
    /// Returns when there is room for a payload, or after 100 ms. When the queue stayed full that long, the next calls return at once until something was
    /// taken. For the one thread that reads from Redis.
    /// </summary>
    /// <param name="payloadBytes">Size of the payload.</param>
    public void WaitForRoom(int payloadBytes)
    {
        if (HasRoom(payloadBytes)) _blockedInVain = false;
        else if (!_blockedInVain) _blockedInVain = !BlockWhileFull(payloadBytes);
    }

    /// <summary>
    /// Adds a message and takes ownership of the payload; the channel must not be changed afterwards. Returns false if the message was dropped.
    /// </summary>
    /// <param name="channel">The name of the channel.</param>
    /// <param name="payload">The payload, or its beginning when it is larger than any that is accepted.</param>
    /// <param name="length">The full length of the payload in bytes.</param>
    public bool TryAdd(byte[] channel, byte[] payload, long length)
    {
        Interlocked.Increment(ref _received);
        int cost = payload.Length + EntryOverheadBytes;
        if (Interlocked.Add(ref _bytes, cost) > options.QueueBytes) return Drop(cost);

        try
        {
            AddDropNotice();
            _items.Enqueue(new IngestItem(channel, payload) { Length = length });
        }
        catch (OutOfMemoryException)
        {
            return Drop(cost);
        }

        SignalArrival();
        return true;
    }

    /// <summary>
    /// Runs an action on the ingest thread, between the messages that were added before and those that are added after, so that what concerns a point of the
    /// stream happens at that point. For a few rare actions; they are not bounded.
    /// </summary>
    public void Add(Action action)
    {
        AddDropNotice();
        _items.Enqueue(new IngestItem([], [], action));
        SignalArrival();
    }

    /// <summary>
    /// Holds back all entries until a task has completed. Then <paramref name="next"/> is taken first. Meanwhile the ingest thread is not blocked: it finds
    /// the queue empty, and <see cref="Wait"/> returns when the task has completed. For the ingest thread, and not while entries are held back already.
    /// </summary>
    public void Hold(Task until, IngestItem next)
    {
        until.ContinueWith(
            static (_, queue) => ((IngestQueue)queue!).Wake(),
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        (_heldUntil, _afterHold) = (until, next);
    }

    /// <summary>Returns the messages in the queue, oldest first, up to the point where the first was dropped. For the ingest thread.</summary>
    public IEnumerable<byte[]> Waiting() => _items.TakeWhile(item => item.Dropped == 0).Where(item => item.Action is null).Select(item => item.Payload);

    /// <summary>Takes the oldest entry, if there is one and entries are not held back. For the ingest thread only.</summary>
    public bool TryTake(out IngestItem item)
    {
        if (_heldUntil is not null) return TryTakeHeld(out item);
        if (!_items.TryDequeue(out item))
        {
            // No message has followed the dropped ones, possibly for hours: they are reported now.
            long dropped = Volatile.Read(ref _unreported) > 0 ? Interlocked.Exchange(ref _unreported, 0) : 0;
            item = new IngestItem([], [], null, dropped);
            return dropped > 0;
        }

        if (item.Payload.Length > 0 || item.Channel.Length > 0) Interlocked.Add(ref _bytes, -(item.Payload.Length + EntryOverheadBytes));
        if (_isBlocking) _room.Set();
        return true;
    }

    /// <summary>Returns when an entry may be available or <paramref name="timeout"/> has passed. For the ingest thread only.</summary>
    public void Wait(TimeSpan timeout)
    {
        if (_heldUntil is { } held)
        {
            // New entries do not end this wait: they are held back too.
            if (!held.IsCompleted) _arrived.WaitOne(timeout);
            return;
        }

        _isWaiting = true;
        // The fence pairs with the one in SignalArrival: either that one sees _isWaiting, or this thread sees the item.
        Interlocked.MemoryBarrier();
        if (_items.IsEmpty) _arrived.WaitOne(timeout);
        _isWaiting = false;
    }

    /// <summary>Ends a <see cref="Wait"/> early. Any thread.</summary>
    public void Wake() => _arrived.Set();

    public void Dispose()
    {
        _arrived.Dispose();
        _room.Dispose();
    }

    private void SignalArrival()
    {
        Interlocked.MemoryBarrier();
        if (_isWaiting) _arrived.Set();
    }

    private bool TryTakeHeld(out IngestItem item)
    {
        item = _afterHold;
        if (!_heldUntil!.IsCompleted) return false;
        (_heldUntil, _afterHold) = (null, default);
        return true;
    }

    private bool Drop(int cost)
    {
        Interlocked.Add(ref _bytes, -cost);
        Interlocked.Increment(ref _dropped);
        Interlocked.Increment(ref _unreported);
        return false;
    }

    private bool HasRoom(int payloadBytes) => Volatile.Read(ref _bytes) + payloadBytes + EntryOverheadBytes <= options.QueueBytes;

    private bool BlockWhileFull(int payloadBytes)
    {
        long until = Environment.TickCount64 + (long)MaxBackpressure.TotalMilliseconds;
        _isBlocking = true;
        try
        {
            while (!HasRoom(payloadBytes))
            {
                long left = until - Environment.TickCount64;
                // The taking thread sets the event after it has made room; setting it too early costs one more check.
                if (left <= 0 || !_room.WaitOne((int)left)) return HasRoom(payloadBytes);
            }

            return true;
        }
        finally
        {
            _isBlocking = false;
        }
    }

    /// <summary>Adds a notice of the messages that were dropped immediately before the next entry.</summary>
    private void AddDropNotice()
    {
        if (Volatile.Read(ref _unreported) == 0) return;
        // Another thread may have reported them meanwhile.
        long dropped = Interlocked.Exchange(ref _unreported, 0);
        if (dropped == 0) return;
        try
        {
            _items.Enqueue(new IngestItem([], [], null, dropped));
        }
        catch (OutOfMemoryException)
        {
            Interlocked.Add(ref _unreported, dropped);
            throw;
        }
    }
}
