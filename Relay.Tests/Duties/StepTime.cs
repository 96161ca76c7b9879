namespace Cecelia.Relay.Tests.Duties;

/// <summary>A clock that only a test advances. Timers fire on the thread that advances it. Thread-safe.</summary>
internal sealed class StepTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<StepTimer> _timers = [];
    private TimeSpan _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The delays of the pending timers, shortest first.</summary>
    public TimeSpan[] Waiting
    {
        get
        {
            lock (_gate) return [.. _timers.Select(timer => timer.At - _passed).Order()];
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return DateTimeOffset.UnixEpoch + _passed;
    }

    public override long GetTimestamp()
    {
        lock (_gate) return _passed.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new StepTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Advances the clock, and fires the timers that are due.</summary>
    public void Pass(TimeSpan time)
    {
        StepTimer[] due;
        lock (_gate)
        {
            _passed += time;
            due = [.. _timers.Where(timer => timer.At <= _passed)];
            foreach (StepTimer timer in due) _timers.Remove(timer);
        }

        foreach (StepTimer timer in due) timer.Fire();
    }

    private sealed class StepTimer(StepTime time, Action fire) : ITimer
    {
        public TimeSpan At { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                At = time._passed + dueTime;
                time._timers.Add(this);
                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
