namespace Cecelia.Relay.Redis;

/// <summary>
/// How long to wait before asking again, with jitter. A Redis that is away is asked all the time, since asking costs nobody anything and a quarter of a
/// second after it is back the subscriptions are to stand; one that is there and says no is asked ever slower, up to the cap.
/// </summary>
internal sealed class RedisRetry
{
    // The longest wait and the time to connect (30 ms) stay below 250 ms together.
    private const double ShortestMs = 100;
    private const double LongestMs = 180;
    private const double CapMs = 1000;

    private int _refusals;

    public void Reset() => _refusals = 0;

    /// <summary>The time to wait after an attempt that ended with <paramref name="kind"/>.</summary>
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

        // No cryptography here: the jitter only keeps instances apart.
#pragma warning disable CA5394
        return TimeSpan.FromMilliseconds(ShortestMs + ((longest - ShortestMs) * Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }
}
