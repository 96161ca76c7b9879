namespace Cecelia.Relay.Fanout;

/// <summary>
/// Frames made from the journal, to be put before the tail of a buffer. For one thread; disposed by its owner unless a buffer takes the segments.
/// </summary>
internal sealed class FrameRun(SegmentPool pool) : IDisposable
{
    private readonly List<Segment> _segments = [];

    /// <summary>The segments, oldest first; all but the last are full.</summary>
    public IReadOnlyList<Segment> Segments => _segments;

    /// <summary>Memory of the segments, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Number of frames.</summary>
    public long Frames { get; private set; }

    /// <summary>Appends one frame of a journal entry.</summary>
    public void Append(ReadOnlySpan<byte> frame, long entry, long nowMs)
    {
        if (_segments.Count == 0 || !_segments[^1].TryAppend(frame, entry, nowMs))
        {
            int bytes = _segments.Count == 0 ? SegmentPool.SmallestBytes : Math.Min(_segments[^1].Capacity * 2, SegmentPool.LargestBytes);
            Segment segment = pool.Rent(Math.Max(bytes, frame.Length));
            segment.Open(0, 0);
            _segments.Add(segment);
            Bytes += segment.Capacity;
            segment.TryAppend(frame, entry, nowMs);
        }

        Frames++;
    }

    /// <summary>Gives up the segments, which belong to a buffer now.</summary>
    public void Detach() => _segments.Clear();

    public void Dispose()
    {
        foreach (Segment segment in _segments) segment.Release();
        _segments.Clear();
    }
}
