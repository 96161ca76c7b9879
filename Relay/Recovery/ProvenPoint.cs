using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Recovery;

/// <summary>A point up to which no event is missing, in two forms: by the local clock, for people, and in the stream, to read from. Immutable.</summary>
/// <param name="AtMs">Unix milliseconds by the clock of the instance that recorded it. Never compared with a time of Redis.</param>
/// <param name="InStream">
/// An entry of the stream up to which all events have arrived, possibly an earlier one; 0-0 when the stream was empty; null if that is not known.
/// </param>
internal sealed record ProvenPoint(long AtMs, RedisStreamId? InStream);
