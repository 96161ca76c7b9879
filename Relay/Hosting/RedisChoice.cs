using System.Net;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// The Redis to use: the configured one, one that is already running on this machine, or an embedded one, which is disposed with this object.
/// </summary>
internal sealed class RedisChoice : IDisposable
{
    private const int DefaultPort = 6379;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);
    private readonly IDisposable? _embedded;

    private RedisChoice(RedisUrl url, string described, IDisposable? embedded = null) => (Url, Described, _embedded) = (url, described, embedded);

    public RedisUrl Url { get; }

    /// <summary>A description for the log: the URL and why it was chosen.</summary>
    public string Described { get; }

    public static async Task<RedisChoice> SelectAsync(RedisUrl? configured)
    {
        if (configured is not null)
        {
            return new RedisChoice(
                configured,
                configured.Sentinel is { } sentinel
                    ? $"{configured.Masked} (CECELIA_REDIS_URL, Sentinels of the master {sentinel.Name})"
                    : $"{configured.Masked} (CECELIA_REDIS_URL)");
        }

        if (await RedisDiscovery.AnswersAsync(IPAddress.Loopback.ToString(), DefaultPort, ProbeTimeout))
        {
            RedisUrl local = RedisUrl.For(IPAddress.Loopback.ToString(), DefaultPort);
            return new RedisChoice(local, $"{local.Masked} (found running on this machine)");
        }

#if EMBEDDED_REDIS
        EmbeddedRedis embedded = EmbeddedRedis.Start(DefaultPort);
        return new RedisChoice(embedded.Url, $"{embedded.Url.Masked} (embedded Garnet, stops with the relay)", embedded);
#else
        throw new RedisUnreachableException(
            "no Redis is running on this machine, and this executable does not contain one: set CECELIA_REDIS_URL, for example redis://127.0.0.1:6379");
#endif
    }

    public void Dispose() => _embedded?.Dispose();
}
