using System.Numerics;

namespace Cecelia.Relay.Minutes;

/// <summary>
/// The bounds of the histograms. They are fixed and double from bucket to bucket, so that histograms of several minutes, projects or instances can be added
/// up, and percentiles of the sum are as exact as those of one.
/// </summary>
/// <remarks>
/// Example: durations have the bounds 500, 1000, 2000, … 8,192,000 ms. A duration of 500 ms is in bucket 0, one of 501 ms and one of 1000 ms in bucket 1, one
/// of 1001 ms in bucket 2, and one of three hours in bucket 15, which has no upper bound.
/// </remarks>
internal static class MinuteBuckets
{
    /// <summary>Number of buckets of a histogram. The last one has no upper bound.</summary>
    public const int Count = 16;

    /// <summary>The upper bound of the first bucket of run time and queue time: tasks take from less than a second to hours.</summary>
    public const long FirstDurationMs = 500;

    /// <summary>The upper bound of the first bucket of lag.</summary>
    public const long FirstLagMs = 1;

    /// <summary>Returns the bucket of a value that is not negative.</summary>
    /// <param name="ms">The value in milliseconds.</param>
    /// <param name="firstMs">The upper bound of the first bucket.</param>
    public static int IndexOf(long ms, long firstMs) =>
        ms <= firstMs ? 0 : Math.Min(Count - 1, 1 + BitOperations.Log2((ulong)((ms - 1) / firstMs)));

    /// <summary>Returns the upper bound of a bucket, inclusive, in milliseconds. Not for the last bucket.</summary>
    public static long BoundOf(int bucket, long firstMs) => firstMs << bucket;
}
