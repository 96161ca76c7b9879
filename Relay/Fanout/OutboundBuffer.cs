using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The shared, bounded log of ready-made WebSocket frames of one view. One thread appends; any number of threads read, each from its own
/// position. What falls off the tail is gone for those who had not read it, and they can tell how much it was. Each frame stands for an entry of the
/// journal; frames of older entries can be put before the tail for as long as nothing has fallen off.
/// </summary>
/// <param name="options">Its bounds.</param>
/// <param name="pool">Where its memory comes from.</param>
/// <param name="wholeFrom">Number of the journal's next entry: from that one on the log has what the view wants.</param>
internal sealed class OutboundBuffer(FanoutOptions options, SegmentPool pool, long wholeFrom)
{
    private readonly Lock _gate = new();
    private readonly int _largestBytes = LargestSegmentBytes(options);

    // The segments from _tail to _last, by number; the capacity is a power of two and grows with need.
    private Segment?[] _ring = new Segment?[4];
    private long _tail;
    private long _last = -1;
    private bool _open;
    private int _nextBytes = SegmentPool.SmallestBytes;
    private long _bytes;
    private long _head;
    private long _wholeFrom = wholeFrom;
    private bool _dropped;

    /// <summary>The oldest entry of the journal from which on the log has all that the view wants. For the writer.</summary>
    public long CompleteFrom => _wholeFrom;

    /// <summary>Number of the frame that will be appended next: how many there have been. Any thread.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>Bytes of the segments held. Any thread.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The position behind everything appended so far. Any thread.</summary>
    public BufferOffset End
    {
        get
        {
            lock (_gate)
            {
                if (_last < _tail) return new BufferOffset(_last + 1, 0, Head);
                Segment segment = At(_last);
                (int bytes, int frames) = segment.Committed;
                return new BufferOffset(_last, bytes, segment.FirstFrame + frames);
            }
        }
    }

    /// <summary>Appends one whole frame, which stands for that entry of the journal. For the writer. Never fails: what is over the bounds leaves at the tail.</summary>
    public void Append(ReadOnlySpan<byte> frame, long entry, long nowMs)
    {
        if (!_open || !At(_last).TryAppend(frame, entry, nowMs))
        {
            OpenSegment(frame.Length);
            if (!At(_last).TryAppend(frame, entry, nowMs)) throw new InvalidOperationException("A new segment must take the frame that it was made for.");
        }

        Volatile.Write(ref _head, _head + 1);
    }

    /// <summary>
    /// Counts a frame that could not be appended, as for lack of memory: drops everything, so that every reader is behind, learns how much it missed, and is
    /// given the state. Allocates nothing. For the writer.
    /// </summary>
    public void MarkLost(long entry)
    {
        lock (_gate)
        {
            while (_tail <= _last) DropTail();
            // A number that no segment ever gets: a reader that waits at the end of an empty log holds the number after the last, and must not find a segment there.
            _last = _tail++;
            _dropped = true;
            _wholeFrom = Math.Max(_wholeFrom, entry + 1);
            Volatile.Write(ref _head, _head + 1);
        }
    }

    /// <summary>The position behind every frame that stands for an entry up to <paramref name="entry"/>; false when the log does not reach back so far. For the writer.</summary>
    public bool TryFind(long entry, out BufferOffset position)
    {
        position = default;
        if (entry + 1 < _wholeFrom) return false;
        lock (_gate)
        {
            for (long number = _tail; number <= _last; number++)
            {
                Segment segment = At(number);
                if (segment.LastEntry <= entry) continue;
                (int end, int frames) = segment.Through(entry);
                position = new BufferOffset(number, end, segment.FirstFrame + frames);
                return true;
            }
        }

        position = End;
        return true;
    }

    /// <summary>The journal has taken entries over that are not in this log: it is whole only from <paramref name="wholeFrom"/> on. For the writer.</summary>
    public void SkipTo(long wholeFrom)
    {
        lock (_gate)
        {
            // No frames may be put before those that are there: they would stand for later entries.
            _dropped |= _tail <= _last;
            _wholeFrom = wholeFrom;
        }
    }

    /// <summary>Whether one who reads from there misses nothing. Any thread.</summary>
    public bool Reaches(BufferOffset position)
    {
        lock (_gate) return position.Segment >= _tail || position.Frame >= (_tail <= _last ? At(_tail).FirstFrame : Head);
    }

