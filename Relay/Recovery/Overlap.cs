using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Recovery;

/// <summary>The overlap of two histories: how many of the messages in the queue a loaded journal already ends with. Compared by content.</summary>
/// <param name="Count">
/// Number of messages at the beginning of the queue that are also the last events of the journal. It is the largest number that fits, so that no event passes
/// twice.
/// </param>
/// <param name="IsCertain">
/// True if the queue is known to continue the journal without a gap. Otherwise the match may be a coincidence, as when a publisher repeats its events, and
/// events may be missing between the two.
/// </param>
/// <remarks>
/// <para>Example: a copy of the journal ends with the events … 58 59 60, and an instance that starts from that copy subscribed in time to receive 29 … 60 61
/// 62. The last 32 events of the journal are the first 32 messages of the queue, so <see cref="Count"/> is 32 and 61 is the next event that passes. 32 equal
/// events in a row rule out a coincidence, so the overlap is certain and no gap is noted.</para>
/// <para>Example: the queue begins with 30 instead. <see cref="Count"/> is 31, which is less than <see cref="CertainFrom"/>: a gap is noted.</para>
/// <para>Example: one letter is one event, the journal ends with … A B A B and the queue begins with A B A B C. <see cref="Count"/> is 4 and not 2, although 2
/// would fit as well. Even with 32 events or more such a match is not certain: the publisher may have sent A B once more in between.</para>
/// <para>Example: the journal ends with … 58 59 60 and the queue begins with 62. <see cref="Count"/> is 0: all messages pass, after a gap.</para>
/// </remarks>
internal readonly record struct Overlap(int Count, bool IsCertain)
{
    /// <summary>Number of equal events in a row that rule out a coincidence: as many as distinguish one position in the stream from another.</summary>
    private const int CertainFrom = MessageWindow.Length;

    /// <summary>Finds the overlap. Takes time proportional to the number of messages, however they repeat.</summary>
    /// <param name="tail">The end of the journal.</param>
    /// <param name="waiting">The messages of the queue, oldest first.</param>
    public static Overlap Find(JournalTail tail, IEnumerable<byte[]> waiting)
    {
        byte[][] messages = [.. waiting];
        if (messages.Length == 0) return default;
        // The failure function of Knuth, Morris and Pratt: for each prefix of the messages the length of its longest proper prefix that is also its suffix.
        int[] borders = new int[messages.Length];
        for (int i = 1, length = 0; i < messages.Length; i++)
        {
            while (length > 0 && !messages[i].AsSpan().SequenceEqual(messages[length])) length = borders[length - 1];
            if (messages[i].AsSpan().SequenceEqual(messages[length])) length++;
            borders[i] = length;
        }

        int matched = 0;
        int offset = 0;
        foreach (TailEntry entry in tail.Entries)
        {
            ReadOnlySpan<byte> payload = tail.Payloads.AsSpan(offset, entry.Length);
            offset += entry.Length;
            // The bytes of this entry were not handed over, so a match cannot extend across it.
            if (entry.Kind == EntryKind.Omitted) matched = 0;
            if (entry.Kind != EntryKind.Event) continue;
            while (matched > 0 && (matched == messages.Length || !payload.SequenceEqual(messages[matched]))) matched = borders[matched - 1];
            if (payload.SequenceEqual(messages[matched])) matched++;
        }

        // When fewer messages fit as well, it is not known which number is right.
        return new Overlap(matched, matched >= CertainFrom && borders[matched - 1] == 0);
    }
}
