using Cecelia.Relay.Commands;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The one thread through which every event passes, which is what gives all clients the same order: takes from the queue, decodes, refuses or
/// hands to the feed. Nothing that a publisher sends can end it.
/// </summary>
/// <remarks>
/// An event that fails before it has changed anything, as for lack of memory, is lost: it is counted, and noted as a gap. One for which there is no memory while
/// journal and state are being changed ends the process (<see cref="FatalExit"/>): both may no longer agree, and clients would be shown a state that never was.
/// </remarks>
internal sealed partial class Ingestor : IDisposable
{
    /// <summary>The pumps are told after so many events at the latest, so that a long queue does not hold back its first.</summary>
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
    private readonly Action _mark;
    private readonly Action _sayLost;
    private readonly Action[] _ofEachRound;
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
    private long _unsaid;
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
        (_mark, _sayLost) = (feed.Flush, NoteLost);
        _ofEachRound = [_sayLost, _mark, feed.Tidy, ReportDropped];
        _thread = new Thread(Run) { IsBackground = true, Name = "ingest" };
    }

    /// <summary>What recovery has decided about the messages that follow.</summary>
    public RecoveryGate Gate { get; }

    /// <summary>Largest payload that the decoder accepts, in bytes.</summary>
    public int MaxEventBytes { get; }

    /// <summary>Events accepted since the start. Any thread.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Events lost since the start because taking them failed, mostly for lack of memory. Each is noted as missing. Any thread.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Unknown fields of accepted envelopes, which no client gets. Any thread.</summary>
    public long IgnoredFields => Volatile.Read(ref _ignoredFields);

    /// <summary>Events that had been received before. Any thread.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates) + Gate.Skipped;

    /// <summary>Events read from a stream that were not sent, because later ones had been sent already. Any thread.</summary>
    public long Overtaken => Volatile.Read(ref _overtaken);

    /// <summary>For the ingest thread, except for the table's counters; replaced by what another instance knew.</summary>
    public PublisherTable Publishers
    {
        get => _publishers;
        set
        {
            value.TakeCounts(_publishers);
            _publishers = value;
        }
    }

    /// <summary>A clock that never steps, in milliseconds: for intervals, and for what is known of publishers.</summary>
    public long ElapsedMs => (long)_time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>What has become of every event so far. The outcomes are read before the total, so that nothing has an outcome that has not been received. Any thread.</summary>
    public EventCounts Count()
    {
        long[] refused = _refused.Counts();
        (long accepted, long duplicate) = (Accepted, Duplicates);
        long dropped = _queue.Dropped + Lost + Overtaken + Gate.Discarded;
        return new EventCounts(Gate.Stored + _queue.Received, accepted, refused, duplicate, dropped);
    }

    /// <summary>The payload is an event for one connection alone, which has no place in the stream. For the ingest thread.</summary>
    public bool IsReply(byte[] payload) => _decoder.Decode(payload, _storedEvent) == RefusalReason.None && _storedEvent.IsReply;

    /// <summary>
    /// Decodes an event that was accepted before, for a state that was loaded since, and notes its number; null when that state has it already. Good until
    /// the next call. For the ingest thread.
    /// </summary>
    public DecodedEvent? DecodeAgain(byte[] payload) =>
        _decoder.Decode(payload, _storedEvent) == RefusalReason.None && _publishers.Record(_storedEvent, PublisherTable.HashOf(payload), ElapsedMs, out _, out _) != NumberVerdict.Duplicate ? _storedEvent : null;

    /// <summary>True if every one of the payloads that is an event has a number. For the ingest thread.</summary>
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
                int unmarked = 0;
                while (!_stopping && _queue.TryTake(out IngestItem item))
                {
                    Process(item);
                    if (++unmarked % EventsPerFlush == 0) Try(_mark);
                }

                foreach (Action step in _ofEachRound) Try(step);
            }
        }
        catch (Exception fault)
        {
            // Without this thread no client gets anything, and nothing else would show it.
            _fatal.Exit("The thread that takes events has failed", fault);
        }
    }

    /// <summary>For what can be done again later: a failure, mostly for lack of memory, costs no more than the delay.</summary>
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
            else Try(_sayLost);
            if (item.Action is { } action)
            {
                // It may take a while, and what came before must not wait for it.
                _feed.Flush();
                action();
            }
            else if (item.Dropped > 0)
            {
                // What is passed over anyway is not missing here.
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

        if (_feed.TakeFault() is { } ofView) Report(ofView);
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
            // These settle what comes before a connection's events. Half done, the stream would never become live again, or would hide that something is missing.
            _fatal.Exit("There was no memory to settle what came before a connection to Redis", fault);
            return;
        }

        // A bug on one event must not cost the events behind it, and neither must a moment without memory.
        // What the queue dropped has been counted there.
        if (item.Dropped == 0 && item.Action is null && !_isCounted) Volatile.Write(ref _lost, _lost + 1);
        _unsaid += Math.Max(1, item.Dropped);
        Report(fault);
    }

    /// <summary>Notes the events that were lost as missing, before the next one is taken. When it throws, they are noted the next time.</summary>
    private void NoteLost()
    {
        if (_unsaid == 0) return;
        _feed.NoteGap(new Gap(GapCause.Evicted) { Missed = _unsaid });
        _unsaid = 0;
    }

    /// <summary>Logs, if there is memory for that and not too often. Throws nothing.</summary>
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
            // The count says it, and the next line that can be written.
        }
    }

    private void SkipEvent(byte[] payload)
    {
        if (!Gate.IsDiscarding && IsReply(payload))
        {
            // Its number, if it has one, is in what was taken over too.
            _replies.Deliver(_storedEvent);
            CountAccepted(_storedEvent);
            return;
        }

        Gate.CountSkipped();
        _isCounted = true;
    }

    private void Deliver(DecodedEvent e)
    {
        // A reply is no part of the stream at any instance: journal, state and positions are the same everywhere.
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
