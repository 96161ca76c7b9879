using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Reads pages of older events out of the journal, newest page first (PROTOCOL.md, <i>History over HTTP</i>). Any thread; makes one page at a time. The ingest
/// thread waits at most for the copying of some hundred entries.
/// </summary>
internal sealed class HistoryReader(EventLimits limits, Timeline timeline, SnapshotMaker snapshots)
{
    /// <summary>Maximum number of events in a page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Maximum number of entries that are examined for a page, so that a filter which selects few events does not occupy the reader.</summary>
    private const int MaxExamined = 32 * 1024;

    /// <summary>Size of a page, in bytes, from which no further event is added.</summary>
    private const int EnoughBytes = 4 * 1024 * 1024;

    private readonly Lock _turn = new();
    private readonly EventDecoder _decoder = new(limits);
    private readonly DecodedEvent _event = new();
    private readonly List<CopiedEntry> _copied = [];

    /// <summary>
    /// Reads the newest events that a filter selects, or those that were accepted up to a position. A page ends at a gap; the next one begins before it.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="page">The page, which the caller disposes; null if there is a failure, or if there is no memory for another page.</param>
    /// <returns>The failure if a position was not found.</returns>
    public ResumeFailure? TryRead(HistoryRequest request, out HistoryPage? page)
    {
        page = null;
        lock (_turn)
        {
            if (snapshots.Budget.IsSpent) return null;
            StateReading? stateBase = request.HasBase ? snapshots.ReadBase(Selections.Of(request.Filter), request.MaxBaseEntries) : null;
            try
            {
                return Read(request with { Since = stateBase?.Position ?? request.Since }, stateBase, out page);
            }
            finally
            {
                if (page is null) stateBase?.Dispose();
            }
        }
    }

    private ResumeFailure? Read(HistoryRequest request, StateReading? stateBase, out HistoryPage? page)
    {
        page = null;
        if (timeline.FindEnd(request.Before, out long end, out StreamPosition position) is { } failure) return failure;
        if (timeline.FindStart(request.Since, out long start) is { } tooOld) return tooOld;
        var items = new List<byte[]>();
        CopiedEntry? gap = null;
        bool isComplete = true;
        (long number, long first, long bytes) = (end, 0, 0);
        int examined = 0;
        do
        {
            timeline.CopyBefore(number, _copied, out first);
            // Entries after the position may have left the journal since.
            if (request.Since is not null && first > start) return ResumeFailure.Unknown;
            first = Math.Max(first, start);
            foreach (CopiedEntry entry in _copied)
            {
                if (entry.Number < first || items.Count == request.Limit || examined == MaxExamined || bytes >= EnoughBytes) break;
                examined++;
                number = entry.Number;
                isComplete &= entry.Kind != EntryKind.Omitted;
                if (entry.Kind == EntryKind.Gap) gap = entry;
                if (gap is not null) break;
                if (entry.Kind != EntryKind.Event || Select(request.Filter, entry) is not { } item) continue;
                items.Add(item);
                bytes += item.Length;
            }
        }
        while (gap is null && items.Count < request.Limit && examined < MaxExamined && bytes < EnoughBytes && number > first && _copied.Count > 0);

        _copied.Clear();
        items.Reverse();
        StreamPosition? next = number > first ? timeline.PositionBefore(number) : null;
        if (number > first && next is null && request.Since is not null) return ResumeFailure.Unknown;
        page = new HistoryPage(snapshots.Budget, items, position, next, stateBase)
        {
            Gap = gap,
            IsComplete = isComplete && gap is null,
            HasBase = request.HasBase,
        };
        return null;
    }

    /// <summary>Returns the JSON of an event as in the subprotocol, with the time at which it was received; null if the filter does not select it.</summary>
    private byte[]? Select(Filter filter, CopiedEntry entry)
    {
        if (_decoder.Decode(entry.Payload, _event) != RefusalReason.None || !filter.Matches(_event)) return null;
        Span<byte> id = stackalloc byte[StreamPosition.TextLength];
        entry.Position.Write(id);
        byte[] received = Encoding.ASCII.GetBytes($",\"received\":\"{RelayMessage.Time(entry.Position.TimeMs)}\"}}");
        byte[] text = new byte[CeceliaFormat.MaxLength(_event, id) + received.Length];
        int length = CeceliaFormat.Write(_event, text, entry.Position.TimeMs, id);
        // In place of the closing brace.
        received.CopyTo(text, length - 1);
        return text[..(length - 1 + received.Length)];
    }
}
