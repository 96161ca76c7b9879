using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>Registers the metrics of events.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The last export reads the counts after the container has disposed its services.")]
internal sealed class EventInstruments(
    RelayMetrics metrics, IngestQueue queue, IngestThread thread, Ingestor ingestor, Feed feed, PumpSet pumps)
{
    private readonly ThreadLocal<EventCounts> _counts = new();

    private EventCounts Counts => _counts.Value ??= thread.Count();

    public void Register()
    {
        RegisterOutcomes();
        metrics.Observe(
            "relay.events.ignored_fields", "{field}",
            "Fields of accepted envelopes that are not sent to clients: unknown ones, and timestamps too far in the future",
            () => ingestor.IgnoredFields);
        metrics.Observe(
            "relay.events.ahead", "{event}",
            "Accepted events with a timestamp ahead of this instance's clock, whose lag is therefore unknown",
            () => feed.Ahead);
        metrics.Observe(
            "relay.publishers.restarted", "{run}",
            "New runs of publishers under a source that was used before; clients were sent a gap",
            () => ingestor.Publishers.Restarted);
        metrics.Observe(
            "relay.publishers.unknown", "{publisher}",
            "Publishers first seen with a number above 1, of which it is unknown whether earlier numbers are missing",
            () => ingestor.Publishers.Unknown);
        metrics.Observe(
            "relay.publishers.forgotten", "{publisher}",
            "Publishers whose numbers were forgotten to make room for others",
            () => ingestor.Publishers.Forgotten);
        metrics.Observe("relay.events.delivered", "{event}", "Events handed to clients' transports, counted per client", () => pumps.Delivered);
        metrics.Observe("relay.events.missed", "{event}", "Events that clients missed because they were too slow, counted per client", () => pumps.Missed);
        metrics.Observe(
            "relay.events.lost", "{event}",
            "Events lost because they could not be processed, usually for lack of memory; clients were sent a gap",
            () => ingestor.Lost);
        metrics.Observe(
            "relay.frames.lost", "{frame}",
            "Frames that could not be created; the clients of their view were sent a snapshot instead",
            () => feed.LostFrames);
        metrics.Observe("relay.pump.faults", "{fault}", "Faults while sending, each of which closed at most one client", () => pumps.Faults);
        metrics.ObserveLevel("relay.ingest.queued", "By", "Size of the payloads that wait to be decoded", () => queue.Bytes);
    }

    /// <summary>
    /// Registers the outcomes of events. A collection reads its instruments on one thread, in the order of their creation. The first one takes the counts for
    /// all of them, so that their sum is consistent in each collection.
    /// </summary>
    private void RegisterOutcomes()
    {
        metrics.Observe(
            "relay.events.received", "{event}",
            "Events received from Redis: the sum of accepted, refused, duplicate, dropped and waiting ones",
            () => (_counts.Value = thread.Count()).Received);
        metrics.Observe("relay.events.accepted", "{event}", "Events accepted and prepared for clients", () => Counts.Accepted);
        metrics.Observe("relay.events.refused", "{event}", "Events refused, by reason", Refusals);
        metrics.Observe(
            "relay.events.duplicate", "{event}",
            "Events that had been received before, according to their source and seq, or by the instance whose state was taken over",
            () => Counts.Duplicate);
        metrics.Observe(
            "relay.events.dropped", "{event}",
            "Events not processed: the queue was full, there was no memory, the connection failed, or later events had already been sent",
            () => Counts.Dropped);
        metrics.ObserveLevel("relay.events.waiting", "{event}", "Events received that do not have an outcome yet", () => Counts.Waiting);
        metrics.Observe(
            "relay.events.overtaken", "{event}",
            "Events read from a stream that were dropped because later events had already been sent",
            () => ingestor.Overtaken);
    }

    private IEnumerable<Measurement<long>> Refusals()
    {
        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>())
        {
            // Duplicates are a separate metric.
            if (reason is RefusalReason.None or RefusalReason.Duplicate) continue;
            yield return Measurements.Tagged(Counts.RefusedBy[(int)reason], "reason", RefusalReasons.ToWireName(reason));
        }
    }
}
