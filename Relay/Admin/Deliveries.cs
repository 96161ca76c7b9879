using Cecelia.Relay.Connections;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Admin;

/// <summary>The outcome of an event for one connection. Closed.</summary>
internal enum DeliveryOutcome
{
    /// <summary>Its transport took the event: for a plain socket, the kernel did.</summary>
    Given,

    /// <summary>Skipped, because the client was too slow, or continued elsewhere.</summary>
    Skipped,

    /// <summary>Not given yet.</summary>
    Pending,

    /// <summary>The connection ended before it was given.</summary>
    Ended,

    /// <summary>No longer recorded.</summary>
    NotRecorded,
}

/// <summary>The outcome of an event for one connection, with its time.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="TimeMs">By when, in Unix milliseconds; zero if that is not known.</param>
/// <param name="IsSlow">True if it was skipped because the client was too slow.</param>
internal readonly record struct Delivery(DeliveryOutcome Outcome, long TimeMs, bool IsSlow = false);

/// <summary>
/// Derives who was given an event, and when, from the notes of the pumps (<see cref="PumpNotes"/> has an example). Reads the notes of each client once, so it
/// is made for one trace. For one thread.
/// </summary>
internal sealed class Deliveries
{
    /// <summary>Maximum number of notes of a pump that are used, so that a trace does not need as much memory as the recording.</summary>
    private const int MaxNotes = 262_144;

    private readonly Dictionary<PumpNotes, ClientNotes> _clients = [];

    /// <summary>Returns the time since which the notes of a pump are used, in Unix milliseconds; null if all of them are.</summary>
    public static long? SinceMs(PumpNotes notes) => FirstOf(notes) is > 0 and var first && notes.TryRead(first, out Note note) ? note.TimeMs : null;

    /// <summary>Returns the outcome of an event for a connection that wants it; null if the connection began after the event.</summary>
    public Delivery? Of(ConnectionRecord connection, long entry)
    {
        if (connection.Notes is not { } notes || connection.Span.FirstNote < 0 || connection.Span.StartEntry >= entry) return null;
        ClientNotes clients = NotesOf(notes);
        List<(long Index, Note Note)> own = clients.ByClient.GetValueOrDefault(connection.Origin.Number) ?? [];
        long first = clients.First;
        bool isCut = connection.Span.FirstNote < first;
        // What happened before the first note here, if something was dropped: it is known only if that note was written before the event was flushed.
        if (isCut && notes.TryRead(first, out Note oldest) && oldest.Flushed >= entry) return new Delivery(DeliveryOutcome.NotRecorded, 0);
        long from = Math.Max(first, connection.Span.FirstNote);
        bool isBehind = isCut && (own.Count > 0 ? own[0].Note.WasBehind : connection.Span.IsBehind);
        foreach ((long index, Note note) in own)
        {
            if (!isBehind && clients.FindRound(entry, from, index) is { } before) return new Delivery(DeliveryOutcome.Given, before);
            if (note.Reached >= entry) return new Delivery(DeliveryOutcome.Given, note.TimeMs);
            if (note.Kind == NoteKind.Skip && entry <= note.To) return new Delivery(DeliveryOutcome.Skipped, note.TimeMs, note.IsSlow);
            (isBehind, from) = (note.IsBehind, index + 1);
        }

        if (!isBehind && clients.FindRound(entry, from, connection.Span.EndNote) is { } given) return new Delivery(DeliveryOutcome.Given, given);
        // The last progress of a client that stays behind may not be noted.
        bool hasReached = isBehind && connection.Span.Reached >= entry;
        if (connection.EndedMs is not { } endedMs) return new Delivery(hasReached ? DeliveryOutcome.Given : DeliveryOutcome.Pending, 0);
        return new Delivery(connection.Span.Reached >= entry ? DeliveryOutcome.Given : DeliveryOutcome.Ended, endedMs);
    }

    private static long FirstOf(PumpNotes notes) => Math.Max(notes.First, notes.Next - MaxNotes);

    /// <summary>Returns the notes of each client, in their order.</summary>
    private ClientNotes NotesOf(PumpNotes notes)
    {
        if (_clients.TryGetValue(notes, out ClientNotes? found)) return found;
        var clients = new ClientNotes(notes, FirstOf(notes));
        long next = notes.Next;
        for (long index = clients.First; index < next; index++)
        {
            if (!notes.TryRead(index, out Note note) || note.Kind == NoteKind.Round) continue;
            if (!clients.ByClient.TryGetValue(note.Client, out List<(long Index, Note Note)>? own)) clients.ByClient.Add(note.Client, own = []);
            own.Add((index, note));
        }

        _clients.Add(notes, clients);
        return clients;
    }

    /// <summary>The notes of one pump that are used.</summary>
    private sealed class ClientNotes(PumpNotes notes, long first)
    {
        private (long Entry, long Index, long TimeMs) _firstRound = (-1, 0, 0);

        /// <summary>Index of the first note that is used.</summary>
        public long First => first;

        /// <summary>The notes of each client, with their indexes.</summary>
        public Dictionary<long, List<(long Index, Note Note)>> ByClient { get; } = [];

        /// <summary>Returns the time of the first round with an event, from a note on and before another; null if there is none.</summary>
        public long? FindRound(long entry, long from, long before)
        {
            // Most clients share the result.
            if (_firstRound.Entry == entry && from <= _firstRound.Index) return _firstRound.Index < before ? _firstRound.TimeMs : null;
            // The flushed entry of the notes never decreases: the first note with the event, by bisection, then the first round from there.
            (long low, long high) = (from, notes.Next);
            while (low < high)
            {
                long middle = low + ((high - low) / 2);
                // A note that has just been dropped is older than those that are here.
                if (notes.TryRead(middle, out Note note) && note.Flushed >= entry) high = middle;
                else low = middle + 1;
            }

            bool isFirst = low > from;
            for (long index = low; index < notes.Next; index++)
            {
                if (!notes.TryRead(index, out Note note) || note is not { Kind: NoteKind.Round } || note.Flushed < entry) continue;
                // A later start than the first note with the event may be behind the first round.
                if (isFirst) _firstRound = (entry, index, note.TimeMs);
                return index < before ? note.TimeMs : null;
            }

            return null;
        }
    }
}
