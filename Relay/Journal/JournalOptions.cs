namespace Cecelia.Relay.Journal;

/// <summary>Bounds of the journal: how far back a client that comes again can be served. Immutable.</summary>
internal sealed record JournalOptions
{
    /// <summary>Most bytes of payloads. Default 16 MiB, taken from the system as they are used. Zero is not allowed.</summary>
    public int Bytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Most entries. Default 65,536; rounded up to a power of two. Zero is not allowed.</summary>
    public int Events { get; init; } = 65_536;

    /// <summary>Oldest entry. Default 5 minutes; zero sets no bound by age.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromMinutes(5);
}
