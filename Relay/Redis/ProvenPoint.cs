using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Redis;

/// <summary>A point up to which nothing is missing, twice: by the local clock, for people, and in the stream, to read from. Immutable.</summary>
/// <param name="AtMs">Unix milliseconds by the clock of the instance that noted it. Never compared with a time of Redis.</param>
/// <param name="InStream">An entry of the stream up to which everything has arrived, an earlier one perhaps; 0-0 where the stream had none; null where that is not known.</param>
internal sealed record ProvenPoint(long AtMs, RedisStreamId? InStream);
