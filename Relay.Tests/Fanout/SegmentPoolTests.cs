using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Fanout;

public sealed class SegmentPoolTests
{
    [Theory]
    [InlineData(1, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 8192)]
    [InlineData(8192, 8192)]
    [InlineData(8193, 16_384)]
    [InlineData(200_000, 262_144)]
    [InlineData(262_144, 262_144)]
    [InlineData(262_145, 262_145)]
    [InlineData(5_000_000, 5_000_000)]
    public void Segment_capacity_is_the_next_power_of_two_up_to_the_largest_and_exact_beyond(int requested, int capacity)
    {
        var pool = new SegmentPool();

        Segment segment = pool.Rent(requested);

        Assert.Equal(capacity, segment.Capacity);
        Assert.Equal(capacity, pool.RentedBytes);
    }

    [Fact]
    public void Released_segment_is_reused()
    {
        var pool = new SegmentPool();
        Segment first = pool.Rent(8192);
        first.Open(3, 40);
        Assert.True(first.TryAppend(new byte[100], 0, 0));
        first.Release();
        Assert.Equal(0, pool.RentedBytes);

        Segment second = pool.Rent(8192);

        Assert.Same(first, second);
        second.Open(7, 90);
        Assert.Equal((0, 0), second.Committed);
        Assert.Equal((7, 90), (second.Number, second.FirstFrame));
    }

    [Fact]
    public void Segment_larger_than_the_largest_is_not_pooled()
    {
        var pool = new SegmentPool();
        Segment first = pool.Rent(SegmentPool.LargestBytes + 1);
        first.Open(0, 0);
        first.Release();

        Assert.NotSame(first, pool.Rent(SegmentPool.LargestBytes + 1));
    }

    [Fact]
    public void Segment_is_returned_by_its_last_holder_only()
    {
        var pool = new SegmentPool();
        Segment segment = pool.Rent(4096);
        segment.Open(0, 0);
        segment.Hold();
        segment.Hold();

        segment.Release();
        segment.Release();
        Assert.Equal(4096, pool.RentedBytes);
        segment.Release();

        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void Segment_accepts_frames_until_its_bytes_or_its_index_are_full()
    {
        var pool = new SegmentPool();
        Segment large = pool.Rent(4096);
        large.Open(0, 0);
        Segment small = pool.Rent(4096);
        small.Open(1, 0);

        Assert.True(large.TryAppend(new byte[4000], 0, 0));
        Assert.False(large.TryAppend(new byte[97], 0, 0));
        Assert.True(large.TryAppend(new byte[96], 0, 0));
        int count = 0;
        while (small.TryAppend([1, 2], 0, 0)) count++;

        Assert.Equal((4096, 2), large.Committed);
        Assert.Equal((count * 2, count), small.Committed);
        Assert.Equal(small.MaxFrames, count);
    }
}
