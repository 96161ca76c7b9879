using Cecelia.Relay.Fanout;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Connections;

/// <summary>A connection that is open or has ended, for traces. Immutable.</summary>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Transport">Its transport.</param>
/// <param name="View">Filter, wire format and encoding.</param>
/// <param name="Notes">The notes of its pump; null if the recorder is off.</param>
/// <param name="Span">The part of the notes in which its client was served.</param>
/// <param name="EndedMs">When it ended, in Unix milliseconds; null while it is open.</param>
internal sealed record ConnectionRecord(
    ConnectionOrigin Origin, Transport Transport, ViewKind View, PumpNotes? Notes, ClientSpan Span, long? EndedMs)
{
    /// <summary>Memory of a record besides its filter and texts, in bytes.</summary>
    private const int OverheadBytes = 400;

    /// <summary>Upper bound of its memory, in bytes.</summary>
    public long Bytes => OverheadBytes + View.Filter.Bytes + (2 * (Origin.Name.Length + (Origin.User?.Length ?? 0)));
}
