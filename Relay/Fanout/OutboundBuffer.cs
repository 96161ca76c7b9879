using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The shared, bounded run of ready-made frames of one view. One thread writes; any number of threads read, each from an offset of its own. Frames that
/// fall off the tail are lost to the readers that have not read them, which can determine how many they were. Each frame belongs to an entry of the
/// journal; frames of older entries can be put before the tail as long as nothing has fallen off.
/// </summary>
/// <remarks>
/// Example: a view is created when the journal's next entry is number 100, so the buffer is complete from entry 100 on. Frames are counted from 0. The view
/// wants the entries 103, 104 and 110, of 70 bytes each:
/// <code>
///   segment 0:  | frame 0, entry 103 | frame 1, entry 104 | frame 2, entry 110 |
///   bytes:      0                    70                   140                 210
/// </code>
/// <list type="bullet">
/// <item>
/// <see cref="Head"/> is 3, and <see cref="End"/> is (segment 0, byte 210, frame 3). A client that starts there receives frame 3 next.
/// </item>
/// <item>
/// <see cref="TryFind"/> for entry 104 returns (segment 0, byte 140, frame 2), and so it does for 107, which the view did not want: everything up to there has
/// been received, and frame 2 is next. For entry 99 it returns byte 0. For entry 98 it fails: entry 99 may have had a frame, and the buffer is complete only
/// from 100 on (<see cref="CompleteFrom"/>).
/// </item>
/// <item>
/// For a client that resumes at entry 90, frames of the entries 91 to 99 are made from the journal, say two of them. <see cref="TryPrepend"/> makes them
/// segment -1, with the frames -2 and -1. The buffer is then complete from entry 91 on, and no offset of another client has changed.
/// </item>
/// <item>
/// When the bounds are exceeded, whole segments are dropped at the tail. Once a segment whose last frame belongs to entry 110 has been dropped, the buffer is
/// complete from entry 111 on. A client that was at frame 1 is behind the tail: <see cref="TryHold"/> reports that it missed frames 1 and 2. Nothing can be
/// prepended any more, since clients may still hold offsets among the dropped frames.
/// </item>
/// </list>
/// </remarks>
/// <param name="options">The bounds.</param>
/// <param name="pool">The pool of the segments.</param>
/// <param name="completeFrom">Number of the journal's next entry: from that one on the buffer has every frame that the view wants.</param>
internal sealed class OutboundBuffer(FanoutOptions options, SegmentPool pool, long completeFrom)
{
    private readonly Lock _gate = new();
    private readonly int _largestBytes = LargestSegmentBytes(options);

    // The segments from _tail to _last, by number; the capacity is a power of two and grows as needed.
    private Segment?[] _ring = new Segment?[4];
    private long _tail;
    private long _last = -1;
    private bool _isOpen;
    private int _nextBytes = SegmentPool.SmallestBytes;
    private long _bytes;
    private long _head;
    private long _completeFrom = completeFrom;
    private bool _hasDropped;

    /// <summary>Number of the journal entry from which on the buffer has every frame that the view wants. For the writer.</summary>
    public long CompleteFrom => _completeFrom;

    /// <summary>Number of the frame that will be appended next. Any thread.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>Bytes of the segments. Any thread.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The offset behind the newest frame. Any thread.</summary>
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

    /// <summary>Returns the number of bytes from a frame to the head, as far as they are here. Any thread.</summary>
    public long BytesFrom(long frame)
    {
        if (frame >= Head) return 0;
        long bytes = 0;
        lock (_gate)
        {
            for (long number = _last; number >= _tail; number--)
            {
                Segment segment = At(number);
                bytes += segment.Committed.Bytes;
                if (segment.FirstFrame > frame) continue;
                return bytes - segment.EndOf((int)Math.Min(frame - segment.FirstFrame, segment.Committed.Frames));
            }
        }

        return bytes;
    }

    /// <summary>Appends one whole frame of a journal entry. For the writer. Always fits: what exceeds the bounds is dropped at the tail.</summary>
    public void Append(ReadOnlySpan<byte> frame, long entry, long nowMs)
    {
        if (!_isOpen || !At(_last).TryAppend(frame, entry, nowMs))
        {
            OpenSegment(frame.Length);
            if (!At(_last).TryAppend(frame, entry, nowMs)) throw new InvalidOperationException("A new segment must take the frame that it was made for.");
        }

        Volatile.Write(ref _head, _head + 1);
    }

    /// <summary>
    /// Counts a frame that could not be appended, for example for lack of memory: drops everything, so that every reader lags, learns how much it missed, and
    /// receives a snapshot. Allocates nothing. For the writer.
    /// </summary>
    public void MarkLost(long entry)
    {
        lock (_gate)
        {
            while (_tail <= _last) DropTail();
            // Skips a segment number: a reader that waits at the end of an empty buffer holds the number after the last, and must not find a segment there.
            _last = _tail++;
            _hasDropped = true;
            _completeFrom = Math.Max(_completeFrom, entry + 1);
            Volatile.Write(ref _head, _head + 1);
        }
    }

