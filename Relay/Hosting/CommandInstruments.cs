using Cecelia.Relay.Commands;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>Registers the metrics of commands and their audit log.</summary>
internal sealed class CommandInstruments(RelayMetrics metrics, CommandCounts commands, CommandAudit audit)
{
    public void Register()
    {
        metrics.Observe(
            "relay.commands", "{command}",
            "Clients' commands, by outcome",
            () => CommandOutcomes.All.Select(outcome => Measurements.Tagged(commands.Count(outcome), "outcome", outcome.ToWireName())));
        metrics.Observe("relay.audit.omitted", "{line}", "Lines of the audit log omitted because of CECELIA_AUDIT_MAX_PER_SECOND", () => audit.Omitted);
        metrics.ObserveLevel("relay.commands.pending", "{command}", "Clients' commands that wait for Redis", () => commands.Pending);
        metrics.Observe(
            "relay.replies", "{event}",
            "Events that reply to a command, by outcome: delivered, for a connection that has ended, or for another instance",
            () => ReplyOutcomes.All.Select(outcome => Measurements.Tagged(commands.Count(outcome), "outcome", outcome.ToWireName())));
    }
}
