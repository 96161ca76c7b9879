namespace Cecelia.Relay.Redis;

/// <summary>
/// A channel or pattern that the link subscribes to, and whether Redis permits it. A refusal lasts until the permissions are changed, so retries are slow.
/// For the link's loop only.
/// </summary>
/// <param name="name">The channel's name, or the pattern.</param>
/// <param name="isPattern">True for PSUBSCRIBE.</param>
internal sealed class RedisChannelWatch(string name, bool isPattern)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SlowestRetry = TimeSpan.FromSeconds(30);

    private TimeSpan _delay = FirstRetry;
    private long _refusedAt;

    public string Name { get; } = name;

    public bool IsPattern { get; } = isPattern;

    /// <summary>Redis' error, or null when nothing was refused.</summary>
    public string? Refusal { get; private set; }

    /// <summary>True when the next attempt is due.</summary>
    public bool IsDue(TimeProvider time) => Refusal is not null && time.GetElapsedTime(_refusedAt) >= _delay;

    /// <summary>Records the outcome of an attempt. The delay grows with each consecutive refusal.</summary>
    public void Note(string? refusal, TimeProvider time)
    {
        _delay = Refusal is null || refusal is null ? FirstRetry : TimeSpan.FromTicks(Math.Min((_delay * 1.5).Ticks, SlowestRetry.Ticks));
        Refusal = refusal;
        _refusedAt = time.GetTimestamp();
    }
}
