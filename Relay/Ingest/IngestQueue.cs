using System.Collections.Concurrent;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// What Redis delivered and nobody has decoded yet: the only buffer between the Redis client and the relay, bounded in bytes. Any thread may
/// add; one thread takes. Adding never waits: a full queue drops the newcomer and counts it, because holding up the Redis client would only
/// move the queue into its memory, where it has no bound.
/// </summary>
internal sealed class IngestQueue(IngestOptions options) : IDisposable
{
    /// <summary>An entry costs its payload and about this much beside it, so that a flood of empty payloads is bounded too.</summary>
    private const int EntryOverheadBytes = 64;

    private readonly ConcurrentQueue<IngestItem> _items = new();
    private readonly AutoResetEvent _arrived = new(false);
    private long _bytes;
    private long _received;
    private long _dropped;
    private long _unsaid;
    private volatile bool _waiting;

    /// <summary>Bytes waiting now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Messages that were offered, dropped ones included, since the start.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Messages that were dropped because the queue was full, since the start.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Takes ownership of both arrays; false when the message was dropped.</summary>
    public bool TryAdd(byte[] channel, byte[] payload)
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

        SayDropped();
        _items.Enqueue(new IngestItem(channel, payload));
        Wake();
        return true;
    }

    /// <summary>
    /// Has the ingest thread do something between the messages that were added before and those that are added after: so what concerns a place in the
    /// stream happens at that place. For a few rare things; they are not bounded.
    /// </summary>
    public void Add(Action action)
    {
        SayDropped();
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

    public void Dispose() => _arrived.Dispose();

    /// <summary>What was dropped is missing right before what is added next.</summary>
    private void SayDropped()
    {
        if (Volatile.Read(ref _unsaid) == 0) return;
        // Another thread may have said it meanwhile.
        long dropped = Interlocked.Exchange(ref _unsaid, 0);
        if (dropped > 0) _items.Enqueue(new IngestItem([], [], null, dropped));
    }
}

/// <summary>One message as Redis delivered it: the channel it came on and its bytes. Or something to be done at this place; or so many that were dropped here.</summary>
internal readonly record struct IngestItem(byte[] Channel, byte[] Payload, Action? Action = null, long Dropped = 0);
