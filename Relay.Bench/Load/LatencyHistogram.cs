using System.Numerics;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Counts durations in log-linear buckets: 128 for each power of two, so that a reported value is at most 1/128 (0.8 %) above the true one, and
/// never below it. Bounded: 36 KiB, whatever is recorded. Smallest, largest and count are exact. Not thread-safe.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>Longest duration that has a bucket of its own, over an hour; longer ones share the last bucket.</summary>
    public const long LongestNs = (1L << LongestBits) - 1;

    private const int LongestBits = 42;
    private const int BucketBits = 7;

    private readonly long[] _counts = new long[IndexOf(LongestNs) + 1];

    public long Count { get; private set; }

    public long MaxNs { get; private set; }

    /// <summary>Records one duration; a negative one counts as zero.</summary>
    public void Record(long ns)
    {
        ns = Math.Max(0, ns);
        _counts[IndexOf(Math.Min(ns, LongestNs))]++;
        Count++;
        MaxNs = Math.Max(MaxNs, ns);
    }

    /// <summary>The duration that the share <paramref name="quantile"/> (0 to 1) of all does not exceed; 0 when there is none.</summary>
    public long Quantile(double quantile)
    {
        long rank = Math.Clamp((long)Math.Ceiling(quantile * Count), 1, Math.Max(1, Count));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            // The last bucket also holds what is too long for it.
            if (seen >= rank) return i == _counts.Length - 1 ? MaxNs : Math.Min(LargestIn(i), MaxNs);
        }

        return 0;
    }

    /// <summary>Values below 256 are their own bucket; above, the bucket is the power of two and the seven bits behind the leading one.</summary>
    private static int IndexOf(long ns)
    {
        if (ns < 2 << BucketBits) return (int)ns;
        int shift = BitOperations.Log2((ulong)ns) - BucketBits;
        return (shift << BucketBits) + (int)(ns >> shift);
    }

    private static long LargestIn(int index)
    {
        if (index < 2 << BucketBits) return index;
        int shift = (index >> BucketBits) - 1;
        long leading = index - (shift << BucketBits);
        return ((leading + 1) << shift) - 1;
    }
}
