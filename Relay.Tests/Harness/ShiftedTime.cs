namespace Cecelia.Relay.Tests.Harness;

/// <summary>A clock that is ahead of or behind the clock of this machine. Timers are the system's.</summary>
internal sealed class ShiftedTime(TimeSpan shift) : TimeProvider
{
    private long _shift = shift.Ticks;

    /// <summary>The offset from the system's clock. Any thread may set it.</summary>
    public TimeSpan Shift
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _shift));
        set => Volatile.Write(ref _shift, value.Ticks);
    }

    private long _advanced;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift + TimeSpan.FromTicks(Volatile.Read(ref _advanced));

    public override long GetTimestamp() => base.GetTimestamp() + (long)(TimeSpan.FromTicks(Volatile.Read(ref _advanced)).TotalSeconds * TimestampFrequency);

    /// <summary>Advances the clock and measured durations.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _advanced, by.Ticks);
}
