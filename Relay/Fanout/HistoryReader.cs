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
    /// Reads the newest events that a filter selects and that were accepted up to a position, or the newest of all. A page ends at a gap; the next one begins before it.
    /// </summary>
    /// <param name="filter">Selects the events.</param>
    /// <param name="before">The position up to which the page reaches; null for the newest events.</param>
    /// <param name="limit">Maximum number of events, up to <see cref="MaxLimit"/>.</param>
    /// <param name="page">The page, which the caller disposes; null if there is a failure, or if there is no memory for another page.</param>
    /// <returns>The failure if the position was not found.</returns>
    public ResumeFailure? TryRead(Filter filter, StreamPosition? before, int limit, out HistoryPage? page)
    {
        page = null;
        lock (_turn)
        {
            if (timeline.FindEnd(before, out long end, out StreamPosition position) is { } failure) return failure;
            if (snapshots.Budget.IsSpent) return null;
            var items = new List<byte[]>();
            (byte[]? gap, bool isComplete) = (null, true);
            (long number, long first, long bytes) = (end, 0, 0);
            int examined = 0;
            do
            {
                timeline.CopyBefore(number, _copied, out first);
                foreach (CopiedEntry entry in _copied)
                {
                    if (items.Count == limit || examined == MaxExamined || bytes >= EnoughBytes) break;
                    examined++;
                    number = entry.Number;
                    isComplete &= entry.Kind != EntryKind.Omitted;
                    if (entry.Kind == EntryKind.Gap) gap = entry.Payload;
                    if (gap is not null) break;
                    if (entry.Kind != EntryKind.Event || Select(filter, entry) is not { } item) continue;
                    items.Add(item);
                    bytes += item.Length;
                }
            }
            while (gap is null && items.Count < limit && examined < MaxExamined && bytes < EnoughBytes && number > first && _copied.Count > 0);

            _copied.Clear();
            items.Reverse();
            page = new HistoryPage(snapshots.Budget, items, position, timeline.PositionBefore(number)) { Gap = gap, IsComplete = isComplete && gap is null };
            return null;
        }
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
