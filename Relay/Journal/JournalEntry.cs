using System.Diagnostics;

namespace Cecelia.Relay.Journal;

/// <summary>What stands in the journal at one number.</summary>
internal enum EntryKind : byte
{
    /// <summary>Where this instance began; it has no payload.</summary>
    Origin,

    /// <summary>An accepted event, as its publisher wrote it.</summary>
    Event,

    /// <summary>Here something may be missing: the payload is the <c>data</c> of <c>relay:gap</c>.</summary>
    Gap,

    /// <summary>An event too large to be kept; it was sent, but nobody can be served across it.</summary>
    Omitted,
}

/// <summary>One entry without its payload.</summary>
[DebuggerDisplay("{Kind} at {Position}, {Length} bytes")]
internal readonly record struct JournalEntry(StreamPosition Position, EntryKind Kind, int Offset, int Length);

/// <summary>An event or a gap, copied out of the journal. Immutable.</summary>
/// <param name="Kind"><see cref="EntryKind.Event"/> or <see cref="EntryKind.Gap"/>.</param>
/// <param name="TimeMs">When it passed, in Unix milliseconds.</param>
/// <param name="Payload">As <see cref="EventJournal.Payload"/>.</param>
internal readonly record struct KeptEntry(EntryKind Kind, long TimeMs, byte[] Payload);
