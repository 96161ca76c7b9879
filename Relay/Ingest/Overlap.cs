using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Ingest;

/// <summary>How much of what waits is in a journal already, by content.</summary>
/// <param name="Count">How many of the waiting messages are the last events of the journal: the most that fit, so that nothing passes twice.</param>
/// <param name="IsCertain">The one ends where the other begins. Otherwise it may only look so, as where a publisher says the same thing again, and events may be missing between.</param>
internal readonly record struct Overlap(int Count, bool IsCertain)
{
    /// <summary>So many events in a row are no accident: as many as tell one place in the stream from another.</summary>
    private const int CertainFrom = MessageWindow.Length;

    /// <summary>In time that grows with the messages and no faster, however they repeat.</summary>
    public static Overlap Find(JournalTail tail, IEnumerable<byte[]> waiting)
    {
        byte[][] messages = [.. waiting];
        if (messages.Length == 0) return default;
        // For each beginning of what waits, how long its longest other beginning is that is its end too (Knuth, Morris, Pratt).
        int[] shorter = new int[messages.Length];
        for (int i = 1, length = 0; i < messages.Length; i++)
        {
            while (length > 0 && !messages[i].AsSpan().SequenceEqual(messages[length])) length = shorter[length - 1];
            if (messages[i].AsSpan().SequenceEqual(messages[length])) length++;
            shorter[i] = length;
        }

        int fits = 0;
        int at = 0;
        foreach (TailEntry entry in tail.Entries)
        {
            ReadOnlySpan<byte> payload = tail.Payloads.AsSpan(at, entry.Length);
            at += entry.Length;
            // Its bytes are not here, so nothing is known of what lies around it.
            if (entry.Kind == EntryKind.Omitted) fits = 0;
            if (entry.Kind != EntryKind.Event) continue;
            while (fits > 0 && (fits == messages.Length || !payload.SequenceEqual(messages[fits]))) fits = shorter[fits - 1];
            if (payload.SequenceEqual(messages[fits])) fits++;
        }

        // Where fewer fit as well, nobody knows which it is.
        return new Overlap(fits, fits >= CertainFrom && shorter[fits - 1] == 0);
    }
}
