namespace Cecelia.Relay.Fanout;

/// <summary>Bounds of the frame logs and of the pumps that drain them. Immutable.</summary>
internal sealed record FanoutOptions
{
    /// <summary>Most bytes of frames that one log keeps. Default 8 MiB. Zero is not allowed.</summary>
    public long BufferBytes { get; init; } = 8L * 1024 * 1024;

    /// <summary>Most events that one log keeps. Default 65,536. Zero is not allowed.</summary>
    public int BufferEvents { get; init; } = 65_536;

    /// <summary>Oldest event that a log keeps. Default 5 minutes; zero sets no bound by age.</summary>
    public TimeSpan BufferAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Most bytes of all logs together. Default 256 MiB. Past it a log keeps only the segment that it writes to, so that many views with many
    /// events cannot add up to more than one small segment each. Zero is not allowed.
    /// </summary>
    public long TotalBufferBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>
    /// Most memory of the filters of all views together, in bytes. Default 96 MiB, enough for 3,000 filters of 256 short values. Past it, a client with a filter
    /// that no other client has is refused. Zero is not allowed.
    /// </summary>
    public long FilterBytes { get; init; } = 96L * 1024 * 1024;

    /// <summary>Smallest message that is compressed, in bytes. Default 1,024: below it, the frame saves little and each browser pays to inflate it. Zero compresses all.</summary>
    public int CompressionMinBytes { get; init; } = 1024;

    /// <summary>Most bytes of snapshots that clients are being sent, all together. Default 64 MiB; past it, a client that needs a new one is told to come back. Zero is not allowed.</summary>
    public long SnapshotBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// How long a client that comes from another instance is kept waiting for the event that it had last, since this instance may lie behind that one. Default
    /// 500 ms: a client whose place is unknown for another reason waits so long for its snapshot. Zero does not wait.
    /// </summary>
    public TimeSpan CatchUp { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Threads that send to clients. Zero (default) chooses from the number of cores.</summary>
    public int PumpThreads { get; init; }

    /// <summary>How long a client may accept not one byte of what is due to it before it is closed. Default 30 s. Zero is not allowed.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Kernel send buffer of a client's socket (SO_SNDBUF), in bytes. Default 262,144: left to itself Linux lets one stalled client
    /// on a fast link hold up to 4 MB of kernel memory. Zero leaves the choice to the system.
    /// </summary>
    public int SendBufferBytes { get; init; } = 256 * 1024;
}
