namespace Cecelia.Relay.Tests;

/// <summary>A clock that is ahead of this machine's, or behind it, by a fixed amount. Durations and timers are those of the system.</summary>
internal sealed class ShiftedTime(TimeSpan shift) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + shift;
}
