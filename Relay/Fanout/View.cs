using Cecelia.Relay.Views;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// One way of seeing the stream: which events, in which dialect, and the log of their frames. Clients that want the same share it. The ingest
/// thread appends; the pumps send.
/// </summary>
internal sealed class View
{
    private readonly PumpedView[] _pumped;
    private readonly TimeProvider _time;

    public View(FanoutOptions options, SegmentPool pool, PumpSet pumps, TimeProvider time)
    {
        _time = time;
        Log = new FrameLog(options, pool);
        _pumped = [.. pumps.All.Select(pump => new PumpedView(pump, this))];
    }

    public FrameLog Log { get; }

    /// <summary>Its part on each pump, in the order of the pumps.</summary>
    public IReadOnlyList<PumpedView> Pumped => _pumped;

    /// <summary>Tells the pumps that the log has grown by an event of this timestamp, in Unix milliseconds (not zero). Any thread.</summary>
    public void MarkDirty(long timestampMs)
    {
        // The writer's half of two handshakes, with PumpedView.Add and PumpedView.Clean: the log's new head must be visible before it is asked who
        // is there and who is marked already. A processor may let a read pass an earlier write, and an event would wait for the next one.
        Interlocked.MemoryBarrier();
        foreach (PumpedView pumped in _pumped)
        {
            if (pumped.HasClients) pumped.MarkDirty(timestampMs);
        }
    }

    /// <summary>The frame that tells a client how many events it missed (PROTOCOL.md, <i>Slow clients</i>).</summary>
    public byte[] GapFrame(long missed) => Frames.Text(GapNotice.Write(missed, _time.GetUtcNow()));
}
