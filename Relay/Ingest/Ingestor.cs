using Cecelia.Relay.Commands;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// Decodes messages from Redis, refuses them or passes them to the feed, and counts the outcome. For the <see cref="IngestThread"/>, except for the counters.
/// </summary>
internal sealed partial class Ingestor
{
    private readonly EventDecoder _decoder;
    private readonly RefusedLog _refused;
    private readonly Feed _feed;
    private readonly ReplyTable _replies;
    private readonly ILogger<Ingestor> _logger;
    private readonly RefusalLogRate _logRate;
    private readonly RefusalLogRate _duplicateRate;
    private readonly RefusalLogRate _publisherRate;
    private readonly TimeProvider _time;
    private readonly DecodedEvent _event = new();
    private readonly DecodedEvent _storedEvent = new();
    private volatile PublisherTable _publishers;
    private long _accepted;
    private long _duplicates;
    private long _overtaken;
    private Task<IReadOnlyList<byte[]>>? _refill;
    private long _ignoredFields;
    private long _lost;

    public Ingestor(
        EventLimits limits,
        RefusedLog refused,
        Feed feed,
        ReplyTable replies,
        RecoveryGate gate,
        TimeProvider time,
        ILogger<Ingestor> logger)
    {
        _decoder = new EventDecoder(limits);
        MaxEventBytes = limits.MaxBytes;
        _refused = refused;
        _feed = feed;
        _replies = replies;
        Gate = gate;
        _time = time;
        _logger = logger;
        (_logRate, _duplicateRate, _publisherRate) = (new RefusalLogRate(time), new RefusalLogRate(time), new RefusalLogRate(time));
        _publishers = new PublisherTable(ElapsedMs);
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

    /// <summary>True if the outcome of the message being processed has been counted. For the ingest thread.</summary>
    public bool IsCounted { get; private set; }

    /// <summary>Returns the number of refused events by <see cref="RefusalReason"/>. Any thread.</summary>
    public long[] Refused() => _refused.Counts();

    /// <summary>Begins the next message. For the ingest thread.</summary>
    public void Begin() => IsCounted = false;

    /// <summary>
    /// Processes a message: skips, refuses or accepts its event. Returns a task if the stream must be read first. Then the message must be processed again
    /// once the task has ended, before all that follow. For the ingest thread.
    /// </summary>
    public Task? Process(IngestItem item)
    {
        if (Gate.IsSkipping)
        {
            SkipEvent(item);
            return null;
        }

        RefusalReason reason = _decoder.Decode(item.Payload, _event);
        if (reason == RefusalReason.None) return Accept(item);
        Refuse(item, reason);
        return null;
    }

    /// <summary>Counts the message being processed as lost. For the ingest thread.</summary>
    public void CountLost(IngestItem item)
    {
        CountLost();
        _feed.Recorder?.Add(EventOutcome.Lost, item.Channel, item.Payload, item.Length);
    }

    /// <summary>Returns true for a reply to one connection, which is not part of the stream. For the ingest thread.</summary>
    public bool IsReply(byte[] payload) => _decoder.Decode(payload, _storedEvent) == RefusalReason.None && _storedEvent.IsReply;

    /// <summary>
    /// Decodes an event that was accepted before, to apply it to a state that was loaded since, and records its number. Returns null if that state contains
    /// it already. The result is valid until the next call. For the ingest thread.
    /// </summary>
    public DecodedEvent? DecodeAgain(byte[] payload) =>
        _decoder.Decode(payload, _storedEvent) == RefusalReason.None && _publishers.Record(
            _storedEvent, PublisherTable.HashOf(payload), ElapsedMs, out _, out _) != NumberVerdict.Duplicate ? _storedEvent : null;

    /// <summary>Returns true if every payload that is an event has a number. For the ingest thread.</summary>
    public bool AreNumbered(IReadOnlyList<byte[]> stored) =>
        stored.All(payload => _decoder.Decode(payload, _storedEvent) != RefusalReason.None || PublisherTable.IsNumbered(_storedEvent));

    private void SkipEvent(IngestItem item)
    {
        if (!Gate.IsDiscarding && IsReply(item.Payload))
        {
            // Its number, if it has one, is contained in the loaded state too.
            DeliverReply(_storedEvent, item.Channel);
            CountAccepted(_storedEvent);
            return;
        }

        EventOutcome outcome = Gate.IsDiscarding ? EventOutcome.Discarded : EventOutcome.InLoadedState;
        if (!Gate.IsDiscarding && _storedEvent.Refusal == RefusalReason.None) _feed.Recorder?.Add(outcome, _storedEvent, item.Channel);
        else _feed.Recorder?.Add(outcome, item.Channel, item.Payload, item.Length);
        Gate.CountSkipped();
        IsCounted = true;
    }

    /// <param name="e">The event.</param>
    /// <param name="channel">Its channel; empty if it was read from a stream.</param>
    private void Deliver(DecodedEvent e, byte[] channel)
    {
        // A reply is not part of the stream at any instance: journal, state and positions are the same everywhere.
        if (e.IsReply) DeliverReply(e, channel);
        else if (_feed.Recorder is { } recorder) recorder.Accept(e, channel, _feed.Accept(e));
        else _feed.Accept(e);
        CountAccepted(e);
    }

    private void DeliverReply(DecodedEvent e, byte[] channel)
    {
        _feed.Recorder?.Add(EventOutcome.Reply, e, channel);
        _replies.Deliver(e);
    }

    private void CountLost() => Volatile.Write(ref _lost, _lost + 1);

    private void CountAccepted(DecodedEvent e)
    {
        Volatile.Write(ref _accepted, _accepted + 1);
        IsCounted = true;
        if (e.IgnoredFields > 0) Volatile.Write(ref _ignoredFields, _ignoredFields + e.IgnoredFields);
    }

    private void Refuse(IngestItem item, RefusalReason reason)
    {
        IsCounted = true;
        _refused.Add(reason, _event.RefusalDetail, item.Channel, item.Payload, item.Length);
        _feed.Recorder?.Add(EventOutcome.Refused, item.Channel, item.Payload, item.Length, reason, _event.RefusalDetail);
        if (_logRate.Allows(out long suppressed)) LogRefused(_logger, RefusalReasons.ToWireName(reason), _event.RefusalDetail, item.Length, suppressed);
    }
}
