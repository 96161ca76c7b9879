namespace Cecelia.Relay.Fanout;

/// <summary>The point from which a client starts, or continues after it fell behind. Immutable.</summary>
/// <param name="Greeting">Whole frames for this client only, sent first; null if there are none.</param>
/// <param name="Snapshot">The snapshot, sent next; held for the client, which releases it. Null if the client needs none.</param>
/// <param name="Offset">The offset in the view's buffer of the first frame that is neither in the snapshot nor already received by the client.</param>
internal sealed record StartPoint(byte[]? Greeting, Snapshot? Snapshot, BufferOffset Offset)
{
    /// <summary>Number of the last journal entry that the client does not need.</summary>
    public long Entry { get; init; }

    /// <summary>The view that the offset is in, on the client's pump. Null when it is that of the client.</summary>
    public PumpedView? View { get; init; }
}
