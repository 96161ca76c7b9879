using System.Diagnostics;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// A fixed-size stretch of a frame log: whole WebSocket frames, one behind the other, and where each begins. One thread writes; any thread that
/// holds a reference reads what <see cref="Committed"/> says is there, which never changes again. The memory goes back to the pool when the log
/// and all readers have let go, so nothing under a send is ever overwritten.
/// </summary>
internal sealed class Segment(SegmentPool pool, int bytes, int frames)
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
    private readonly int[] _starts = GC.AllocateUninitializedArray<int>(frames);
    private readonly uint[] _entries = GC.AllocateUninitializedArray<uint>(frames);
    private long _committed;
    private int _references;

    /// <summary>Size of the memory, in bytes.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Most frames that it takes.</summary>
    public int MaxFrames => _starts.Length;

    /// <summary>Place in its log, counted from zero.</summary>
    public long Number { get; private set; }

    /// <summary>Number, in its log, of the first frame here.</summary>
    public long FirstFrame { get; private set; }

    /// <summary>When the newest frame was appended, in milliseconds of the log's clock. For the writer.</summary>
    public long LastAppendedMs { get; private set; }

    /// <summary>Number of the journal's entry that the first frame stands for. Good once a frame is committed.</summary>
    public long FirstEntry { get; private set; }

    /// <summary>Number of the journal's entry that the newest frame stands for. For the writer.</summary>
    public long LastEntry { get; private set; }

    /// <summary>How many bytes and frames are there to read: both of one moment.</summary>
    public (int Bytes, int Frames) Committed
    {
        get
        {
            // Both halves travel in one 64-bit word so that a reader never pairs the bytes of one append with the count of another.
            long committed = Volatile.Read(ref _committed);
            return ((int)committed, (int)(committed >> 32));
        }
    }

    /// <summary>The bytes from <paramref name="offset"/> to <paramref name="end"/>, which must be committed.</summary>
    public ReadOnlySpan<byte> Read(int offset, int end) => _bytes.AsSpan(offset, end - offset);

    /// <summary>The end of the frame that the byte at <paramref name="offset"/> belongs to, and the frame's index here.</summary>
    public (int End, int Index) FrameAt(int offset)
    {
        (int bytes, int frames) = Committed;
        Debug.Assert(offset < bytes);
        int found = _starts.AsSpan(0, frames).BinarySearch(offset);
        int index = found >= 0 ? found : ~found - 1;
        return (index + 1 < frames ? _starts[index + 1] : bytes, index);
    }

    /// <summary>Number of the journal's entry that the frame stands for; the frame must be committed.</summary>
    public long EntryOf(int index) => FirstEntry + _entries[index];

    /// <summary>Where the first <paramref name="count"/> frames end, of which so many must be committed.</summary>
    public int EndOf(int count)
    {
        (int bytes, int frames) = Committed;
        return count < frames ? _starts[count] : bytes;
    }

    /// <summary>The end of the last frame that stands for an entry up to <paramref name="entry"/>, and how many frames that are. For the writer.</summary>
    public (int End, int Frames) Through(long entry)
    {
        (int bytes, int frames) = Committed;
        if (frames == 0 || entry >= LastEntry) return (bytes, frames);
        if (entry < FirstEntry) return (0, 0);
        // The first frame of a later entry: entries may repeat, so the lower bound of the next one.
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

    /// <summary>Makes a pooled segment the newest of a log, held by that log. For the writer.</summary>
    public void Open(long number, long firstFrame)
    {
        Place(number, firstFrame);
        FirstEntry = LastEntry = 0;
        Volatile.Write(ref _committed, 0);
        Volatile.Write(ref _references, 1);
    }

    /// <summary>Gives a segment its place in a log, before any reader can know it.</summary>
    public void Place(long number, long firstFrame)
    {
        Number = number;
        FirstFrame = firstFrame;
    }

    /// <summary>Appends one frame, which stands for that entry of the journal; false when it does not fit. For the writer.</summary>
    public bool TryAppend(ReadOnlySpan<byte> frame, long entry, long nowMs)
    {
        (int bytes, int frames) = Committed;
        if (frames == _starts.Length || frame.Length > _bytes.Length - bytes) return false;
        if (frames == 0) FirstEntry = entry;
        // Four billion entries with never a frame between them do not fit: a quiet view then starts a new segment.
        else if (entry - FirstEntry >= uint.MaxValue) return false;
        frame.CopyTo(_bytes.AsSpan(bytes));
        _starts[frames] = bytes;
        _entries[frames] = (uint)(entry - FirstEntry);
        LastEntry = entry;
        LastAppendedMs = nowMs;
        Volatile.Write(ref _committed, ((long)(frames + 1) << 32) | (uint)(bytes + frame.Length));
        return true;
    }

    /// <summary>Holds the segment. Only under the lock of the log that still has it.</summary>
    public void Hold() => Interlocked.Increment(ref _references);

    /// <summary>Lets go; the last one gives the memory back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0) pool.Return(this);
    }
}
