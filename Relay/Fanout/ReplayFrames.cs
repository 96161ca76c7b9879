using System.Diagnostics.CodeAnalysis;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Fanout;

/// <summary>Makes frames of a view from what the journal still holds, beside the ingest thread: that one is held up only while some entries are copied.</summary>
internal sealed class ReplayFrames(FanoutOptions options, EventLimits limits, Timeline timeline, SegmentPool pool) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly EventFrames _frames = new(options.CompressionMinBytes);
    private readonly EventDecoder _decoder = new(limits);
    private readonly DecodedEvent _event = new();
    private readonly List<CopiedEvent> _batch = [];

    /// <summary>Waits until the caller alone may call <see cref="Make"/> and put what it makes into a log. <see cref="Release"/> must follow.</summary>
    public Task AcquireAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    /// <summary>Ends the turn.</summary>
    public void Release() => _turn.Release();

    /// <summary>
    /// Frames of what the view wants of the entries from <paramref name="from"/> to below <paramref name="to"/>; null when the journal no longer has them all, or
    /// when they are more than a log may hold. For the caller whose turn it is, which disposes the run or hands it to a log.
    /// </summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller owns the run that is returned; any other is disposed.")]
    public FrameRun? Make(ViewKind kind, long from, long to)
    {
        var run = new FrameRun(pool);
        bool whole = false;
        try
        {
            long next = from;
            bool isComplete = true;
            while (next < to && run.Bytes <= options.BufferBytes && run.Frames <= options.BufferEvents && isComplete)
            {
                next = timeline.CopyRange(next, to, [], _batch, out isComplete);
                Add(kind, run);
            }

            whole = isComplete && next == to;
            return whole ? run : null;
        }
        finally
        {
            _batch.Clear();
            if (!whole) run.Dispose();
        }
    }

    public void Dispose()
    {
        _turn.Dispose();
        _frames.Dispose();
    }

    /// <summary>Appends frames of the events in the batch that the view wants.</summary>
    private void Add(ViewKind kind, FrameRun run)
    {
        foreach (CopiedEvent copied in _batch)
        {
            if (_decoder.Decode(copied.Payload, _event) != RefusalReason.None || !kind.Filter.Matches(_event)) continue;
            _frames.SetEvent(_event, copied.Position, copied.Position.TimeMs);
            run.Append(_frames.Frame(kind), copied.Number, copied.Position.TimeMs);
        }
    }
}
