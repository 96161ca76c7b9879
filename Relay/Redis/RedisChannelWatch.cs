using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>One channel or pattern of events, and how it stands. A refusal is lasting until somebody changes the rights, so it is retried slowly.</summary>
internal sealed class RedisChannelWatch(RedisChannel channel)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SlowestRetry = TimeSpan.FromSeconds(30);

    private TimeSpan _delay = FirstRetry;
    private long _refusedAt;

    public RedisChannel Channel { get; } = channel;

    public string Name { get; } = (string?)channel ?? "";

    /// <summary>Redis' words, or null when nothing was refused.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Time to ask again.</summary>
    public bool IsDue(TimeProvider time) => Refusal is not null && time.GetElapsedTime(_refusedAt) >= _delay;

    /// <summary>Notes what came of asking; the delay grows only from one retry to the next.</summary>
    public void Note(string? refusal, TimeProvider time)
    {
        _delay = Refusal is null || refusal is null ? FirstRetry : TimeSpan.FromTicks(Math.Min((_delay * 1.5).Ticks, SlowestRetry.Ticks));
        Refusal = refusal;
        _refusedAt = time.GetTimestamp();
    }
}
