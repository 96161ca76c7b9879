namespace Cecelia.Relay.Fanout;

/// <summary>
/// Replies for one client that are ordered among the events: each waits until the client has reached its frame in the outbound buffer. Bounded in bytes. Any
/// thread adds, in ascending order of the frames; the client's pump takes.
/// </summary>
internal sealed class OrderedReplies
{
    /// <summary>Overhead counted for each reply, so that many small ones are bounded too.</summary>
    private const int OverheadBytes = 64;

    /// <summary>Maximum number of bytes that wait for one client. A larger reply is accepted if nothing else waits.</summary>
    private const int MaxBytes = 1024 * 1024;

    private readonly Queue<(byte[] Reply, long Before)> _replies = [];
    private readonly Lock _gate = new();
    private int _bytes;
    private long _next = long.MaxValue;

    /// <summary>The number of the frame before which the oldest reply is due; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>Adds a reply. Returns false if there is no room.</summary>
    /// <param name="reply">One whole frame.</param>
    /// <param name="before">Number of the frame before which it is due.</param>
    public bool TryAdd(byte[] reply, long before)
    {
        int cost = reply.Length + OverheadBytes;
        lock (_gate)
        {
            if (_bytes > 0 && _bytes + cost > MaxBytes) return false;
            _bytes += cost;
            _replies.Enqueue((reply, before));
            if (_replies.Count == 1) Volatile.Write(ref _next, before);
            return true;
        }
    }

    /// <summary>Makes all replies due at once, because the client continues in another buffer, whose frames have other numbers.</summary>
    public void MakeDue()
    {
        lock (_gate)
        {
            for (int i = _replies.Count; i > 0; i--) _replies.Enqueue((_replies.Dequeue().Reply, long.MinValue));
            if (_replies.Count > 0) Volatile.Write(ref _next, long.MinValue);
        }
    }

    /// <summary>Removes and returns the oldest reply. There must be one.</summary>
    public byte[] Take()
    {
        lock (_gate)
        {
            byte[] reply = _replies.Dequeue().Reply;
            _bytes -= reply.Length + OverheadBytes;
            Volatile.Write(ref _next, _replies.TryPeek(out (byte[] Reply, long Before) next) ? next.Before : long.MaxValue);
            return reply;
        }
    }
}
