using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Fanout;

public sealed class ViewTableTests : IDisposable
{
    private readonly FanoutOptions _options = new() { PumpThreads = 1, BufferBytes = 256 * 1024 };
    private readonly SegmentPool _pool = new();
    private readonly PumpSet _pumps;
    private readonly ViewTable _views;

    public ViewTableTests()
    {
        _pumps = new PumpSet(_options, _ => { }, NullLogger<Pump>.Instance);
        _views = new ViewTable(_options, _pool, _pumps);
    }

    public void Dispose() => _pumps.Dispose();

    [Fact]
    public void Acquire_with_the_same_filter_and_encoding_shares_a_view_until_the_last_release()
    {
        View first = _views.Acquire(new ViewKind(Task("t1"), WireFormat.Cecelia, FrameEncoding.Plain), 0)!;
        View second = _views.Acquire(new ViewKind(Task("t1"), WireFormat.Cecelia, FrameEncoding.Plain), 0)!;
        View deflated = _views.Acquire(new ViewKind(Task("t1"), WireFormat.Cecelia, FrameEncoding.Deflate), 0)!;
        Assert.Same(first, second);
        Assert.NotSame(first, deflated);
        Assert.Equal(2, _views.Count);

        _views.Release(first);
        Assert.Equal([first, deflated], Find("t1"));
        _views.Release(second);
        Assert.Equal([deflated], Find("t1"));
        _views.Release(deflated);
        Assert.Equal(0, _views.Count);
        Assert.Empty(Find("t1"));
    }

    [Fact]
    public void Acquire_beyond_the_filter_bound_is_refused_unless_the_filter_is_in_use()
    {
        var options = new FanoutOptions { PumpThreads = 1, FilterBytes = 2 * Task("t1").Bytes };
        var views = new ViewTable(options, _pool, _pumps);
        View? Acquire(Filter filter) => views.Acquire(new ViewKind(filter, WireFormat.Cecelia, FrameEncoding.Plain), 0);
        View first = Acquire(Task("t1"))!;
        Assert.NotNull(Acquire(Task("t2")));

        Assert.Null(Acquire(Task("t3")));
        Assert.Same(first, Acquire(Task("t1")));
        Assert.NotNull(Acquire(Filter.None));

        views.Release(first);
        views.Release(first);
        Assert.NotNull(Acquire(Task("t3")));
        Assert.Equal(options.FilterBytes, views.FilterBytes);
    }

    [Fact]
    public void ClearEnded_releases_the_memory_of_unused_views()
    {
        View view = _views.Acquire(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain), 0)!;
        for (int i = 0; i < 100; i++) view.Buffer.Append(new byte[1000], i, 1);
        Assert.True(_pool.RentedBytes >= 100_000);

        _views.Release(view);
        _views.ClearEnded();

        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void Append_to_many_views_beyond_the_total_bound_keeps_one_small_segment_each()
    {
        var options = new FanoutOptions { PumpThreads = 1, TotalBufferBytes = 1024 * 1024 };
        var pool = new SegmentPool();
        var views = new ViewTable(options, pool, _pumps);
        List<View> all = [.. Enumerable.Range(0, 200).Select(i => views.Acquire(new ViewKind(Task($"t{i}"), WireFormat.Cecelia, FrameEncoding.Plain), 0)!)];
        byte[] frame = new byte[1000];

        for (int round = 0; round < 200; round++)
        {
            foreach (View view in all) view.Buffer.Append(frame, round, round);
        }

        // The bound, and the excess of 200 buffers: the segment that each was writing when the bound was reached, and one smallest segment now.
        Assert.InRange(pool.RentedBytes, 0, options.TotalBufferBytes + (200L * SegmentPool.SmallestBytes) + SegmentPool.LargestBytes);
    }

    private static Filter Task(string id)
    {
        Assert.True(Filter.TryMake([], [id], [], [], out Filter filter, out _));
        return filter;
    }

    private List<View> Find(string task)
    {
        var decoded = new DecodedEvent();
        new EventDecoder(new EventLimits()).Decode(Encoding.UTF8.GetBytes($$$"""{"event":"x","data":{"taskId":"{{{task}}}"}}"""), decoded);
        var found = new List<View>();
        _views.Find(decoded, found);
        return found;
    }
}
