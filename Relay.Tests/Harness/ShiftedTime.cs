namespace Cecelia.Relay.Tests.Harness;

/// <summary>A clock that is ahead of this machine's, or behind it. Timers are those of the system.</summary>
internal sealed class ShiftedTime(TimeSpan shift) : TimeProvider
{
    private long _shift = shift.Ticks;

    /// <summary>By how much it is ahead. Any thread may step it.</summary>
    public TimeSpan Shift
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _shift));
        set => Volatile.Write(ref _shift, value.Ticks);
    }

    private long _advanced;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift + TimeSpan.FromTicks(Volatile.Read(ref _advanced));

    public override long GetTimestamp() => base.GetTimestamp() + (long)(TimeSpan.FromTicks(Volatile.Read(ref _advanced)).TotalSeconds * TimestampFrequency);

    /// <summary>Makes so much time pass, for the clock and for durations.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _advanced, by.Ticks);
}
