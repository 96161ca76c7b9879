using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Views;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Fanout;

public sealed class ViewTableTests : IDisposable
{
    private readonly FanoutOptions _options = new() { PumpThreads = 1, LogBytes = 256 * 1024 };
    private readonly SegmentPool _pool = new();
    private readonly PumpSet _pumps;
    private readonly ViewTable _views;

    public ViewTableTests()
    {
        _pumps = new PumpSet(_options, _ => { }, NullLogger<Pump>.Instance);
        _views = new ViewTable(_options, _pool, _pumps, TimeProvider.System);
    }

    public void Dispose() => _pumps.Dispose();

    [Fact]
    public void Acquire_the_same_filter_and_encoding_shares_a_view_until_the_last_release()
    {
        View first = _views.Acquire(Task("t1"), FrameEncoding.Plain, out _);
        View second = _views.Acquire(Task("t1"), FrameEncoding.Plain, out _);
        View deflated = _views.Acquire(Task("t1"), FrameEncoding.Deflate, out _);
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
    public void ClearEnded_gives_back_the_memory_of_views_that_ended()
    {
        View view = _views.Acquire(Filter.None, FrameEncoding.Plain, out _);
        for (int i = 0; i < 100; i++) view.Log.Append(new byte[1000], 1);
        Assert.True(_pool.RentedBytes >= 100_000);

        _views.Release(view);
        _views.ClearEnded();

        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void Append_to_many_views_past_the_bound_of_all_keeps_one_small_segment_each()
    {
        var options = new FanoutOptions { PumpThreads = 1, AllLogsBytes = 1024 * 1024 };
        var pool = new SegmentPool();
        var views = new ViewTable(options, pool, _pumps, TimeProvider.System);
        List<View> all = [.. Enumerable.Range(0, 200).Select(i => views.Acquire(Task($"t{i}"), FrameEncoding.Plain, out _))];
        byte[] frame = new byte[1000];

        for (int round = 0; round < 200; round++)
        {
            foreach (View view in all) view.Log.Append(frame, round);
        }

        // The bound, and what 200 logs may hold beyond it: the segment that each was writing when the bound was met, and a smallest one now.
        Assert.InRange(pool.RentedBytes, 0, options.AllLogsBytes + (200L * SegmentPool.SmallestBytes) + SegmentPool.LargestBytes);
    }

    [Fact]
    public void Event_from_decoding_to_the_logs_of_its_views_allocates_nothing_once_warm()
    {
        View[] watched =
        [
            _views.Acquire(Filter.None, FrameEncoding.Plain, out _),
            _views.Acquire(Filter.None, FrameEncoding.Deflate, out _),
            _views.Acquire(Task("t1"), FrameEncoding.Plain, out _),
        ];
        var decoder = new EventDecoder(new EventLimits());
        var decoded = new DecodedEvent();
        using var writer = new FrameWriter(compressionMinBytes: 0);
        var found = new List<View>();
        byte[] payload = Encoding.UTF8.GetBytes($$$"""{"event":"task:progress","data":{"taskId":"t1","status":"running","progress":5,"message":"{{{new string('m', 300)}}}"}}""");
        // Long enough that segments are opened, evicted and taken from the pool again.
        for (int i = 0; i < 5000; i++) Pass(i);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5000; i++) Pass(i);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(10_000, watched[2].Log.Head);

        void Pass(int nowMs)
        {
            if (decoder.Decode(payload, decoded) != RefusalReason.None) throw new InvalidOperationException(decoded.RefusalDetail);
            _views.Find(decoded, found);
            writer.End(CeceliaDialect.Write(decoded, writer.Begin(CeceliaDialect.MaxLength(decoded)), nowMs));
            foreach (View view in found) view.Log.Append(writer.Frame(view.Encoding), nowMs);
        }
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
