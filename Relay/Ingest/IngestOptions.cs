namespace Cecelia.Relay.Ingest;

/// <summary>Bounds of what lies between the Redis client and the decoder. Immutable.</summary>
internal sealed record IngestOptions
{
    /// <summary>Most bytes of payload that may wait to be decoded; what comes beyond is dropped and counted. Default 32 MiB. Zero is not allowed.</summary>
    public long QueueBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>How many refused payloads are kept for <c>GET /api/v1/refused</c>. Default 200; zero keeps none.</summary>
    public int RefusedKept { get; init; } = 200;
}
