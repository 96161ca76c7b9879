using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Ingest;

/// <summary>Finds how much of what waits is in a journal already, by content.</summary>
internal static class Overlap
{
    /// <summary>
    /// How many of the waiting messages are the last events of the journal: the most that fit, so that nothing passes twice. Zero when none do: then it is
    /// not known what lies between.
    /// </summary>
    public static long Find(JournalTail tail, IEnumerable<byte[]> waiting)
    {
        List<byte[]> messages = [.. waiting];
        var events = new List<ReadOnlyMemory<byte>>();
        int at = 0;
        foreach (TailEntry entry in tail.Entries)
        {
            if (entry.Kind == EntryKind.Event) events.Add(tail.Payloads.AsMemory(at, entry.Length));
            at += entry.Length;
        }

        for (int count = Math.Min(messages.Count, events.Count); count > 0; count--)
        {
            if (Enumerable.Range(0, count).All(i => events[events.Count - count + i].Span.SequenceEqual(messages[i]))) return count;
        }

        return 0;
    }
}
