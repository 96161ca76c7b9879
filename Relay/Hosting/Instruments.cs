using System.Diagnostics.Metrics;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>Tells the meter where each part keeps its counts.</summary>
internal sealed class Instruments(
    RelayMetrics metrics, IngestQueue queue, Ingestor ingestor, RefusedLog refused, PumpSet pumps, SegmentPool segments, ConnectionTable table, RedisLink link)
{
    public void Register()
    {
        metrics.Observe("relay.events.received", "{event}", "Messages received from Redis, whatever became of them", () => queue.Received);
        metrics.Observe("relay.events.dropped", "{event}", "Messages dropped because they came faster than they could be decoded", () => queue.Dropped);
        metrics.Observe("relay.events.accepted", "{event}", "Events accepted and made ready for clients", () => ingestor.Accepted);
        metrics.Observe("relay.events.refused", "{event}", "Messages refused, by reason", Refusals);
        metrics.Observe("relay.events.ignored_fields", "{field}", "Unknown fields of accepted envelopes, which no client gets", () => ingestor.IgnoredFields);
        metrics.Observe("relay.events.delivered", "{event}", "Events handed to clients' transports, once for each client", () => pumps.Delivered);
        metrics.Observe("relay.events.missed", "{event}", "Events that clients lost because they were too slow, once for each client", () => pumps.Missed);
        metrics.Observe("relay.redis.swaps", "{swap}", "How often the link to Redis was made anew, which may have lost events", () => link.Swaps);
        metrics.ObserveLevel("relay.redis.subscribed", "1", "1 while the subscription to Redis stands", () => link.Status.State == RedisLinkState.Subscribed ? 1 : 0);
        metrics.ObserveLevel("relay.connections.open", "{connection}", "Open connections", () => table.Count);
        metrics.ObserveLevel("relay.ingest.queued", "By", "Payload waiting to be decoded", () => queue.Bytes);
        metrics.ObserveLevel("relay.log.held", "By", "Memory of the frame logs", () => segments.RentedBytes);
    }

    private IEnumerable<Measurement<long>> Refusals()
    {
        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>())
        {
            if (reason != RefusalReason.None) yield return new Measurement<long>(refused.Count(reason), new KeyValuePair<string, object?>("reason", RefusalReasons.Word(reason)));
        }
    }
}
