namespace Cecelia.Relay.Redis;

/// <summary>The place of this instance in Redis: what its link, its handoffs and its reads of the stream have in common. Immutable.</summary>
/// <param name="Url">The server.</param>
/// <param name="Options">The names of the channels and keys.</param>
/// <param name="Instance">The name of this instance among those that use the same prefix.</param>
/// <param name="Time">The clock for deadlines and intervals.</param>
internal sealed record RedisContext(RedisUrl Url, RedisOptions Options, string Instance, TimeProvider Time);
