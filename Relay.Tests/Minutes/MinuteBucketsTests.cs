using Cecelia.Relay.Minutes;

namespace Cecelia.Relay.Tests.Minutes;

/// <summary>PROTOCOL.md, <i>Minutes over HTTP</i>: the histograms of several minutes add up.</summary>
public sealed class MinuteBucketsTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(500, 0)]
    [InlineData(501, 1)]
    [InlineData(1000, 1)]
    [InlineData(1001, 2)]
    [InlineData(8_192_000, 14)]
    [InlineData(8_192_001, 15)]
    [InlineData(long.MaxValue, 15)]
    public void Duration_is_in_the_bucket_with_the_lowest_bound_that_is_not_below_it(long ms, int bucket) =>
        Assert.Equal(bucket, MinuteBuckets.IndexOf(ms, MinuteBuckets.FirstDurationMs));

    [Fact]
    public void Every_bound_is_the_last_value_of_its_bucket()
    {
        foreach (long firstMs in (long[])[MinuteBuckets.FirstDurationMs, MinuteBuckets.FirstLagMs])
        {
            for (int bucket = 0; bucket < MinuteBuckets.Count - 1; bucket++)
            {
                long bound = MinuteBuckets.BoundOf(bucket, firstMs);
                Assert.Equal((bucket, bucket + 1), (MinuteBuckets.IndexOf(bound, firstMs), MinuteBuckets.IndexOf(bound + 1, firstMs)));
            }
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    public void Percentile_of_the_sum_of_minutes_is_in_the_bucket_of_the_exact_percentile_of_all_values(double share)
    {
        var random = new Random(7);
        List<long> all = [];
        long[] sum = new long[MinuteBuckets.Count];
        for (int minute = 0; minute < 60; minute++)
        {
            var table = new MinuteTable();
            table.BeginEvent(minute * MinuteTable.MinuteMs, [], -1);
            for (int i = 0; i < random.Next(1, 200); i++)
            {
                // Minutes with very different values: the mean or median of their percentiles would be wrong.
                long ms = (long)Math.Exp(random.NextDouble() * (minute % 2 == 0 ? 8 : 15));
                all.Add(ms);
                table.AddEnded([], null, ms);
            }

            Add(sum, table.Copy());
        }

        all.Sort();
        long exact = all[(int)Math.Ceiling(share * all.Count) - 1];
        Assert.Equal(MinuteBuckets.IndexOf(exact, MinuteBuckets.FirstDurationMs), BucketOf(sum, share));
        Assert.Equal(all.Count, sum.Sum());
    }

    private static void Add(long[] sum, MinuteCopy copy)
    {
        long[] values = new long[MinuteSeries.Count * MinuteValues.Length];
        Assert.True(MinuteRow.TryDecode(copy.Rows[^1].Row, values, out _));
        for (int i = 0; i < sum.Length; i++) sum[i] += values[(MinuteSeries.NoProject * MinuteValues.Length) + MinuteValues.Run + i];
    }

    private static int BucketOf(long[] buckets, double share)
    {
        long rank = (long)Math.Ceiling(share * buckets.Sum());
        int bucket = 0;
        for (long seen = buckets[0]; seen < rank; seen += buckets[bucket]) bucket++;
        return bucket;
    }
}
