using Cecelia.Relay.Duties;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The ingest thread, through which every event passes, so that all clients receive the same order: takes messages and actions from the queue, passes
/// messages to the <see cref="Ingestor"/> and flushes the feed. Nothing that a publisher sends can end the thread.
/// </summary>
/// <remarks>
/// An event that fails before it has changed anything, for example for lack of memory, is lost: it is counted, and a gap is noted. If memory runs out while
/// journal and state are being changed, the process ends (<see cref="FatalExit"/>): the two might no longer agree, and clients would be shown a state that
/// never existed.
/// </remarks>
internal sealed partial class IngestThread : IDisposable
{
    /// <summary>Maximum number of events between two flushes to the pumps, so that a long queue does not delay its first event.</summary>
    private const int EventsPerFlush = 64;

    private static readonly TimeSpan TidyInterval = TimeSpan.FromSeconds(1);

    private readonly IngestQueue _queue;
    private readonly Ingestor _ingestor;
    private readonly Feed _feed;
    private readonly FatalExit _fatal;
    private readonly ILogger<IngestThread> _logger;
    private readonly RefusalLogRate _logRate;
    private readonly Thread _thread;
    private readonly Action _flush;
    private readonly Action _reportLost;
    private readonly Action[] _roundSteps;
    private long _droppedLogged;
    private long _unreported;
    private volatile bool _stopping;

    public IngestThread(IngestQueue queue, Ingestor ingestor, Feed feed, FatalExit fatal, TimeProvider time, ILogger<IngestThread> logger)
    {
        _queue = queue;
        _ingestor = ingestor;
        _feed = feed;
        _fatal = fatal;
        _logger = logger;
        _logRate = new RefusalLogRate(time);
        (_flush, _reportLost) = (feed.Flush, NoteLost);
        _roundSteps = [_reportLost, _flush, feed.Tidy, ReportDropped];
        _thread = new Thread(Run) { IsBackground = true, Name = "ingest" };
    }

    /// <summary>Returns the outcomes of all events so far. The outcomes are read before the total, so that they never exceed it. Any thread.</summary>
    public EventCounts Count()
    {
        long[] refused = _ingestor.Refused();
        (long accepted, long duplicate) = (_ingestor.Accepted, _ingestor.Duplicates);
        long dropped = _queue.Dropped + _ingestor.Lost + _ingestor.Overtaken + _ingestor.Gate.Discarded;
        return new EventCounts(_ingestor.Gate.Stored + _queue.Received, accepted, refused, duplicate, dropped);
    }

    /// <summary>Starts the ingest thread. Called once.</summary>
    public void Start() => _thread.Start();

    /// <summary>Ends the ingest thread; events that are still queued are not processed.</summary>
    public void Stop()
    {
        _stopping = true;
        _queue.Wake();
        if (_thread.IsAlive) _thread.Join();
    }

    public void Dispose() => Stop();

    private void Run()
    {
        try
        {
            while (!_stopping)
            {
                _queue.Wait(TidyInterval);
                int taken = 0;
                while (!_stopping && _queue.TryTake(out IngestItem item))
                {
                    Process(item);
                    if (++taken % EventsPerFlush == 0) Try(_flush);
                }

                foreach (Action step in _roundSteps) Try(step);
            }
        }
        catch (Exception fault)
        {
            // Without this thread no client receives anything, and nothing else would indicate that.
            _fatal.Exit("The ingest thread has failed", fault);
        }
    }

    /// <summary>Runs a step that is repeated later: a failure, mostly for lack of memory, only delays it.</summary>
    private void Try(Action step)
    {
        try
        {
            step();
        }
        catch (Exception fault)
        {
            Report(fault);
        }
    }

    private void Process(IngestItem item)
    {
        _ingestor.Begin();
        try
        {
            if (item.Action is null) NoteLost();
            else Try(_reportLost);
            if (item.Action is { } action)
            {
                // The action may take a while, and earlier events must not wait for it.
                _feed.Flush();
                action();
            }
            else if (item.Dropped > 0)
            {
                // While all messages are skipped, the dropped ones are not missing.
                if (!_ingestor.Gate.IsSkippingAll) _feed.NoteGap(new Gap(GapCause.Evicted) { Missed = item.Dropped });
            }
            else if (_ingestor.Process(item) is { } reading)
            {
                // The item is processed again once the stream has been read. Until then the queue holds back all others, which keeps the order.
                _queue.Hold(reading, item);
            }
        }
        catch (Exception fault)
        {
            Fail(item, fault);
        }

        if (_feed.TakeFault() is { } viewFault) Report(viewFault);
    }

    private void Fail(IngestItem item, Exception fault)
    {
        if (fault is OutOfMemoryException && _feed.IsHalfChanged)
        {
            _fatal.Exit("There was no memory to finish a change of the state", fault);
            return;
        }

        if (fault is OutOfMemoryException && item.Action is not null)
        {
            // Actions settle what precedes a connection's events. After half of one, the stream would never become live again, or missing events would not be
            // reported.
            _fatal.Exit("There was no memory to settle what came before a connection to Redis", fault);
            return;
        }

        // A bug or a moment without memory must affect one event only, and not those that follow.
        // The events that the queue dropped have been counted there.
        if (item.Dropped == 0 && item.Action is null && !_ingestor.IsCounted) _ingestor.CountLost(item);
        _unreported += Math.Max(1, item.Dropped);
        Report(fault);
    }

    /// <summary>Notes a gap for the events that were lost, before the next event. When it throws, they are noted the next time.</summary>
    private void NoteLost()
    {
        if (_unreported == 0) return;
        _feed.NoteGap(new Gap(GapCause.Evicted) { Missed = _unreported });
        _unreported = 0;
    }

    /// <summary>Logs a fault, at a limited rate and if there is memory for it. Does not throw.</summary>
    private void Report(Exception fault)
    {
        try
        {
            if (!_logRate.Allows(out _)) return;
            if (fault is OutOfMemoryException) LogLost(_logger, fault, _ingestor.Lost);
            else LogFault(_logger, fault);
        }
        catch (Exception)
        {
            // The counter shows it, and the next line that can be written.
        }
    }

    private void ReportDropped()
    {
        long dropped = _queue.Dropped;
        if (dropped == _droppedLogged || !_logRate.Allows(out _)) return;
        LogDropped(_logger, dropped - _droppedLogged);
        _droppedLogged = dropped;
    }
}
