namespace Cecelia.Relay.Redis;

/// <summary>
/// One channel or pattern that the link subscribes to, and whether Redis permits it. A refusal lasts until somebody changes the permissions, so it is
/// tried again slowly. For the link's loop alone.
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

    /// <summary>True when it is time to try again.</summary>
    public bool IsDue(TimeProvider time) => Refusal is not null && time.GetElapsedTime(_refusedAt) >= _delay;

    /// <summary>Notes the outcome of an attempt. The delay grows with each refusal in a row.</summary>
    public void Note(string? refusal, TimeProvider time)
    {
        _delay = Refusal is null || refusal is null ? FirstRetry : TimeSpan.FromTicks(Math.Min((_delay * 1.5).Ticks, SlowestRetry.Ticks));
        Refusal = refusal;
        _refusedAt = time.GetTimestamp();
    }
}
