using Cecelia.Relay.Access;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>Registers the metrics of access control, if it is on.</summary>
internal sealed class AccessInstruments(RelayMetrics metrics, AccessCounts? counts = null, KeySource? keys = null, TicketStore? tickets = null)
{
    public void Register()
    {
        if (counts is null || keys is null || tickets is null) return;
        metrics.Observe(
            "relay.access.refused", "{request}",
            "Requests and new tokens refused because of their token or ticket, by reason",
            () => AccessFailures.All.Select(failure => Measurements.Tagged(counts.Refused(failure), "reason", failure.ToWireName())));
        metrics.ObserveLevel("relay.access.keys", "{key}", "Keys that tokens are checked with", () => keys.Current?.Count ?? 0);
        metrics.Observe(
            "relay.access.key_failures", "{load}",
            "Loads of the keys that failed, so that the previous ones stayed in use",
            () => keys.Failures);
        metrics.ObserveLevel("relay.access.tickets", "{ticket}", "Tickets that this instance has seen", () => tickets.Count);
    }
}
