namespace Cecelia.Relay.Fanout;

/// <summary>Where a client starts, or goes on after it fell behind: what it is told first, the snapshot it is given, and its place in the log behind both. Immutable.</summary>
/// <param name="Greeting">Whole frames for this client alone; null when there is nothing to say.</param>
/// <param name="Snapshot">Shared; held for the client, which gives it back. Null when the client needs none.</param>
/// <param name="Position">The log's first frame that is neither in the snapshot nor already known to the client.</param>
internal sealed record StartPoint(byte[]? Greeting, Snapshot? Snapshot, BufferOffset Position)
{
    /// <summary>Number of the journal's last entry that the client need not be given; asked for only where it does not speak the subprotocol.</summary>
    public long Entry { get; init; }
}
