namespace Cecelia.Relay.Fanout;

/// <summary>Bounds of the outbound buffers and of the pumps that drain them. Immutable.</summary>
internal sealed record FanoutOptions
{
    /// <summary>
    /// Share of the traces that are continued, from 0 to 1, of those that publishers have sampled (<c>traceparent</c>). Default 0: none.
    /// </summary>
    public double TraceRatio { get; init; }

    /// <summary>Maximum number of bytes of frames in one outbound buffer. Default 8 MiB. Zero is not allowed.</summary>
    public long BufferBytes { get; init; } = 8L * 1024 * 1024;

    /// <summary>Maximum number of events in one outbound buffer. Default 65,536. Zero is not allowed.</summary>
    public int BufferEvents { get; init; } = 65_536;

    /// <summary>Maximum age of an event in an outbound buffer. Default 5 minutes; zero means no limit.</summary>
    public TimeSpan BufferAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Maximum number of bytes of all outbound buffers together. Default 256 MiB. Above it a buffer keeps only the segment that it writes to, so that many
    /// views with many events cannot add up to more than one small segment each. Zero is not allowed.
    /// </summary>
    public long TotalBufferBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>
    /// Maximum memory of the filters of all views together, in bytes. Default 96 MiB, enough for 3,000 filters of 256 short values. Above it, a client with a
    /// filter that no other client has is refused. Zero is not allowed.
    /// </summary>
    public long FilterBytes { get; init; } = 96L * 1024 * 1024;

    /// <summary>
    /// Size of the smallest message that is compressed, in bytes. Default 1,024: for shorter ones the frame saves little, and each browser has to inflate
    /// it. Zero compresses all.
    /// </summary>
    public int CompressionMinBytes { get; init; } = 1024;

    /// <summary>
    /// Maximum number of bytes of all snapshots that are being sent to clients. Default 64 MiB; above it, a client that needs a new one is refused and
    /// reconnects later. Zero is not allowed.
    /// </summary>
    public long SnapshotBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// How long the resume of a client from another instance waits for the client's last event, since this instance may be behind the other one. Default
    /// 500 ms. Then it asks Redis for a proof that all events have arrived. Zero asks at once.
    /// </summary>
    public TimeSpan CatchUp { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Number of threads that send to clients. Zero (default) derives it from the number of cores.</summary>
    public int PumpThreads { get; init; }

    /// <summary>How long a client may accept none of the bytes that are due to it before it is closed. Default 30 s. Zero is not allowed.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Kernel send buffer of a client's socket (SO_SNDBUF), in bytes. Default 262,144: by default, Linux lets one stalled client on a
    /// fast link hold up to 4 MB of kernel memory. Zero keeps the system's default.
    /// </summary>
    public int SendBufferBytes { get; init; } = 256 * 1024;
}
