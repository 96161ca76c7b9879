using System.Net;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Hosting;

/// <summary>Which Redis serves: the one that is configured, one that already answers on this machine, or the embedded one, which ends with this.</summary>
internal sealed class RedisChoice : IDisposable
{
    private const int UsualPort = 6379;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMilliseconds(500);
    private readonly IDisposable? _embedded;

    private RedisChoice(RedisUrl url, string described, IDisposable? embedded = null) => (Url, Described, _embedded) = (url, described, embedded);

    public RedisUrl Url { get; }

    /// <summary>For the start-up lines: which it is and why.</summary>
    public string Described { get; }

    public static async Task<RedisChoice> MakeAsync(RedisUrl? configured)
    {
        if (configured is not null) return new RedisChoice(configured, configured.Sentinel is { } sentinel ? $"{configured.Masked} (CECELIA_REDIS_URL, Sentinels of the master {sentinel.Name})" : $"{configured.Masked} (CECELIA_REDIS_URL)");
        if (await RedisDiscovery.AnswersAsync(IPAddress.Loopback.ToString(), UsualPort, AnswerWithin))
        {
            RedisUrl local = RedisUrl.For(IPAddress.Loopback.ToString(), UsualPort);
            return new RedisChoice(local, $"{local.Masked} (found running on this machine)");
        }

#if EMBEDDED_REDIS
        EmbeddedRedis embedded = EmbeddedRedis.Start(UsualPort);
        return new RedisChoice(embedded.Url, $"{embedded.Url.Masked} (embedded Garnet, ends with the relay)", embedded);
#else
        throw new RedisUnreachableException("no Redis answers on this machine and this executable contains none: set CECELIA_REDIS_URL, for example redis://127.0.0.1:6379");
#endif
    }

    public void Dispose() => _embedded?.Dispose();
}
