using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Tests.Bench;

public class LatencyHistogramTests
{
    [Fact]
    public void Quantile_of_an_empty_histogram_is_zero()
    {
        Assert.Equal(0, new LatencyHistogram().Quantile(0.5));
    }

    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new LatencyHistogram();
        for (int ns = 0; ns < 256; ns++) histogram.Record(ns);

        for (int rank = 1; rank <= 256; rank++) Assert.Equal(rank - 1, histogram.Quantile(rank / 256.0));
    }

    [Fact]
    public void Value_is_reported_at_most_one_128th_too_high_and_never_too_low()
    {
        for (int bit = 0; bit < 42; bit++)
        {
            foreach (long value in (ReadOnlySpan<long>)[(1L << bit) - 1, 1L << bit, (1L << bit) + 1, (1L << bit) * 3 / 2, (2L << bit) - 1])
            {
                var histogram = new LatencyHistogram();
                histogram.Record(value);
                // A larger value, so that the maximum does not hide the bucket's bound.
                histogram.Record(LatencyHistogram.MaxBucketNs);

                Assert.InRange(histogram.Quantile(0.5), value, value + (value / 128));
            }
        }
    }

    [Fact]
    public void Quantiles_match_a_sorted_list()
    {
        var random = new Random(5221);
        var histogram = new LatencyHistogram();
        long[] values = [.. Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 24))];
        foreach (long value in values) histogram.Record(value);
        Array.Sort(values);

        foreach (double quantile in (ReadOnlySpan<double>)[0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1])
        {
            long exact = values[Math.Max(0, (int)Math.Ceiling(quantile * values.Length) - 1)];
            Assert.InRange(histogram.Quantile(quantile), exact, exact + (exact / 128));
        }

        Assert.Equal(values.Length, histogram.Count);
        Assert.Equal(values[^1], histogram.MaxNs);
        Assert.Equal(values[^1], histogram.Quantile(1));
    }

    [Fact]
    public void Values_out_of_range_are_counted()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5);
        histogram.Record(long.MaxValue);

        Assert.Equal(0, histogram.Quantile(0.5));
        Assert.Equal(long.MaxValue, histogram.Quantile(1));
    }
}
