using System.Diagnostics;

namespace Cecelia.Relay.Bench.Load;

/// <summary>The publisher's side of a run: warm-up, then the measured time, in open or closed loop. Runs on one thread.</summary>
internal sealed class Publishing(LoadPlan plan, Deliveries deliveries, EventPublisher publisher)
{
    private const int EventsPerFlush = 64;

    /// <summary>In open loop events that are due get so much more time when Redis takes them slowly; then the run ends without them.</summary>
    private static readonly TimeSpan MostOvertime = TimeSpan.FromSeconds(10);

    private readonly double _ticksPerEvent = Stopwatch.Frequency / (plan.Rate ?? 1);
    private long _start;
    private bool _measuring;

    /// <summary>When the measured time began.</summary>
    public Mark Begin { get; private set; }

    /// <summary>When it ended.</summary>
    public Mark End { get; private set; }

    /// <summary>Open loop: how late events were sent, measured ones only; a part of their latency that is this program's own.</summary>
    public LatencyHistogram Lateness { get; } = new();

    /// <summary>Open loop: events that were due and have not been sent.</summary>
    public long Unsent { get; private set; }

    /// <exception cref="BenchException">Redis is gone.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        _start = Stopwatch.GetTimestamp();
        long measureFrom = _start + Ticks(plan.WarmUp);
        long end = measureFrom + Ticks(plan.Duration);
        while (!cancellationToken.IsCancellationRequested && deliveries.HasReaders)
        {
            long now = Stopwatch.GetTimestamp();
            if (!_measuring && now >= measureFrom) BeginMeasuring(now);
            if (!(plan.Rate is null ? SendWhatFits(now, end) : SendWhatIsDue(now, end))) break;
        }

        if (!_measuring) BeginMeasuring(Stopwatch.GetTimestamp());
        End = Mark.Now(deliveries, plan.ProcessId);
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private void BeginMeasuring(long now)
    {
        _measuring = true;
        deliveries.BeginMeasuring();
        Begin = Mark.Now(deliveries, plan.ProcessId) with { At = now };
    }

    private bool SendWhatFits(long now, long end)
    {
        if (now >= end) return false;
        long unixMs = UnixMs();
        int sent = 0;
        while (sent < EventsPerFlush && deliveries.TryBegin(out long number))
        {
            publisher.Add(number, plan.TaskOf(number), Stopwatch.GetTimestamp(), unixMs);
            sent++;
        }

        publisher.Flush();
        if (sent < EventsPerFlush) deliveries.WaitForRoom();
        return true;
    }

    private bool SendWhatIsDue(long now, long end)
    {
        long unixMs = UnixMs();
        long due = NextDue();
        if (now >= end + Ticks(MostOvertime))
        {
            Unsent = (long)((end - due) / _ticksPerEvent);
            return false;
        }

        for (int sent = 0; sent < EventsPerFlush && due <= now && due < end; sent++)
        {
            deliveries.TryBegin(out long number);
            publisher.Add(number, plan.TaskOf(number), due, unixMs);
            if (_measuring) Lateness.Record((long)((now - due) * (1e9 / Stopwatch.Frequency)));
            due = NextDue();
        }

        publisher.Flush();
        if (due >= end) return WaitUntil(end);
        if (due > now) Pause.For(Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due));
        return true;
    }

    /// <summary>The last event may be due well before the end, and the measured time lasts until the end.</summary>
    private static bool WaitUntil(long end)
    {
        for (long now = Stopwatch.GetTimestamp(); now < end; now = Stopwatch.GetTimestamp()) Pause.For(Stopwatch.GetElapsedTime(now, end));
        return false;
    }

    private long NextDue()
    {
        lock (deliveries.Gate) return _start + (long)(deliveries.Published * _ticksPerEvent);
    }

    private static long UnixMs() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>A moment of a run: what had happened by then.</summary>
internal readonly record struct Mark(long At, long Published, long Delivered, ProcessUse Client, ProcessUse? Relay)
{
    public static Mark Now(Deliveries deliveries, int? relay)
    {
        ProcessUse? use = relay is { } id ? ProcessUse.Of(id) : null;
        lock (deliveries.Gate) return new Mark(Stopwatch.GetTimestamp(), deliveries.Published, deliveries.Delivered, ProcessUse.OfThis, use);
    }
}