    /// <summary>
    /// Puts older frames before the tail: all that the view wants of the entries from <paramref name="from"/> to where the log began until now. Takes the
    /// segments over; false, and nothing is taken, when they do not fit the bounds, or when frames have fallen off, since readers may still
    /// hold positions among those. For the writer.
    /// </summary>
    public bool TryPrepend(FrameRun run, long from)
    {
        lock (_gate)
        {
            long tailFrame = _tail <= _last ? At(_tail).FirstFrame : Head;
            if (_dropped || _bytes + run.Bytes > options.BufferBytes || Head - tailFrame + run.Frames > options.BufferEvents) return false;
            while (_last - _tail + 1 + run.Segments.Count > _ring.Length) Grow();
            for (int i = run.Segments.Count - 1; i >= 0; i--)
            {
                Segment segment = run.Segments[i];
                tailFrame -= segment.Committed.Frames;
                segment.Place(--_tail, tailFrame);
                _ring[_tail & (_ring.Length - 1)] = segment;
            }

            Volatile.Write(ref _bytes, _bytes + run.Bytes);
            _wholeFrom = from;
            return true;
        }
    }

    /// <summary>Drops what is older than the age bound. For the writer, now and then.</summary>
    public void Trim(long nowMs)
    {
        if (options.BufferAge == TimeSpan.Zero) return;
        long oldestMs = nowMs - (long)options.BufferAge.TotalMilliseconds;
        lock (_gate)
        {
            while (_tail <= _last && At(_tail).LastAppendedMs < oldestMs) DropTail();
        }
    }

    /// <summary>Drops everything. For the writer, when the view ends.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            while (_tail <= _last) DropTail();
        }
    }

    /// <summary>
    /// The segment where <paramref name="position"/> goes on, held for the caller, who must release it; the position is moved into it. False when
    /// there is nothing to read, or when what was next has fallen off the tail: then <paramref name="missed"/> says how many frames were lost.
    /// </summary>
    public bool TryHold(ref BufferOffset position, [NotNullWhen(true)] out Segment? segment, out long missed)
    {
        segment = null;
        missed = 0;
        if (position.Frame == Head) return false;
        lock (_gate)
        {
            if (position.Segment < _tail)
            {
                // Whole segments leave; a position at the very end of one that left has lost nothing.
                long tailFrame = _tail <= _last ? At(_tail).FirstFrame : Head;
                missed = tailFrame - position.Frame;
                if (missed > 0 || _tail > _last) return false;
                position = new BufferOffset(_tail, 0, tailFrame);
            }

            segment = At(position.Segment);
            if (position.Offset == segment.Committed.Bytes)
            {
                // Read to its end. A newer one exists if this one is no longer written to.
                if (position.Segment == _last) return Nothing(out segment);
                segment = At(position.Segment + 1);
                position = new BufferOffset(segment.Number, 0, segment.FirstFrame);
            }

            segment.Hold();
            return true;
        }

        static bool Nothing(out Segment? segment)
        {
            segment = null;
            return false;
        }
    }

    /// <summary>
    /// An eighth of the log at most, since what leaves at the tail leaves by whole segments: with few large ones a reader that is nearly level would
    /// lose what it has not quite read, and a log smaller than one segment would lose everything at each switch.
    /// </summary>
    private static int LargestSegmentBytes(FanoutOptions options)
    {
        long eighth = Math.Min(options.BufferBytes, (long)options.BufferEvents * SegmentPool.BytesPerFrame) / 8;
        long bytes = Math.Clamp(eighth, SegmentPool.SmallestBytes, SegmentPool.LargestBytes);
        return 1 << BitOperations.Log2((uint)bytes);
    }

    private Segment At(long number) => _ring[number & (_ring.Length - 1)]!;

    private void OpenSegment(int frameBytes)
    {
        // Doubling keeps a quiet view at 4 KiB and lets a busy one reach the size where the cost of a switch no longer shows.
        bool crowded = pool.RentedBytes > options.TotalBufferBytes;
        Segment segment = pool.Rent(Math.Max(crowded ? SegmentPool.SmallestBytes : _nextBytes, frameBytes));
        _nextBytes = crowded ? SegmentPool.SmallestBytes : Math.Min(_nextBytes * 2, _largestBytes);
        long mostBytes = crowded ? segment.Capacity : options.BufferBytes;
        lock (_gate)
        {
            while (_tail <= _last && (_bytes + segment.Capacity > mostBytes || Head - At(_tail).FirstFrame + segment.MaxFrames > options.BufferEvents)) DropTail();
            if (_last - _tail + 2 > _ring.Length) Grow();
            segment.Open(_last + 1, Head);
            _ring[(_last + 1) & (_ring.Length - 1)] = segment;
            _last++;
            _open = true;
            Volatile.Write(ref _bytes, _bytes + segment.Capacity);
        }
    }

    private void DropTail()
    {
        Segment segment = At(_tail);
        _ring[_tail & (_ring.Length - 1)] = null;
        if (_tail == _last) _open = false;
        _tail++;
        _dropped = true;
        _wholeFrom = Math.Max(_wholeFrom, segment.LastEntry + 1);
        Volatile.Write(ref _bytes, _bytes - segment.Capacity);
        segment.Release();
    }

    private void Grow()
    {
        var ring = new Segment?[_ring.Length * 2];
        for (long number = _tail; number <= _last; number++) ring[number & (ring.Length - 1)] = At(number);
        _ring = ring;
    }
}
