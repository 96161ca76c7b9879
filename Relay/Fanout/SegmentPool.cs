using System.Collections.Concurrent;
using System.Numerics;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Segments that no buffer uses, by size. Sizes are powers of two from 4 KiB (a quiet view costs little) to 256 KiB; a frame larger than that gets a segment
/// of its own, which is not kept. Thread-safe.
/// </summary>
internal sealed class SegmentPool
{
    public const int SmallestBytes = 4 * 1024;
    public const int LargestBytes = 256 * 1024;

    /// <summary>Bytes of a segment for each frame that it can index: the shortest event of the plain format takes about 70.</summary>
    public const int BytesPerFrame = 64;

    /// <summary>Maximum number of idle segments of one size; more are left to the garbage collector.</summary>
    private const int KeptOfEachSize = 64;

    private readonly ConcurrentBag<Segment>[] _idle = [.. Enumerable.Range(0, SizeIndex(LargestBytes) + 1).Select(_ => new ConcurrentBag<Segment>())];
    private long _rentedBytes;

    /// <summary>Bytes of all segments that are in buffers or under a send.</summary>
    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>Returns a segment of at least <paramref name="bytes"/> bytes, to be opened by its buffer.</summary>
    public Segment Rent(int bytes)
    {
        Segment segment;
        if (bytes > LargestBytes)
        {
            segment = new Segment(this, bytes, 1);
        }
        else
        {
            int index = SizeIndex(bytes);
            int size = SmallestBytes << index;
            if (!_idle[index].TryTake(out segment!)) segment = new Segment(this, size, size / BytesPerFrame);
        }

        Interlocked.Add(ref _rentedBytes, segment.Capacity);
        return segment;
    }

    /// <summary>Returns a segment to the pool. For <see cref="Segment.Release"/>.</summary>
    public void Return(Segment segment)
    {
        Interlocked.Add(ref _rentedBytes, -segment.Capacity);
        if (segment.Capacity > LargestBytes) return;
        ConcurrentBag<Segment> idle = _idle[SizeIndex(segment.Capacity)];
        if (idle.Count < KeptOfEachSize) idle.Add(segment);
    }

    private static int SizeIndex(int bytes) => Math.Max(0, BitOperations.Log2((uint)(bytes - 1) / SmallestBytes) + (bytes > SmallestBytes ? 1 : 0));
}
