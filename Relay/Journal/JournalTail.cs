namespace Cecelia.Relay.Journal;

/// <summary>A copy of the newest part of a journal, from which another instance's journal continues. Immutable once made; owns its arrays.</summary>
/// <param name="Window">The hashes of the last <see cref="MessageWindow.Length"/> messages, oldest first.</param>
/// <param name="Entries">Oldest first.</param>
/// <param name="Payloads">The payloads of the entries, concatenated.</param>
internal sealed record JournalTail(ulong[] Window, TailEntry[] Entries, byte[] Payloads)
{
    /// <summary>Number of the events whose payloads are included.</summary>
    public int EventCount => Entries.Count(entry => entry.Kind == EntryKind.Event);

    /// <summary>Returns true if its last events are the last of <paramref name="events"/>, as far back as both reach.</summary>
    public bool EndsLike(IReadOnlyList<byte[]> events)
    {
        int left = events.Count, end = Payloads.Length;
        for (int i = Entries.Length - 1; i >= 0 && left > 0; i--)
        {
            TailEntry entry = Entries[i];
            end -= entry.Length;
            if (entry.Kind == EntryKind.Event && !Payloads.AsSpan(end, entry.Length).SequenceEqual(events[--left])) return false;
        }

        return true;
    }
}

/// <summary>One entry of a <see cref="JournalTail"/>.</summary>
internal readonly record struct TailEntry(StreamPosition Position, EntryKind Kind, int Length);
