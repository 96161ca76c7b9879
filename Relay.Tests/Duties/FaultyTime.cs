namespace Cecelia.Relay.Tests.Duties;

/// <summary>The system clock, with failures as they occur where .NET has no more memory or threads.</summary>
internal sealed class FaultyTime : TimeProvider
{
    private int _failures;

    /// <summary>Whether timers can be created.</summary>
    public volatile bool HasTimers = true;

    /// <summary>Makes the ingest thread fail this many times when it next reads the time, which it does before it changes anything.</summary>
    public void FailIngest(int times) => Volatile.Write(ref _failures, times);

    public override DateTimeOffset GetUtcNow()
    {
        if (Thread.CurrentThread.Name == "ingest" && Volatile.Read(ref _failures) > 0 && Interlocked.Decrement(ref _failures) >= 0)
        {
            throw Shortage.Of("memory");
        }

        return base.GetUtcNow();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        HasTimers ? base.CreateTimer(callback, state, dueTime, period) : throw Shortage.Of("timer");
}
