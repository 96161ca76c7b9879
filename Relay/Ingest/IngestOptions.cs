namespace Cecelia.Relay.Ingest;

/// <summary>Limits of the queue between the Redis client and the decoder. Immutable.</summary>
internal sealed record IngestOptions
{
    /// <summary>Maximum number of bytes that wait to be decoded. Messages beyond it are dropped and counted. Default 32 MiB. Zero is not allowed.</summary>
    public long QueueBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>Number of refused payloads that are kept for <c>GET /api/v1/refused</c>. Default 200; zero keeps none.</summary>
    public int RefusedKept { get; init; } = 200;
}
