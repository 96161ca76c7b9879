using System.Diagnostics.CodeAnalysis;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Fanout;

/// <summary>Makes frames of a view from the entries of the journal, without delaying the ingest thread by more than the copying of a few entries.</summary>
internal sealed class ReplayFrames(FanoutOptions options, EventLimits limits, Timeline timeline, SegmentPool pool) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly EventFrames _frames = new(options.CompressionMinBytes);
    private readonly EventDecoder _decoder = new(limits);
    private readonly DecodedEvent _event = new();
    private readonly List<CopiedEvent> _batch = [];

    /// <summary>Waits for the exclusive right to call <see cref="Make"/> and to prepend what it returns. <see cref="Release"/> must follow.</summary>
    public Task AcquireAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    /// <summary>Releases the right.</summary>
    public void Release() => _turn.Release();

    /// <summary>
    /// Returns frames of the events that the view wants, from entry <paramref name="from"/> to below <paramref name="to"/>; null if the journal no longer
    /// has all of them, or when they are more than a buffer may hold. The caller, which must hold the right, disposes the run or passes it to a buffer.
    /// </summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller owns the run that is returned; any other is disposed.")]
    public FrameRun? Make(ViewKind kind, long from, long to)
    {
        var run = new FrameRun(pool);
        bool isWhole = false;
        try
        {
            long next = from;
            bool isComplete = true;
            while (next < to && run.Bytes <= options.BufferBytes && run.Frames <= options.BufferEvents && isComplete)
            {
                next = timeline.CopyRange(next, to, [], _batch, out isComplete);
                Add(kind, run);
            }

            isWhole = isComplete && next == to;
            return isWhole ? run : null;
        }
        finally
        {
            _batch.Clear();
            if (!isWhole) run.Dispose();
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
