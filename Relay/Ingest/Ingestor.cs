using Cecelia.Relay.Commands;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// Runs the ingest thread, through which every event passes, so that all clients receive the same order: takes messages from the queue, decodes them, and
/// refuses them or passes them to the feed. Nothing that a publisher sends can end the thread.
/// </summary>
/// <remarks>
/// An event that fails before it has changed anything, for example for lack of memory, is lost: it is counted, and a gap is noted. If memory runs out while
/// journal and state are being changed, the process ends (<see cref="FatalExit"/>): the two might no longer agree, and clients would be shown a state that
/// never existed.
/// </remarks>
internal sealed partial class Ingestor : IDisposable
{
    /// <summary>Maximum number of events between two flushes to the pumps, so that a long queue does not delay its first event.</summary>
    private const int EventsPerFlush = 64;

    private static readonly TimeSpan TidyInterval = TimeSpan.FromSeconds(1);

    private readonly IngestQueue _queue;
    private readonly EventDecoder _decoder;
    private readonly RefusedLog _refused;
    private readonly Feed _feed;
    private readonly ReplyTable _replies;
    private readonly FatalExit _fatal;
    private readonly ILogger<Ingestor> _logger;
    private readonly RefusalLogRate _logRate;
    private readonly RefusalLogRate _duplicateRate;
    private readonly RefusalLogRate _publisherRate;
    private readonly Thread _thread;
    private readonly TimeProvider _time;
    private readonly Action _flush;
    private readonly Action _reportLost;
    private readonly Action[] _roundSteps;
    private readonly DecodedEvent _event = new();
    private readonly DecodedEvent _storedEvent = new();
    private volatile PublisherTable _publishers;
    private long _accepted;
    private long _duplicates;
    private long _overtaken;
    private bool _isCounted;
    private Task<IReadOnlyList<byte[]>>? _refill;
    private long _ignoredFields;
    private long _droppedLogged;
    private long _lost;
    private long _unreported;
    private volatile bool _stopping;

    public Ingestor(
        IngestQueue queue,
        EventLimits limits,
        RefusedLog refused,
        Feed feed,
        ReplyTable replies,
        RecoveryGate gate,
        FatalExit fatal,
        TimeProvider time,
        ILogger<Ingestor> logger)
    {
        _queue = queue;
        _decoder = new EventDecoder(limits);
        MaxEventBytes = limits.MaxBytes;
        _refused = refused;
        _feed = feed;
        _replies = replies;
        Gate = gate;
        _fatal = fatal;
        _time = time;
        _logger = logger;
        (_logRate, _duplicateRate, _publisherRate) = (new RefusalLogRate(time), new RefusalLogRate(time), new RefusalLogRate(time));
        _publishers = new PublisherTable(ElapsedMs);
        (_flush, _reportLost) = (feed.Flush, NoteLost);
        _roundSteps = [_reportLost, _flush, feed.Tidy, ReportDropped];
        _thread = new Thread(Run) { IsBackground = true, Name = "ingest" };
    }

    /// <summary>The decisions of recovery about the messages that follow.</summary>
    public RecoveryGate Gate { get; }

    /// <summary>Maximum size of a payload that the decoder accepts, in bytes.</summary>
    public int MaxEventBytes { get; }

    /// <summary>Number of events accepted since the start. Any thread.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>
    /// Number of events lost since the start because processing them failed, mostly for lack of memory. Each is reported in a gap. Any thread.
    /// </summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Number of unknown fields in accepted envelopes, which are not sent to clients. Any thread.</summary>
    public long IgnoredFields => Volatile.Read(ref _ignoredFields);

    /// <summary>Number of events that had been received before. Any thread.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates) + Gate.Skipped;

    /// <summary>Number of events read from a stream that were not sent because later ones had already been sent. Any thread.</summary>
    public long Overtaken => Volatile.Read(ref _overtaken);

    /// <summary>The numbers of the publishers, which a handoff replaces. For the ingest thread, except for the table's counters.</summary>
    public PublisherTable Publishers
    {
        get => _publishers;
        set
        {
            value.TakeCounts(_publishers);
            _publishers = value;
        }
    }

