namespace Cecelia.Relay.Redis;

/// <summary>Redis did not carry out a request. The message is in plain words for a terminal, without passwords.</summary>
internal sealed class RedisUnreachableException(string message) : Exception(message);
