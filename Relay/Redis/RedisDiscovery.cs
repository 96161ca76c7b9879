namespace Cecelia.Relay.Redis;

/// <summary>Looks for a Redis that nobody has named.</summary>
internal static class RedisDiscovery
{
    /// <summary>True when something at the address speaks Redis. One that wants a password, or says no for another reason, is there too.</summary>
    public static async Task<bool> AnswersAsync(string host, int port, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        var url = RedisUrl.For(host, port);
        RedisAnswer answer = await RedisPreflight.AskAsync(url, url.Hosts[0], deadline, TimeProvider.System, cancellationToken);
        return answer.Kind is RedisAnswerKind.Pong or RedisAnswerKind.Loading or RedisAnswerKind.Refused;
    }
}