    /// <summary>A monotonic clock in milliseconds, for intervals and for the record of publishers.</summary>
    public long ElapsedMs => (long)_time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Returns the outcomes of all events so far. The outcomes are read before the total, so that they never exceed it. Any thread.</summary>
    public EventCounts Count()
    {
        long[] refused = _refused.Counts();
        (long accepted, long duplicate) = (Accepted, Duplicates);
        long dropped = _queue.Dropped + Lost + Overtaken + Gate.Discarded;
        return new EventCounts(Gate.Stored + _queue.Received, accepted, refused, duplicate, dropped);
    }

    /// <summary>Returns true for a reply to one connection, which is not part of the stream. For the ingest thread.</summary>
    public bool IsReply(byte[] payload) => _decoder.Decode(payload, _storedEvent) == RefusalReason.None && _storedEvent.IsReply;

    /// <summary>
    /// Decodes an event that was accepted before, to apply it to a state that was loaded since, and records its number. Returns null when that state contains
    /// it already. The result is valid until the next call. For the ingest thread.
    /// </summary>
    public DecodedEvent? DecodeAgain(byte[] payload) =>
        _decoder.Decode(payload, _storedEvent) == RefusalReason.None && _publishers.Record(
            _storedEvent, PublisherTable.HashOf(payload), ElapsedMs, out _, out _) != NumberVerdict.Duplicate ? _storedEvent : null;

    /// <summary>Returns true when every payload that is an event has a number. For the ingest thread.</summary>
    public bool AreNumbered(IReadOnlyList<byte[]> stored) =>
        stored.All(payload => _decoder.Decode(payload, _storedEvent) != RefusalReason.None || PublisherTable.IsNumbered(_storedEvent));

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
        _isCounted = false;
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
                if (!Gate.IsSkippingAll) _feed.NoteGap(new Gap(GapCause.Evicted) { Missed = item.Dropped });
            }
            else if (Gate.IsSkipping)
            {
                SkipEvent(item.Payload);
            }
            else
            {
                RefusalReason reason = _decoder.Decode(item.Payload, _event);
                if (reason == RefusalReason.None) Accept(item);
                else Refuse(item, reason);
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
        if (item.Dropped == 0 && item.Action is null && !_isCounted) Volatile.Write(ref _lost, _lost + 1);
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
            if (fault is OutOfMemoryException) LogLost(_logger, fault, _lost);
            else LogFault(_logger, fault);
        }
        catch (Exception)
        {
            // The counter shows it, and the next line that can be written.
        }
    }

    private void SkipEvent(byte[] payload)
    {
        if (!Gate.IsDiscarding && IsReply(payload))
        {
            // Its number, if it has one, is contained in the loaded state too.
            _replies.Deliver(_storedEvent);
            CountAccepted(_storedEvent);
            return;
        }

        Gate.CountSkipped();
        _isCounted = true;
    }

    private void Deliver(DecodedEvent e)
    {
        // A reply is not part of the stream at any instance: journal, state and positions are the same everywhere.
        if (e.IsReply) _replies.Deliver(e);
        else _feed.Accept(e);
        CountAccepted(e);
    }

    private void CountAccepted(DecodedEvent e)
    {
        Volatile.Write(ref _accepted, _accepted + 1);
        _isCounted = true;
        if (e.IgnoredFields > 0) Volatile.Write(ref _ignoredFields, _ignoredFields + e.IgnoredFields);
    }

    private void Refuse(IngestItem item, RefusalReason reason)
    {
        _isCounted = true;
        _refused.Add(reason, _event.RefusalDetail, item.Channel, item.Payload, item.Length);
        if (_logRate.Allows(out long suppressed)) LogRefused(_logger, RefusalReasons.ToWireName(reason), _event.RefusalDetail, item.Length, suppressed);
    }

    private void ReportDropped()
    {
        long dropped = _queue.Dropped;
        if (dropped == _droppedLogged || !_logRate.Allows(out _)) return;
        LogDropped(_logger, dropped - _droppedLogged);
        _droppedLogged = dropped;
    }
}
