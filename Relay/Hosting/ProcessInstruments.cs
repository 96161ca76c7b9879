using System.Diagnostics.Metrics;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>Registers the metrics of the process, the duties, the connection to Redis and the bridge from PostgreSQL.</summary>
internal sealed class ProcessInstruments(RelayMetrics metrics, RedisLink link, DutySet duties, RunsBridge? runs = null)
{
    public void Register()
    {
        metrics.Observe(
            "relay.redis.swaps", "{swap}",
            "Number of times that the connection to Redis was replaced, which may have lost events",
            () => link.Swaps);
        metrics.Observe(
            "relay.redis.shard_messages", "{message}",
            "Messages published with SPUBLISH on the events channel of a Redis Cluster, which are not delivered",
            () => link.ShardMessages);
        metrics.ObserveLevel(
            "relay.redis.subscribed", "1",
            "1 while the relay is subscribed to Redis",
            () => link.Status.Status == RedisLinkStatusKind.Subscribed ? 1 : 0);
        metrics.ObserveLevel(
            "relay.redis.channels.refused", "{channel}",
            "Event channels that Redis refuses, so that their events are not received",
            () => link.Status.Channels.Count(channel => channel.Error is not null));
        metrics.Observe(
            "relay.duty.failures", "{failure}",
            "Number of times that a background duty failed and was restarted, by duty",
            () => duties.All.Select(duty => Measurements.Tagged(duty.Failures, "duty", duty.Name.ToWireName())));
        metrics.ObserveLevel(
            "relay.duty.running", "1",
            "1 while a background duty is running, by duty",
            () => duties.All.Select(duty => Measurements.Tagged(duty.Status.IsRunning ? 1 : 0, "duty", duty.Name.ToWireName())));
        metrics.ObserveLevel(
            "relay.process.descriptors.open", "{descriptor}",
            "Open descriptors of the process",
            () => IfKnown(ProcessResources.OpenDescriptors()));
        metrics.ObserveLevel(
            "relay.process.descriptors.limit", "{descriptor}",
            "Maximum number of open descriptors of the process",
            () => IfKnown(ProcessResources.DescriptorLimit()));
        metrics.ObserveLevel("relay.process.threads", "{thread}", "Threads of the process", () => IfKnown(ProcessResources.Threads()));
        if (runs is not null) RegisterRuns(runs);
    }

    private void RegisterRuns(RunsBridge bridge)
    {
        metrics.ObserveLevel(
            "relay.runs.leading", "1",
            "1 while this instance publishes the changes of runs",
            () => bridge.Status.State == RunsBridgeState.Leading ? 1 : 0);
        metrics.ObserveLevel(
            "relay.runs.lag", "ms",
            "Age of the oldest unpublished change of a run, if this instance leads, in milliseconds",
            () => bridge.LagMs);
        metrics.Observe("relay.runs.published", "{event}", "Changes of runs that this instance published", () => bridge.Published);
        metrics.Observe("relay.runs.skipped", "{change}", "Changes of runs that could not be converted to an event", () => bridge.Skipped);
        metrics.Observe(
            "relay.runs.trimmed", "{event}",
            "Changes of runs that were published in part, since relays would refuse the whole",
            () => bridge.Trimmed);
        metrics.Observe(
            "relay.runs.lost", "{change}",
            "Changes of runs that the database discarded because no relay published them in time, or that its trigger could not record",
            () => bridge.Lost);
        metrics.ObserveLevel(
            "relay.runs.warnings", "1",
            "Number of reasons why changes of runs may be missing although this instance publishes them, such as a disabled trigger",
            () => bridge.Status.Warnings);
        metrics.Observe(
            "relay.runs.failures", "{failure}",
            "Number of times that PostgreSQL or Redis prevented publishing changes of runs",
            () => bridge.Failures);
    }

    /// <summary>Returns no sample for a value that the system does not provide.</summary>
    private static IEnumerable<Measurement<long>> IfKnown(long? value) => value is { } known ? [new Measurement<long>(known)] : [];
}
