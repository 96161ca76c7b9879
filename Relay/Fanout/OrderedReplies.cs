namespace Cecelia.Relay.Fanout;

/// <summary>
/// What waits for one client until its place in the log is reached: replies that were published among events and are seen among them. Bounded in bytes.
/// Any thread adds, in the order of the places; the client's pump takes.
/// </summary>
internal sealed class OrderedReplies
{
    /// <summary>What a reply counts beside its bytes, so that a flood of small ones is bounded too.</summary>
    private const int OverheadBytes = 64;

    /// <summary>Most that waits for one client. A reply that is larger is taken if nothing else waits.</summary>
    private const int MaxBytes = 1024 * 1024;

    private readonly Queue<(byte[] Frame, long Place)> _replies = [];
    private readonly Lock _gate = new();
    private int _bytes;
    private long _next = long.MaxValue;

    /// <summary>The place of the oldest: the number of the frame of the log before which it is due. <see cref="long.MaxValue"/>: there is none.</summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>False when there is no room.</summary>
    public bool TryAdd(byte[] frame, long place)
    {
        int cost = frame.Length + OverheadBytes;
        lock (_gate)
        {
            if (_bytes > 0 && _bytes + cost > MaxBytes) return false;
            _bytes += cost;
            _replies.Enqueue((frame, place));
            if (_replies.Count == 1) Volatile.Write(ref _next, place);
            return true;
        }
    }

    /// <summary>The oldest, which must be there.</summary>
    public byte[] Take()
    {
        lock (_gate)
        {
            byte[] frame = _replies.Dequeue().Frame;
            _bytes -= frame.Length + OverheadBytes;
            Volatile.Write(ref _next, _replies.TryPeek(out (byte[] Frame, long Place) next) ? next.Place : long.MaxValue);
            return frame;
        }
    }
}
