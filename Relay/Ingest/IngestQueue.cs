using System.Collections.Concurrent;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// What Redis delivered and the relay has not decoded yet: the only buffer between the connection to Redis and the relay, bounded in bytes. Any thread may
/// add; one thread takes. A full queue drops the newcomer and counts it. Before that, <see cref="WaitForRoom"/> holds up the connection for a moment, so
/// that a burst waits in the kernel and in Redis.
/// </summary>
internal sealed class IngestQueue(IngestOptions options) : IDisposable
{
    /// <summary>An entry costs its payload and about this much beside it, so that a flood of empty payloads is bounded too.</summary>
    private const int EntryOverheadBytes = 64;

    /// <summary>
    /// How long a full queue holds up the connection to Redis. Redis ends a connection whose output buffer passes 32 MB (client-output-buffer-limit), and
    /// all that is in it is lost: at 100 MB/s, a third of that comes in this time.
    /// </summary>
    private static readonly TimeSpan MaxBackpressure = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<IngestItem> _items = new();
    private readonly AutoResetEvent _arrived = new(false);
    private readonly AutoResetEvent _room = new(false);
    private long _bytes;
    private long _received;
    private long _dropped;
    private long _unsaid;
    private volatile bool _waiting;
    private volatile bool _held;
    private bool _heldInVain;

    /// <summary>Bytes waiting now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Messages that were offered, dropped ones included, since the start.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Messages that were dropped because the queue was full, or because there was no memory for its entry, since the start.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>
    /// Returns when there is room for a payload, or after 100 ms. When the queue stayed full that long, the next calls return at once until something
    /// was taken. For the one thread that reads from Redis.
    /// </summary>
    /// <param name="payloadBytes">Bytes of the payload.</param>
    public void WaitForRoom(int payloadBytes)
    {
        if (HasRoom(payloadBytes)) _heldInVain = false;
        else if (!_heldInVain) _heldInVain = !WaitWhileFull(payloadBytes);
    }

    /// <summary>Takes ownership of the payload; the channel must not change any more. False when the message was dropped.</summary>
    /// <param name="channel">The name of the channel.</param>
    /// <param name="payload">The payload, or its beginning when it is larger than any that is accepted.</param>
    /// <param name="length">The payload's length in bytes.</param>
    public bool TryAdd(byte[] channel, byte[] payload, long length)
    {
        Interlocked.Increment(ref _received);
        int cost = payload.Length + EntryOverheadBytes;
        if (Interlocked.Add(ref _bytes, cost) > options.QueueBytes)
        {
            Interlocked.Add(ref _bytes, -cost);
            Interlocked.Increment(ref _dropped);
            Interlocked.Increment(ref _unsaid);
            return false;
        }

        try
        {
            AddDropNotice();
            _items.Enqueue(new IngestItem(channel, payload) { Length = length });
        }
        catch (OutOfMemoryException)
        {
            Interlocked.Add(ref _bytes, -cost);
            Interlocked.Increment(ref _dropped);
            Interlocked.Increment(ref _unsaid);
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>
    /// Has the ingest thread do something between the messages that were added before and those that are added after: so what concerns a place in the
    /// stream happens at that place. For a few rare things; they are not bounded.
    /// </summary>
    public void Add(Action action)
    {
        AddDropNotice();
        _items.Enqueue(new IngestItem([], [], action));
        Wake();
    }

    /// <summary>The messages that wait now, oldest first, up to where the first was dropped. For the ingest thread.</summary>
    public IEnumerable<byte[]> Waiting() => _items.TakeWhile(item => item.Dropped == 0).Where(item => item.Action is null).Select(item => item.Payload);

    /// <summary>The oldest waiting message, if there is one. For the ingest thread alone.</summary>
    public bool TryTake(out IngestItem item)
    {
        if (!_items.TryDequeue(out item))
        {
            // Nothing came after what was dropped, perhaps for hours: it is said now.
            long dropped = Volatile.Read(ref _unsaid) > 0 ? Interlocked.Exchange(ref _unsaid, 0) : 0;
            item = new IngestItem([], [], null, dropped);
            return dropped > 0;
        }

        if (item.Payload.Length > 0 || item.Channel.Length > 0) Interlocked.Add(ref _bytes, -(item.Payload.Length + EntryOverheadBytes));
        if (_held) _room.Set();
        return true;
    }

    /// <summary>Returns when something may be waiting or <paramref name="timeout"/> has passed. For the ingest thread alone.</summary>
    public void Wait(TimeSpan timeout)
    {
        _waiting = true;
        // The fence pairs with the one in Wake: either it sees _waiting, or this sees the item.
        Interlocked.MemoryBarrier();
        if (_items.IsEmpty) _arrived.WaitOne(timeout);
        _waiting = false;
    }

    /// <summary>Ends a <see cref="Wait"/> early. Any thread.</summary>
    public void Wake()
    {
        Interlocked.MemoryBarrier();
        if (_waiting) _arrived.Set();
    }

    public void Dispose()
    {
        _arrived.Dispose();
        _room.Dispose();
    }

    private bool HasRoom(int payloadBytes) => Volatile.Read(ref _bytes) + payloadBytes + EntryOverheadBytes <= options.QueueBytes;

    private bool WaitWhileFull(int payloadBytes)
    {
        long until = Environment.TickCount64 + (long)MaxBackpressure.TotalMilliseconds;
        _held = true;
        try
        {
            while (!HasRoom(payloadBytes))
            {
                long left = until - Environment.TickCount64;
                // The taking thread sets this after it has made room; one that sets it too early costs another look.
                if (left <= 0 || !_room.WaitOne((int)left)) return HasRoom(payloadBytes);
            }

            return true;
        }
        finally
        {
            _held = false;
        }
    }

    /// <summary>What was dropped is missing right before what is added next.</summary>
    private void AddDropNotice()
    {
        if (Volatile.Read(ref _unsaid) == 0) return;
        // Another thread may have said it meanwhile.
        long dropped = Interlocked.Exchange(ref _unsaid, 0);
        if (dropped == 0) return;
        try
        {
            _items.Enqueue(new IngestItem([], [], null, dropped));
        }
        catch (OutOfMemoryException)
        {
            Interlocked.Add(ref _unsaid, dropped);
            throw;
        }
    }
}

/// <summary>
/// One message as Redis delivered it: the channel and the bytes. Or an action to carry out at this place among the messages; or the number of messages
/// that were dropped here.
/// </summary>
internal readonly record struct IngestItem(byte[] Channel, byte[] Payload, Action? Action = null, long Dropped = 0)
{
    /// <summary>The length that the payload had, in bytes: more than <see cref="Payload"/> has when only its beginning was kept.</summary>
    public long Length { get; init; } = Payload.Length;
}
