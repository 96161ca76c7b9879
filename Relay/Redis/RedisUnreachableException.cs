namespace Cecelia.Relay.Redis;

/// <summary>Redis did not serve a request. The message is in plain words for the person at the terminal, and holds no password.</summary>
internal sealed class RedisUnreachableException(string message) : Exception(message);
