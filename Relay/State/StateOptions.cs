namespace Cecelia.Relay.State;

/// <summary>How much of the present is kept. Immutable.</summary>
internal sealed record StateOptions
{
    /// <summary>Largest <see cref="MaxBytes"/>: the length of all entities in a copy is an <see cref="int"/>.</summary>
    public const long MostBytes = 1024 * 1024 * 1024;

    /// <summary>Most entities of all kinds together. Default 50,000. Zero is not allowed.</summary>
    public int MaxEntities { get; init; } = 50_000;

    /// <summary>
    /// Most memory of all entities, in bytes: their JSON, its index, keys and a fixed charge for each. Buffers may hold up to twice of what is
    /// counted. Default 67,108,864 (64 MiB), at most <see cref="MostBytes"/>. Zero is not allowed.
    /// </summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long a completed or failed entity is kept after its last change. Default 1 h. Zero: until the bounds above push it out.</summary>
    public TimeSpan TerminalKept { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Longest tail of a node's streamed text, in bytes as written in JSON. When it is full, it is cut back to three quarters, so that not every token
    /// moves all of it. Default 16,384. Zero: text is counted but not kept.
    /// </summary>
    public int MaxTextBytes { get; init; } = 16 * 1024;

    /// <summary>Most entries in a task's list of changes: the first one and the newest. Default 32. Zero: none are kept.</summary>
    public int MaxChanges { get; init; } = 32;
}
