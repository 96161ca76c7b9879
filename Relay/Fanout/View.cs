using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// One way of seeing the stream: which events, in which wire format and encoding, and the log of their frames. Clients that want the same share it; it is made
/// for the first and ends with the last (<see cref="ViewTable"/>). The ingest thread appends; the pumps send.
/// </summary>
internal sealed class View
{
    private readonly PumpedView?[] _pumped;
    private readonly PumpSet _pumps;
    // Not zero: frames that are put before the first have negative numbers.
    private long _endsAt = long.MinValue;

    /// <param name="kind">What it is.</param>
    /// <param name="wholeFrom">Number of the journal's next entry.</param>
    /// <param name="options">Bounds of its log.</param>
    /// <param name="pool">Memory of its log.</param>
    /// <param name="pumps">Who serves its clients.</param>
    public View(ViewKind kind, long wholeFrom, FanoutOptions options, SegmentPool pool, PumpSet pumps)
    {
        Kind = kind;
        _pumps = pumps;
        Buffer = new OutboundBuffer(options, pool, wholeFrom);
        _pumped = new PumpedView?[pumps.All.Count];
    }

    public ViewKind Kind { get; }

    public OutboundBuffer Buffer { get; }

    /// <summary>Clients that hold it. Written by <see cref="ViewTable"/>, under its lock.</summary>
    public int References { get; set; }

    /// <summary>
    /// A client that has got the frame before this one has got all that there is to get; less than any frame's number where there is no end. Written by the ingest thread, before that frame.
    /// </summary>
    public long EndsAt
    {
        get => Volatile.Read(ref _endsAt);
        set => Volatile.Write(ref _endsAt, value);
    }

    /// <summary>When it was last appended to, as the ingest thread counts its rounds; for that thread.</summary>
    public long Round { get; set; }

    /// <summary>The newest snapshot of it, held for as long as it stands here; for <see cref="SnapshotMaker"/>, under its lock.</summary>
    public Snapshot? Snapshot { get; set; }

    /// <summary>Its part on one pump, made when first asked for. Any thread.</summary>
    public PumpedView On(int pump)
    {
        PumpedView? pumped = Volatile.Read(ref _pumped[pump]);
        if (pumped is not null) return pumped;
        pumped = new PumpedView(_pumps.All[pump], this);
        return Interlocked.CompareExchange(ref _pumped[pump], pumped, null) ?? pumped;
    }

    /// <summary>Tells the pumps that the log has grown by an event of this timestamp, in Unix milliseconds; negative where that is not known, and not zero. Any thread.</summary>
    public void MarkDirty(long timestampMs)
    {
        // The writer's half of two handshakes, with PumpedView.Add and PumpedView.Clean: the log's new head must be visible before it is asked who
        // is there and who is marked already. A processor may let a read pass an earlier write, and an event would wait for the next one.
        Interlocked.MemoryBarrier();
        for (int i = 0; i < _pumped.Length; i++)
        {
            if (Volatile.Read(ref _pumped[i]) is { HasClients: true } pumped) pumped.MarkDirty(timestampMs);
        }
    }
}

/// <summary>What tells one view from another; clients that want the same share it.</summary>
internal readonly record struct ViewKind(Filter Filter, WireFormat Format, FrameEncoding Encoding);

/// <summary>How a view's frames hold their messages.</summary>
internal enum FrameEncoding
{
    Plain,

    /// <summary>permessage-deflate without context takeover (RFC 7692), for messages from a certain size.</summary>
    Deflate,

    /// <summary>No WebSocket frames, but text of an event stream (<see cref="EventStreamText"/>). Only in the subprotocol's format.</summary>
    EventStream,

    /// <summary>The same, each message a chunk of its own (<see cref="HttpChunk"/>), for sockets that it goes straight to.</summary>
    ChunkedEventStream,
}
