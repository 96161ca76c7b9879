using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>A timeline with its writing and reading sides, without a host. Owns them; the pumps belong to the caller.</summary>
internal sealed class TestTimeline : IDisposable
{
    private readonly Timeline _timeline;
    private readonly SnapshotMaker _snapshots;

    public TestTimeline(
        FanoutOptions options,
        PumpSet pumps,
        JournalOptions? journal = null,
        StateOptions? state = null,
        SegmentPool? pool = null,
        TimeProvider? time = null,
        Func<TimeSpan, Task>? catchUp = null)
    {
        pool ??= new SegmentPool();
        time ??= TimeProvider.System;
        var limits = new EventLimits();
        var views = new ViewTable(options, pool, pumps);
        _timeline = new Timeline(options, journal ?? new JournalOptions(), state ?? new StateOptions(), limits, views, time);
        _snapshots = new SnapshotMaker(options, _timeline, time);
        Feed = new Feed(_timeline, _snapshots, views, new EventTracing(options, (_, _, _) => { }, time), time);
        Reader = new TimelineReader(options, limits, _timeline, pool, _snapshots, catchUp ?? (_ => Task.CompletedTask), time);
    }

    public Feed Feed { get; }

    public TimelineReader Reader { get; }

    public void Dispose()
    {
        Reader.Dispose();
        _snapshots.Dispose();
        _timeline.Dispose();
    }
}
