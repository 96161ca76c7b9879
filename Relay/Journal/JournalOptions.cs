namespace Cecelia.Relay.Journal;

/// <summary>Bounds of the journal, which determine how far back a client can resume. Immutable.</summary>
internal sealed record JournalOptions
{
    /// <summary>
    /// Maximum number of bytes of payloads and undo copies. Default 16 MiB, committed by the system as they are used. Zero is not allowed.
    /// </summary>
    public int Bytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Maximum number of entries. Default 65,536; rounded up to a power of two. Zero is not allowed.</summary>
    public int Events { get; init; } = 65_536;

    /// <summary>Maximum age of an entry. Default 5 minutes; zero means no limit.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromMinutes(5);
}
