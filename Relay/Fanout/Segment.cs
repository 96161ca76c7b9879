using System.Diagnostics;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// A fixed-size part of an outbound buffer: whole WebSocket frames, one behind the other, and the start of each. One thread writes; any thread that holds a
/// reference may read what is committed (<see cref="Committed"/>), which never changes again. The memory returns to the pool when the buffer and all readers
/// have released it, so nothing under a send is ever overwritten.
/// </summary>
[DebuggerDisplay("Segment {Number}, frames from {FirstFrame}, {Committed.Frames} of {MaxFrames} frames, {Committed.Bytes} of {Capacity} bytes")]
internal sealed class Segment(SegmentPool pool, int bytes, int frames)
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
    private readonly int[] _starts = GC.AllocateUninitializedArray<int>(frames);
    private readonly uint[] _entries = GC.AllocateUninitializedArray<uint>(frames);
    private long _committed;
    private int _references;

    /// <summary>Size of the memory, in bytes.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Maximum number of frames.</summary>
    public int MaxFrames => _starts.Length;

    /// <summary>Number of the segment in its buffer. The first that is opened is 0; prepended ones are negative.</summary>
    public long Number { get; private set; }

    /// <summary>Number, in its buffer, of the first frame of this segment.</summary>
    public long FirstFrame { get; private set; }

    /// <summary>When the newest frame was appended, in Unix milliseconds. For the writer.</summary>
    public long LastAppendedMs { get; private set; }

    /// <summary>Number of the journal entry of the first frame. Valid once a frame is committed.</summary>
    public long FirstEntry { get; private set; }

    /// <summary>Number of the journal entry of the newest frame. For the writer.</summary>
    public long LastEntry { get; private set; }

    /// <summary>Number of bytes and frames that can be read, both at the same moment.</summary>
    public (int Bytes, int Frames) Committed
    {
        get
        {
            // Both halves are in one 64-bit word, so that a reader never pairs the bytes of one append with the count of another.
            long committed = Volatile.Read(ref _committed);
            return ((int)committed, (int)(committed >> 32));
        }
    }

    /// <summary>Returns the bytes from <paramref name="offset"/> to <paramref name="end"/>, which must be committed.</summary>
    public ReadOnlySpan<byte> Read(int offset, int end) => _bytes.AsSpan(offset, end - offset);

    /// <summary>Returns the end of the frame that contains the byte at <paramref name="offset"/>, and the frame's index in this segment.</summary>
    public (int End, int Index) FrameAt(int offset)
    {
        (int bytes, int frames) = Committed;
        Debug.Assert(offset < bytes);
        int found = _starts.AsSpan(0, frames).BinarySearch(offset);
        int index = found >= 0 ? found : ~found - 1;
        return (index + 1 < frames ? _starts[index + 1] : bytes, index);
    }

    /// <summary>Returns the number of the journal entry of a frame, which must be committed.</summary>
    public long EntryOf(int index) => FirstEntry + _entries[index];

    /// <summary>Returns the end of the first <paramref name="count"/> frames, all of which must be committed.</summary>
    public int EndOf(int count)
    {
        (int bytes, int frames) = Committed;
        return count < frames ? _starts[count] : bytes;
    }

    /// <summary>Returns the end of the last frame of an entry up to <paramref name="entry"/>, and the number of frames up to there. For the writer.</summary>
    public (int End, int Frames) Through(long entry)
    {
        (int bytes, int frames) = Committed;
        if (frames == 0 || entry >= LastEntry) return (bytes, frames);
        if (entry < FirstEntry) return (0, 0);
        // The first frame of a later entry. Several frames may have the same entry, so this is the lower bound of the next entry.
        uint next = (uint)(entry - FirstEntry) + 1;
        int low = 0;
        for (int high = frames; low < high;)
        {
            int middle = (low + high) >>> 1;
            if (_entries[middle] < next) low = middle + 1;
            else high = middle;
        }

        return (_starts[low], low);
    }

    /// <summary>Makes a pooled segment the newest of a buffer, which holds it. For the writer.</summary>
    public void Open(long number, long firstFrame)
    {
        Place(number, firstFrame);
        FirstEntry = LastEntry = 0;
        Volatile.Write(ref _committed, 0);
        Volatile.Write(ref _references, 1);
    }

    /// <summary>Sets the segment's numbers in its buffer, before any reader can find it.</summary>
    public void Place(long number, long firstFrame)
    {
        Number = number;
        FirstFrame = firstFrame;
    }

    /// <summary>Appends one frame, of a journal entry. Returns false if it does not fit. For the writer.</summary>
    public bool TryAppend(ReadOnlySpan<byte> frame, long entry, long nowMs)
    {
        (int bytes, int frames) = Committed;
        if (frames == _starts.Length || frame.Length > _bytes.Length - bytes) return false;
        if (frames == 0) FirstEntry = entry;
        // A distance of four billion entries between frames does not fit 32 bits: a quiet view then starts a new segment.
        else if (entry - FirstEntry >= uint.MaxValue) return false;
        frame.CopyTo(_bytes.AsSpan(bytes));
        _starts[frames] = bytes;
        _entries[frames] = (uint)(entry - FirstEntry);
        LastEntry = entry;
        LastAppendedMs = nowMs;
        Volatile.Write(ref _committed, ((long)(frames + 1) << 32) | (uint)(bytes + frame.Length));
        return true;
    }

    /// <summary>Adds a reference. Only under the lock of the buffer that still has the segment.</summary>
    public void Hold() => Interlocked.Increment(ref _references);

    /// <summary>Removes a reference; the last one returns the memory to the pool.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0) pool.Return(this);
    }
}
