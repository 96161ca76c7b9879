namespace Cecelia.Relay.Redis;

/// <summary>Looks for a Redis server that is not configured.</summary>
internal static class RedisDiscovery
{
    /// <summary>
    /// Returns true if a server at the address speaks the Redis protocol, also one that requires a password or refuses for another reason.
    /// </summary>
    public static async Task<bool> AnswersAsync(string host, int port, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        var url = RedisUrl.For(host, port);
        RedisAnswer answer = await RedisPreflight.AskAsync(url, url.Hosts[0], deadline, TimeProvider.System, cancellationToken);
        return answer.Kind is RedisAnswerKind.Pong or RedisAnswerKind.Loading or RedisAnswerKind.Refused;
    }
}
