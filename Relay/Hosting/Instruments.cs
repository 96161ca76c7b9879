using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Http;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.State;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>Tells the meter where each part keeps its counts.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The last export reads the counts after the container has disposed its services.")]
internal sealed class Instruments(
    RelayMetrics metrics, IngestQueue queue, Ingestor ingestor, PumpSet pumps, SegmentPool segments, ViewTable views, Feed feed, TimelineReader reader, ConnectionTable table, CommandIntake commands, RedisLink link,
    StreamRecovery continuity, DutySet duties, AcceptedSockets sockets, HostPolicy hosts, RunsBridge? runs = null, ServerCertificate? certificate = null)
{
    private readonly ThreadLocal<EventCounts> _counts = new();

    private EventCounts Counts => _counts.Value ??= ingestor.Count();

    public void Register()
    {
        RegisterOutcomes();
        metrics.Observe("relay.events.ignored_fields", "{field}", "Fields of accepted envelopes that no client gets: unknown ones, and timestamps too far ahead", () => ingestor.IgnoredFields);
        metrics.Observe("relay.events.ahead", "{event}", "Accepted events that were dated ahead of this instance's clock, so that their lag is not known", () => feed.Ahead);
        metrics.Observe("relay.events.delivered", "{event}", "Events handed to clients' transports, once for each client", () => pumps.Delivered);
        metrics.Observe("relay.events.missed", "{event}", "Events that clients lost because they were too slow, once for each client", () => pumps.Missed);
        metrics.Observe("relay.redis.swaps", "{swap}", "Number of times that the connection to Redis was replaced, which may have lost events", () => link.Swaps);
        metrics.Observe("relay.redis.shard_messages", "{message}", "Messages by SPUBLISH on the channel of events of a Redis Cluster, which are not delivered", () => link.ShardMessages);
        metrics.ObserveLevel("relay.redis.subscribed", "1", "1 while the subscription to Redis stands", () => link.Status.Status == RedisLinkStatusKind.Subscribed ? 1 : 0);
        metrics.ObserveLevel("relay.redis.channels.refused", "{channel}", "Channels of events that Redis refuses, so that events on them do not arrive", () => link.Status.Channels.Count(channel => channel.Error is not null));
        metrics.ObserveLevel("relay.connections.open", "{connection}", "Open connections, by transport", Connections);
        metrics.ObserveLevel("relay.ingest.queued", "By", "Payload waiting to be decoded", () => queue.Bytes);
        metrics.ObserveLevel("relay.views", "{view}", "Views that somebody watches", () => views.Count);
        metrics.ObserveLevel("relay.outbound_buffer.size", "By", "Memory of the outbound buffers", () => segments.RentedBytes);
        metrics.Observe("relay.commands", "{command}", "Clients' commands: published to a Brain at least, or why not", Commands);
        metrics.ObserveLevel("relay.commands.pending", "{command}", "Clients' commands that wait for Redis", () => commands.Queue.Count);
        metrics.Observe("relay.replies", "{event}", "Events that answer a command: delivered, to a connection that is gone, or for another instance", Replies);
        metrics.Observe("relay.requests.refused", "{request}", "Requests that were refused whatever they asked for, by reason", () => [Tagged(hosts.Refused, "reason", RequestRefusal.HostNotAllowed.Reason)]);
        foreach (Transport transport in Enum.GetValues<Transport>()) metrics.CreateSeries(transport.ToWireName(), ConnectionOutcomes.CloseCodes(transport), ConnectionOutcomes.Refusals(transport));
        metrics.Observe("relay.duty.failures", "{failure}", "How often a background duty failed and was started again, by duty", () => duties.All.Select(duty => Tagged(duty.Failures, "duty", duty.Name.ToWireName())));
        metrics.ObserveLevel("relay.duty.running", "1", "1 while a background duty runs, by duty", () => duties.All.Select(duty => Tagged(duty.Status.IsRunning ? 1 : 0, "duty", duty.Name.ToWireName())));
        RegisterLosses();
        RegisterStream();
        RegisterProcess();
        if (runs is not null) RegisterRuns(runs);
        if (certificate is not null) metrics.Observe("relay.tls.reload_failures", "{reload}", "Reloads of the certificate that failed, so that the one before stayed in use", () => certificate.Failures);
    }

    /// <summary>
    /// What became of each event. A collection reads its instruments on one thread and in the order of their creation: the first one reads the counts for all
    /// of them, so that their sum holds in each collection.
    /// </summary>
    private void RegisterOutcomes()
    {
        metrics.Observe("relay.events.received", "{event}", "Events received from Redis: the sum of those that were accepted, refused, duplicate or dropped, and that wait", () => (_counts.Value = ingestor.Count()).Received);
        metrics.Observe("relay.events.accepted", "{event}", "Events accepted and made ready for clients", () => Counts.Accepted);
        metrics.Observe("relay.events.refused", "{event}", "Events refused, by reason", Refusals);
        metrics.Observe("relay.events.duplicate", "{event}", "Events that had been received before, by their source and seq, or by the instance whose state was taken over", () => Counts.Duplicate);
        metrics.Observe("relay.events.dropped", "{event}", "Events not processed: the queue was full, there was no memory, the connection did not last, or later events had been sent already", () => Counts.Dropped);
        metrics.ObserveLevel("relay.events.waiting", "{event}", "Events received that have no outcome yet", () => Counts.Waiting);
        metrics.Observe("relay.events.overtaken", "{event}", "Events read from a stream that were dropped because later events had been sent already", () => ingestor.Overtaken);
        metrics.Observe("relay.publishers.restarted", "{run}", "New runs of publishers under a source that had been used before; clients were sent a gap", () => ingestor.Publishers.Restarted);
        metrics.Observe("relay.publishers.unknown", "{publisher}", "Publishers first seen with a number above 1, of which it is not known whether earlier numbers are missing", () => ingestor.Publishers.Unknown);
        metrics.Observe("relay.publishers.forgotten", "{publisher}", "Publishers of which nothing is known any more because others made room", () => ingestor.Publishers.Forgotten);
    }

    /// <summary>What a fault, mostly a moment without memory, has cost.</summary>
    private void RegisterLosses()
    {
        metrics.Observe("relay.events.lost", "{event}", "Events lost because taking them failed, mostly for lack of memory; clients were sent a gap", () => ingestor.Lost);
        metrics.Observe("relay.frames.lost", "{frame}", "Frames that could not be made; the clients of their view were given the state instead", () => feed.LostFrames);
        metrics.Observe("relay.pump.faults", "{fault}", "Faults while sending, each of which closed one client at most", () => pumps.Faults);
    }

    /// <summary>What is kept for clients that come, or come back.</summary>
    private void RegisterStream()
    {
        metrics.ObserveLevel("relay.state.entities", "{entity}", "Tasks, executions and so on whose state is kept, by kind", Entities);
        metrics.ObserveLevel("relay.state.held", "By", "Memory of the state, as counted against its bound", () => feed.State.Bytes);
        metrics.Observe("relay.state.stale", "{event}", "Events that came too late, or twice, to change the state; clients got them all the same", () => feed.State.Stale);
        metrics.Observe("relay.state.evicted", "{entity}", "Entities that a bound pushed out of the state, by whether they were still under way", Evictions);
        metrics.Observe("relay.state.truncated", "{event}", "Events whose data was too large to be kept in the state", () => feed.State.Truncated);
        metrics.ObserveLevel("relay.journal.entries", "{entry}", "Events and gaps kept for clients that come back", () => feed.JournalSize.Entries);
        metrics.ObserveLevel("relay.journal.held", "By", "Payload kept for clients that come back", () => feed.JournalSize.Bytes);
        metrics.Observe("relay.gaps", "{gap}", "Places where something may be missing for all clients, by cause", Gaps);
        metrics.Observe("relay.handoff.failures", "{copy}", "Copies for the next instance that were not made or not stored, by reason", HandoffFailing);
        metrics.Observe("relay.handoff.requests", "{request}", "Attempts of this instance to get history and state at its start, by outcome", HandoffRequests);
        metrics.ObserveLevel("relay.handoff.missing", "1", "1 while the state that another instance or the copy in Redis may have could not be had", () => continuity.TakeOvers.Missing is null ? 0 : 1);
        metrics.ObserveLevel("relay.snapshots.held", "By", "Snapshots that are kept or on their way to clients", () => reader.SnapshotBytes);
        metrics.ObserveLevel("relay.filters.held", "By", "Memory of the clients' filters", () => views.FilterBytes);
        metrics.Observe("relay.resumes", "{hello}", "Clients of the subprotocol that came: with a position that was recovered, with one that was not known, ambiguous or not complete from there on, with none", Resumes);
    }

    /// <summary>Sockets, descriptors and threads of the process. What the system does not tell has no sample.</summary>
    private void RegisterProcess()
    {
        metrics.ObserveLevel("relay.sockets.accepted", "{socket}", "Sockets of clients that are open, whatever they carry", () => sockets.Count);
        metrics.ObserveLevel("relay.sockets.paused", "1", "1 while no connection is accepted for lack of room or descriptors", () => sockets.Paused ? 1 : 0);
        metrics.Observe("relay.sockets.pauses", "{pause}", "How often accepting was paused for lack of room or descriptors", () => sockets.Pauses);
        metrics.Observe("relay.sockets.cut", "{socket}", "Sockets that were cut because no request came, by whether there was one before", CutSockets);
        metrics.ObserveLevel("relay.process.descriptors.open", "{descriptor}", "Descriptors that the process has open", () => Known(ProcessResources.OpenDescriptors()));
        metrics.ObserveLevel("relay.process.descriptors.limit", "{descriptor}", "Descriptors that the process may have open", () => Known(ProcessResources.DescriptorLimit()));
        metrics.ObserveLevel("relay.process.threads", "{thread}", "Threads of the process", () => Known(ProcessResources.Threads()));
    }

    /// <summary>The bridge from PostgreSQL, where there is one.</summary>
    private void RegisterRuns(RunsBridge bridge)
    {
        metrics.ObserveLevel("relay.runs.leading", "1", "1 while this instance publishes the changes of runs", () => bridge.Status.State == RunsBridgeState.Leading ? 1 : 0);
        metrics.ObserveLevel("relay.runs.lag", "ms", "Age of the oldest change of a run that is not published, where this instance leads, in milliseconds", () => bridge.LagMs);
        metrics.Observe("relay.runs.published", "{event}", "Changes of runs that this instance published", () => bridge.Published);
        metrics.Observe("relay.runs.skipped", "{change}", "Changes of runs of which no event could be made", () => bridge.Skipped);
        metrics.Observe("relay.runs.trimmed", "{event}", "Changes of runs that were published in part, since relays refuse the whole", () => bridge.Trimmed);
        metrics.Observe("relay.runs.lost", "{change}", "Changes of runs that the database threw away, as no relay published them in time, or that its trigger could not note", () => bridge.Lost);
        metrics.ObserveLevel("relay.runs.warnings", "1", "Reasons why changes of runs may be missing although this instance publishes them, such as a disabled trigger", () => bridge.Status.Warnings);
        metrics.Observe("relay.runs.failures", "{failure}", "How often PostgreSQL or Redis stood in the way of publishing changes of runs", () => bridge.Failures);
    }

    private IEnumerable<Measurement<long>> Connections() => Enum.GetValues<Transport>().Select(transport => Tagged(table.CountOf(transport), "transport", transport.ToWireName()));

    private IEnumerable<Measurement<long>> Entities() => Enum.GetValues<EntityKind>().Select(kind => Tagged(feed.State.Count(kind), "kind", kind.ToWireName()));

    private IEnumerable<Measurement<long>> Evictions() => [Tagged(feed.State.Evicted, "was", "live"), Tagged(feed.State.EvictedTerminal, "was", "terminal")];

    /// <summary>Without the gaps of one client alone.</summary>
    private IEnumerable<Measurement<long>> Gaps() =>
        Enum.GetValues<GapCause>().Where(cause => cause != GapCause.SlowClient).Select(cause => Tagged(feed.GapsOf(cause), "cause", cause.ToWireName()));

    private IEnumerable<Measurement<long>> Resumes() => Enum.GetValues<ResumeOutcome>().Select(outcome => Tagged(reader.Resumes.Count(outcome), "outcome", outcome.ToWireName()));

    private IEnumerable<Measurement<long>> HandoffFailing() => HandoffFailures.All.Select(failure => Tagged(continuity.Copies.Count(failure), "reason", failure.ToWireName()));

    private IEnumerable<Measurement<long>> HandoffRequests() => TakeOverOutcomes.All.Select(outcome => Tagged(continuity.TakeOvers.Count(outcome), "outcome", outcome.ToWireName()));

    private IEnumerable<Measurement<long>> Commands() => CommandOutcomes.All.Select(outcome => Tagged(commands.Count(outcome), "outcome", outcome.ToWireName()));

    private IEnumerable<Measurement<long>> Replies() => ReplyOutcomes.All.Select(outcome => Tagged(commands.Replies.Count(outcome), "outcome", outcome.ToWireName()));

    private IEnumerable<Measurement<long>> CutSockets() => Enum.GetValues<SocketCut>().Select(reason => Tagged(sockets.CutFor(reason), "reason", reason.ToWireName()));

    private static IEnumerable<Measurement<long>> Known(long? value) => value is { } known ? [new Measurement<long>(known)] : [];

    private static Measurement<long> Tagged(long value, string tag, string word) => new(value, new KeyValuePair<string, object?>(tag, word));

    private IEnumerable<Measurement<long>> Refusals()
    {
        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>())
        {
            // Duplicates are counted apart.
            if (reason is not RefusalReason.None and not RefusalReason.Duplicate) yield return Tagged(Counts.RefusedBy[(int)reason], "reason", RefusalReasons.ToWireName(reason));
        }
    }
}
