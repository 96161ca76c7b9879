namespace Cecelia.Relay.Tests.Postgres;

/// <summary>The system's time, except that the time elapsed between two timestamps can be increased. Timers are the system's.</summary>
internal sealed class AdvanceableTime : TimeProvider
{
    private long _moved;

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _moved);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _moved, (long)(by.TotalSeconds * TimestampFrequency));
}
