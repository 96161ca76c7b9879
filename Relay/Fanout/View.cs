using System.Diagnostics;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The set of clients with the same filter, wire format and encoding, and the outbound buffer of their frames. Created for the first such client and removed
/// after the last (<see cref="ViewTable"/>). The ingest thread appends; the pumps send.
/// </summary>
[DebuggerDisplay("{Kind.Format} {Kind.Encoding}, {References} clients, {Buffer.Head} frames, {Buffer.Bytes} bytes")]
internal sealed class View
{
    private readonly PumpedView?[] _pumped;
    private readonly PumpSet _pumps;
    // Not zero: frames that are prepended to the first have negative numbers.
    private long _endsAt = long.MinValue;

    /// <param name="kind">Filter, wire format and encoding.</param>
    /// <param name="completeFrom">Number of the journal's next entry.</param>
    /// <param name="options">Bounds of the buffer.</param>
    /// <param name="pool">Memory of the buffer.</param>
    /// <param name="pumps">The pumps that serve the clients.</param>
    public View(ViewKind kind, long completeFrom, FanoutOptions options, SegmentPool pool, PumpSet pumps)
    {
        Kind = kind;
        _pumps = pumps;
        Buffer = new OutboundBuffer(options, pool, completeFrom);
        _pumped = new PumpedView?[pumps.All.Count];
    }

    public ViewKind Kind { get; }

    public OutboundBuffer Buffer { get; }

    /// <summary>Number of clients that hold it. Written by <see cref="ViewTable"/>, under its lock.</summary>
    public int References { get; set; }

    /// <summary>
    /// Number of the frame behind the last: a client that has received the frame before it has received everything. Less than any frame's number while
    /// there is no end. Written by the ingest thread, before the last frame is appended.
    /// </summary>
    public long EndsAt
    {
        get => Volatile.Read(ref _endsAt);
        set => Volatile.Write(ref _endsAt, value);
    }

    /// <summary>The round of the ingest thread in which an event was last appended. For that thread.</summary>
    public long Round { get; set; }

    /// <summary>The first event of the round whose trace is continued; null if there is none. For the ingest thread.</summary>
    public TracedEvent? Traced { get; set; }

    /// <summary>The newest snapshot of the view, held while it is set. For <see cref="SnapshotMaker"/>, under its lock.</summary>
    public Snapshot? Snapshot { get; set; }

    /// <summary>Returns the clients of this view on one pump; created on the first call. Any thread.</summary>
    public PumpedView On(int pump)
    {
        PumpedView? pumped = Volatile.Read(ref _pumped[pump]);
        if (pumped is not null) return pumped;
        pumped = new PumpedView(_pumps.All[pump], this);
        return Interlocked.CompareExchange(ref _pumped[pump], pumped, null) ?? pumped;
    }

    /// <summary>Returns the clients of this view on the pump that serves those of another view. Any thread.</summary>
    public PumpedView OnPumpOf(PumpedView other)
    {
        int pump = 0;
        while (_pumps.All[pump] != other.Pump) pump++;
        return On(pump);
    }

    /// <summary>Notifies the pumps that frames have been appended. Any thread.</summary>
    /// <param name="timestampMs">Timestamp of the first event, in Unix milliseconds: negative when it is not known, never zero.</param>
    /// <param name="traced">An event among the appended ones whose trace is continued; null if there is none.</param>
    public void MarkDirty(long timestampMs, TracedEvent? traced = null)
    {
        // The writer's half of two handshakes, with PumpedView.Add and PumpedView.Clean: the buffer's new head must be visible before the code below reads
        // which parts have clients and which are marked already. A processor may let a read pass an earlier write, and the event would wait for the next one.
        Interlocked.MemoryBarrier();
        for (int i = 0; i < _pumped.Length; i++)
        {
            if (Volatile.Read(ref _pumped[i]) is { HasClients: true } pumped) pumped.MarkDirty(timestampMs, traced);
        }
    }
}

/// <summary>The key of a view: clients with the same key share it.</summary>
internal readonly record struct ViewKind(Filter Filter, WireFormat Format, FrameEncoding Encoding)
{
    /// <summary>Whether names of publishers and addresses of servers are left out of the relay's messages.</summary>
    public bool HidesSources { get; init; }
}

/// <summary>The encoding of a view's frames.</summary>
internal enum FrameEncoding
{
    /// <summary>WebSocket text frames.</summary>
    Plain,

    /// <summary>WebSocket text frames with permessage-deflate without context takeover (RFC 7692), for messages from a certain size on.</summary>
    Deflate,

    /// <summary>Text of an event stream instead of WebSocket frames (<see cref="EventStreamText"/>). Only for the subprotocol's format.</summary>
    EventStream,

    /// <summary>
    /// As <see cref="EventStream"/>, each message an HTTP chunk of its own (<see cref="HttpChunk"/>), for sockets that are written to directly.
    /// </summary>
    ChunkedEventStream,
}
