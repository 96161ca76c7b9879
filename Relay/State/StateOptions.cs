namespace Cecelia.Relay.State;

/// <summary>Limits of the entity state. Immutable.</summary>
internal sealed record StateOptions
{
    /// <summary>Upper limit of <see cref="MaxBytes"/>: the total length of all entities in a copy is an <see cref="int"/>.</summary>
    public const long MaxBytesLimit = 1024 * 1024 * 1024;

    /// <summary>Maximum number of entities of all kinds together. Default 50,000. Zero is not allowed.</summary>
    public int MaxEntities { get; init; } = 50_000;

    /// <summary>
    /// Maximum memory of all entities, in bytes: their JSON, its index, keys and a fixed overhead for each. Buffers may hold up to twice the counted
    /// size. Default 67,108,864 (64 MiB), at most <see cref="MaxBytesLimit"/>. Zero is not allowed.
    /// </summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// How long a completed or failed entity is kept after its last change. Default 1 h. Zero: until it is evicted by one of the limits above.
    /// </summary>
    public TimeSpan TerminalKept { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a running task or execution may be without an event before it is silent. Default 600 s. Zero: nothing is ever silent.</summary>
    public TimeSpan SilentAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Maximum length of the tail of a node's streamed text, in bytes as encoded in JSON. When the limit is reached, the tail is truncated to three quarters,
    /// so that not every token moves the whole text. Default 16,384. Zero: text is counted but not kept.
    /// </summary>
    public int MaxTextBytes { get; init; } = 16 * 1024;

    /// <summary>Maximum number of entries in a task's list of changes: the first one and the latest ones. Default 32. Zero: none are kept.</summary>
    public int MaxChanges { get; init; } = 32;
}
