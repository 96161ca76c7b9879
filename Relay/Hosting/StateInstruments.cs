using System.Diagnostics.Metrics;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.State;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>Registers the metrics of the entity state, the journal, the views and the handoff.</summary>
internal sealed class StateInstruments(RelayMetrics metrics, Feed feed, TimelineReader reader, SegmentPool segments, ViewTable views, StreamRecovery recovery)
{
    public void Register()
    {
        metrics.ObserveLevel("relay.views", "{view}", "Views with clients", () => views.Count);
        metrics.ObserveLevel("relay.outbound_buffer.size", "By", "Memory of the outbound buffers", () => segments.RentedBytes);
        metrics.ObserveLevel(
            "relay.state.entities", "{entity}",
            "Entities in the state, by kind",
            () => Enum.GetValues<EntityKind>().Select(kind => Measurements.Tagged(feed.State.Count(kind), "kind", kind.ToWireName())));
        metrics.ObserveLevel("relay.state.held", "By", "Memory of the state, as counted against its bound", () => feed.State.Bytes);
        metrics.ObserveLevel("relay.silent", "{entity}", "Running tasks and executions without an event for CECELIA_SILENT_AFTER_SECONDS, by kind", Silent);
        metrics.Observe(
            "relay.state.stale", "{event}",
            "Events that were too old or repeated and did not change the state; they were sent to clients",
            () => feed.State.Stale);
        metrics.Observe(
            "relay.state.evicted", "{entity}",
            "Entities evicted from the state by a bound, by whether they were live or terminal",
            () => [Measurements.Tagged(feed.State.Evicted, "was", "live"), Measurements.Tagged(feed.State.EvictedTerminal, "was", "terminal")]);
        metrics.Observe("relay.state.truncated", "{event}", "Events whose data was too large for the state", () => feed.State.Truncated);
        metrics.ObserveLevel("relay.journal.entries", "{entry}", "Events and gaps in the journal", () => feed.JournalSize.Entries);
        metrics.ObserveLevel("relay.minutes.held", "By", "Memory of the minutes of the last day", () => feed.State.Minutes.Bytes);
        metrics.ObserveLevel("relay.journal.held", "By", "Size of the payloads and undo copies in the journal", () => feed.JournalSize.Bytes);
        metrics.Observe("relay.gaps", "{gap}", "Gaps, in which events may be missing for all clients, by cause", Gaps);
        metrics.Observe(
            "relay.handoff.failures", "{copy}",
            "Copies for the next instance that could not be created or stored, by reason",
            () => HandoffFailures.All.Select(failure => Measurements.Tagged(recovery.Sender.Copies.Count(failure), "reason", failure.ToWireName())));
        metrics.Observe(
            "relay.handoff.requests", "{request}",
            "Attempts of this instance to load history and state at startup, by outcome",
            () => TakeOverOutcomes.All.Select(outcome => Measurements.Tagged(recovery.TakeOvers.Count(outcome), "outcome", outcome.ToWireName())));
        metrics.ObserveLevel(
            "relay.handoff.missing", "1",
            "1 while the state of another instance, or of the copy in Redis, could not be loaded",
            () => recovery.TakeOvers.Missing is null ? 0 : 1);
        metrics.ObserveLevel("relay.snapshots.held", "By", "Memory of the snapshots that are cached or being sent", () => reader.SnapshotBytes);
        metrics.ObserveLevel("relay.filters.held", "By", "Memory of the clients' filters", () => views.FilterBytes);
        metrics.Observe(
            "relay.resumes", "{hello}",
            "Clients of the subprotocol, by outcome: position recovered, unknown, ambiguous or not complete from there on, or no position",
            () => Enum.GetValues<ResumeOutcome>().Select(outcome => Measurements.Tagged(reader.Resumes.Count(outcome), "outcome", outcome.ToWireName())));
    }

    private IEnumerable<Measurement<long>> Silent()
    {
        (int tasks, int executions) = reader.CountSilent();
        yield return Measurements.Tagged(tasks, "kind", EntityKind.Task.ToWireName());
        yield return Measurements.Tagged(executions, "kind", EntityKind.Execution.ToWireName());
    }

    /// <summary>Returns the gaps by cause, without those of single clients.</summary>
    private IEnumerable<Measurement<long>> Gaps() =>
        Enum.GetValues<GapCause>()
            .Where(cause => cause != GapCause.SlowClient)
            .Select(cause => Measurements.Tagged(feed.GapsOf(cause), "cause", cause.ToWireName()));
}
