namespace Cecelia.Relay.Tests.Duties;

/// <summary>The system's time, from which a test can take what .NET takes where memory or threads are used up.</summary>
internal sealed class FaultyTime : TimeProvider
{
    private int _failures;

    /// <summary>False: no timer can be made.</summary>
    public volatile bool HasTimers = true;

    /// <summary>So often the ingest thread fails when it next asks for the time, which it does before it changes anything.</summary>
    public void FailIngest(int times) => Volatile.Write(ref _failures, times);

    public override DateTimeOffset GetUtcNow()
    {
        if (Thread.CurrentThread.Name == "ingest" && Volatile.Read(ref _failures) > 0 && Interlocked.Decrement(ref _failures) >= 0) throw Shortage.Of("memory");
        return base.GetUtcNow();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        HasTimers ? base.CreateTimer(callback, state, dueTime, period) : throw Shortage.Of("timer");
}