    /// <summary>
    /// Finds the offset behind every frame of an entry up to <paramref name="entry"/>. Returns false if the buffer does not reach back that far. For the
    /// writer.
    /// </summary>
    public bool TryFind(long entry, out BufferOffset offset)
    {
        offset = default;
        if (entry + 1 < _completeFrom) return false;
        lock (_gate)
        {
            for (long number = _tail; number <= _last; number++)
            {
                Segment segment = At(number);
                if (segment.LastEntry <= entry) continue;
                (int end, int frames) = segment.Through(entry);
                offset = new BufferOffset(number, end, segment.FirstFrame + frames);
                return true;
            }
        }

        offset = End;
        return true;
    }

    /// <summary>
    /// Notes that the journal has entries, from a takeover, that have no frames here: the buffer is complete only from <paramref name="entry"/> on. For the
    /// writer.
    /// </summary>
    public void SkipTo(long entry)
    {
        lock (_gate)
        {
            // No frames may be prepended to those that are there: they would belong to later entries.
            _hasDropped |= _tail <= _last;
            _completeFrom = entry;
        }
    }

    /// <summary>Returns true if a reader at an offset has missed nothing. Any thread.</summary>
    public bool Reaches(BufferOffset offset)
    {
        lock (_gate) return offset.Segment >= _tail || offset.Frame >= (_tail <= _last ? At(_tail).FirstFrame : Head);
    }

    /// <summary>
    /// Puts older frames before the tail: all that the view wants of the entries from <paramref name="from"/> to below <see cref="CompleteFrom"/>. Takes
    /// ownership of the segments; false, with nothing taken, when they do not fit the bounds, or when frames have been dropped, since readers may still
    /// hold offsets among those. For the writer.
    /// </summary>
    public bool TryPrepend(FrameRun run, long from)
    {
        lock (_gate)
        {
            long tailFrame = _tail <= _last ? At(_tail).FirstFrame : Head;
            if (_hasDropped || _bytes + run.Bytes > options.BufferBytes || Head - tailFrame + run.Frames > options.BufferEvents) return false;
            while (_last - _tail + 1 + run.Segments.Count > _ring.Length) Grow();
            for (int i = run.Segments.Count - 1; i >= 0; i--)
            {
                Segment segment = run.Segments[i];
                tailFrame -= segment.Committed.Frames;
                segment.Place(--_tail, tailFrame);
                _ring[_tail & (_ring.Length - 1)] = segment;
            }

            Volatile.Write(ref _bytes, _bytes + run.Bytes);
            _completeFrom = from;
            return true;
        }
    }

    /// <summary>Drops the segments that have exceeded their age. For the writer, periodically.</summary>
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
    /// Finds the segment with the next frame, held for the caller, which must release it, and moves <paramref name="offset"/> into it. Returns false if there
    /// is nothing to read, or if the next frame has fallen off the tail: then <paramref name="missed"/> is the number of frames that were lost.
    /// </summary>
    public bool TryHold(ref BufferOffset offset, [NotNullWhen(true)] out Segment? segment, out long missed)
    {
        segment = null;
        missed = 0;
        if (offset.Frame == Head) return false;
        lock (_gate)
        {
            if (offset.Segment < _tail)
            {
                // Whole segments are dropped; an offset at the very end of a dropped one has lost nothing.
                long tailFrame = _tail <= _last ? At(_tail).FirstFrame : Head;
                missed = tailFrame - offset.Frame;
                if (missed > 0 || _tail > _last) return false;
                offset = new BufferOffset(_tail, 0, tailFrame);
            }

            segment = At(offset.Segment);
            if (offset.Offset == segment.Committed.Bytes)
            {
                // Read to its end. There is a newer one if this one is no longer written to.
                if (offset.Segment == _last) return Nothing(out segment);
                segment = At(offset.Segment + 1);
                offset = new BufferOffset(segment.Number, 0, segment.FirstFrame);
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
    /// Returns the maximum size of a segment: at most an eighth of the buffer, since whole segments are dropped at the tail. With few large ones a reader
    /// that has almost caught up would lose frames, and a buffer smaller than one segment would lose everything at each switch.
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
        // Doubling keeps a quiet view at 4 KiB and lets a busy one reach the size at which the cost of a switch is negligible.
        bool isCrowded = pool.RentedBytes > options.TotalBufferBytes;
        Segment segment = pool.Rent(Math.Max(isCrowded ? SegmentPool.SmallestBytes : _nextBytes, frameBytes));
        _nextBytes = isCrowded ? SegmentPool.SmallestBytes : Math.Min(_nextBytes * 2, _largestBytes);
        long maxBytes = isCrowded ? segment.Capacity : options.BufferBytes;
        lock (_gate)
        {
            while (_tail <= _last && !Fits(segment, maxBytes)) DropTail();
            if (_last - _tail + 2 > _ring.Length) Grow();
            segment.Open(_last + 1, Head);
            _ring[(_last + 1) & (_ring.Length - 1)] = segment;
            _last++;
            _isOpen = true;
            Volatile.Write(ref _bytes, _bytes + segment.Capacity);
        }
    }

    private bool Fits(Segment segment, long maxBytes) =>
        _bytes + segment.Capacity <= maxBytes && Head - At(_tail).FirstFrame + segment.MaxFrames <= options.BufferEvents;

    private void DropTail()
    {
        Segment segment = At(_tail);
        _ring[_tail & (_ring.Length - 1)] = null;
        if (_tail == _last) _isOpen = false;
        _tail++;
        _hasDropped = true;
        _completeFrom = Math.Max(_completeFrom, segment.LastEntry + 1);
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
