using System.Diagnostics;

namespace Cecelia.Relay.Journal;

/// <summary>The kind of an entry in the journal.</summary>
internal enum EntryKind : byte
{
    /// <summary>The start of this instance; it has no payload.</summary>
    Origin,

    /// <summary>An accepted event; the payload is as its publisher wrote it.</summary>
    Event,

    /// <summary>A gap; the payload is the <c>data</c> of <c>relay:gap</c>.</summary>
    Gap,

    /// <summary>An event too large to be kept. It was sent to connected clients, but no client can resume across it.</summary>
    Omitted,
}

/// <summary>One entry without its payload.</summary>
[DebuggerDisplay("{Kind} at {Position}, {Length} bytes")]
internal readonly record struct JournalEntry(StreamPosition Position, EntryKind Kind, int Offset, int Length);

/// <summary>An event or a gap, copied out of the journal. Immutable.</summary>
/// <param name="Kind"><see cref="EntryKind.Event"/> or <see cref="EntryKind.Gap"/>.</param>
/// <param name="TimeMs">When it was accepted, in Unix milliseconds.</param>
/// <param name="Payload">Its payload.</param>
internal readonly record struct KeptEntry(EntryKind Kind, long TimeMs, byte[] Payload);
