using System.Diagnostics.CodeAnalysis;
using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Fanout;

/// <summary>Makes frames of a view from what the journal still holds, beside the ingest thread: that one is held up only while some entries are copied.</summary>
internal sealed class ReplayFrames(FanoutOptions options, EventLimits limits, SegmentPool pool) : IDisposable
{
    /// <summary>Entries, and bytes, that are copied at a time: some ten microseconds under the journal's lock.</summary>
    private const int BatchEntries = 256;
    private const int BatchBytes = 256 * 1024;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly EventFrames _frames = new(options.CompressionMinBytes);
    private readonly EventDecoder _decoder = new(limits);
    private readonly DecodedEvent _event = new();
    private readonly List<(JournalEntry Entry, long Number, byte[] Payload)> _batch = [];

    /// <summary>Waits until the caller alone may call <see cref="Make"/> and put what it makes into a log. <see cref="Release"/> must follow.</summary>
    public Task AcquireAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    /// <summary>Ends the turn.</summary>
    public void Release() => _turn.Release();

    /// <summary>
    /// Frames of what the view wants of the entries from <paramref name="from"/> to below <paramref name="to"/>; null when the journal no longer has them all, or
    /// when they are more than a log may hold. For the caller whose turn it is, which disposes the run or hands it to a log.
    /// </summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller owns the run that is returned; any other is disposed.")]
    public FrameRun? Make(ViewKind kind, EventJournal journal, Lock gate, long from, long to)
    {
        var run = new FrameRun(pool);
        bool whole = false;
        try
        {
            long next = from;
            while (next < to && run.Bytes <= options.BufferBytes && run.Frames <= options.BufferEvents && TryCopy(journal, gate, next, to)) next = Add(kind, run);
            whole = next == to;
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

    private bool TryCopy(EventJournal journal, Lock gate, long from, long to)
    {
        _batch.Clear();
        int bytes = 0;
        lock (gate)
        {
            if (from < journal.First) return false;
            for (long number = from; number < to && _batch.Count < BatchEntries && bytes < BatchBytes; number++)
            {
                JournalEntry entry = journal.At(number);
                bytes += entry.Length;
                _batch.Add((entry, number, journal.Payload(entry).ToArray()));
            }
        }

        return true;
    }

    /// <summary>Frames what the view wants of the batch; returns the number behind it.</summary>
    private long Add(ViewKind kind, FrameRun run)
    {
        foreach ((JournalEntry entry, long number, byte[] payload) in _batch)
        {
            if (entry.Kind != EntryKind.Event || _decoder.Decode(payload, _event) != RefusalReason.None || !kind.Filter.Matches(_event)) continue;
            _frames.SetEvent(_event, entry.Position, entry.Position.TimeMs);
            run.Append(_frames.Frame(kind), number, entry.Position.TimeMs);
        }

        return _batch[^1].Number + 1;
    }
}
