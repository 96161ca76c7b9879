using System.Numerics;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Counts durations in log-linear buckets, 128 for each power of two. A reported value is at most 1/128 (0.8 %) above the true one, and never below it. Uses
/// 36 KiB for any number of values. Maximum and count are exact. Not thread-safe.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>Maximum duration with a separate bucket, more than an hour. Longer ones share the last bucket.</summary>
    public const long MaxBucketNs = (1L << MaxBits) - 1;

    private const int MaxBits = 42;
    private const int BucketBits = 7;

    private readonly long[] _counts = new long[IndexOf(MaxBucketNs) + 1];

    public long Count { get; private set; }

    public long MaxNs { get; private set; }

    /// <summary>Records a duration. A negative one counts as zero.</summary>
    public void Record(long ns)
    {
        ns = Math.Max(0, ns);
        _counts[IndexOf(Math.Min(ns, MaxBucketNs))]++;
        Count++;
        MaxNs = Math.Max(MaxNs, ns);
    }

    /// <summary>Returns the duration that the fraction <paramref name="quantile"/> (0 to 1) of all durations does not exceed; 0 if there are none.</summary>
    public long Quantile(double quantile)
    {
        long rank = Math.Clamp((long)Math.Ceiling(quantile * Count), 1, Math.Max(1, Count));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            // The last bucket also contains longer durations.
            if (seen >= rank) return i == _counts.Length - 1 ? MaxNs : Math.Min(MaxOf(i), MaxNs);
        }

        return 0;
    }

    /// <summary>Returns the bucket of a value: the value itself below 256; above, the power of two and the seven bits after the leading one.</summary>
    private static int IndexOf(long ns)
    {
        if (ns < 2 << BucketBits) return (int)ns;
        int shift = BitOperations.Log2((ulong)ns) - BucketBits;
        return (shift << BucketBits) + (int)(ns >> shift);
    }

    private static long MaxOf(int index)
    {
        if (index < 2 << BucketBits) return index;
        int shift = (index >> BucketBits) - 1;
        long leading = index - (shift << BucketBits);
        return ((leading + 1) << shift) - 1;
    }
}
