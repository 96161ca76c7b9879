using System.Diagnostics;

namespace Cecelia.Relay.Bench.Load;

/// <summary>Publishes the events of a run, in open or closed loop, on one thread: first the warm-up, then the measured time.</summary>
internal sealed class Publishing(LoadPlan plan, Deliveries deliveries, EventPublisher publisher)
{
    private const int EventsPerFlush = 64;

    /// <summary>Open loop: additional time for due events if Redis is slow. After it, the run ends without them.</summary>
    private static readonly TimeSpan MaxOvertime = TimeSpan.FromSeconds(10);

    private readonly double _ticksPerEvent = Stopwatch.Frequency / (plan.Rate ?? 1);
    private long _start;
    private bool _measuring;

    /// <summary>The counts at the start of the measured time.</summary>
    public Sample Begin { get; private set; }

    /// <summary>The counts at the end of the measured time.</summary>
    public Sample End { get; private set; }

    /// <summary>Open loop: delay between the due time of measured events and their sending. This part of their latency is caused by this program.</summary>
    public LatencyHistogram Lateness { get; } = new();

    /// <summary>Open loop: number of events that were due and have not been sent.</summary>
    public long Unsent { get; private set; }

    /// <exception cref="BenchException">The connection to Redis failed.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        _start = Stopwatch.GetTimestamp();
        long measureFrom = _start + Ticks(plan.WarmUp);
        long end = measureFrom + Ticks(plan.Duration);
        while (!cancellationToken.IsCancellationRequested && deliveries.HasReaders)
        {
            long now = Stopwatch.GetTimestamp();
            if (!_measuring && now >= measureFrom) BeginMeasuring(now);
            if (!(plan.Rate is null ? SendUpToWindow(now, end) : SendDue(now, end))) break;
        }

        if (!_measuring) BeginMeasuring(Stopwatch.GetTimestamp());
        End = Sample.Now(deliveries, plan.ProcessId);
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private void BeginMeasuring(long now)
    {
        _measuring = true;
        deliveries.BeginMeasuring();
        Begin = Sample.Now(deliveries, plan.ProcessId) with { At = now };
    }

    private bool SendUpToWindow(long now, long end)
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

    private bool SendDue(long now, long end)
    {
        long unixMs = UnixMs();
        long due = NextDue();
        if (now >= end + Ticks(MaxOvertime))
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

    /// <summary>Waits for the end of the measured time, which may be well after the last event was due.</summary>
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

/// <summary>The counts at one point in time of a run.</summary>
internal readonly record struct Sample(long At, long Published, long Delivered, ProcessUse Client, ProcessUse? Relay)
{
    public static Sample Now(Deliveries deliveries, int? relay)
    {
        ProcessUse? use = relay is { } id ? ProcessUse.Of(id) : null;
        lock (deliveries.Gate) return new Sample(Stopwatch.GetTimestamp(), deliveries.Published, deliveries.Delivered, ProcessUse.OfThis, use);
    }
}
