namespace Cecelia.Relay.Redis;

/// <summary>
/// Computes the pause between attempts to connect, with jitter. For a Redis that is away the pauses remain short, since an attempt costs little and the link
/// is to be subscribed a quarter of a second after Redis has returned. For one that refuses, they grow up to a maximum.
/// </summary>
internal sealed class RedisRetry
{
    // The longest pause and the time to connect (30 ms) are below 250 ms together.
    private const double ShortestMs = 100;
    private const double LongestMs = 180;
    private const double CapMs = 1000;

    private int _refusals;

    public void Reset() => _refusals = 0;

    /// <summary>Returns the pause after an attempt that ended with <paramref name="kind"/>.</summary>
    public TimeSpan Next(RedisAnswerKind kind)
    {
        double longest = LongestMs;
        if (kind is RedisAnswerKind.Refused or RedisAnswerKind.TlsFailed or RedisAnswerKind.NotRedis)
        {
            longest = Math.Min(LongestMs * Math.Pow(2, Math.Min(_refusals, 8)), CapMs);
            _refusals++;
        }
        else
        {
            _refusals = 0;
        }

        // Not for cryptography: the jitter only spreads the instances.
#pragma warning disable CA5394
        return TimeSpan.FromMilliseconds(ShortestMs + ((longest - ShortestMs) * Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }
}
