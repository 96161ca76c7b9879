using Cecelia.Relay.Connections;
using Cecelia.Relay.Http;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>Registers the metrics of connections, sockets and requests.</summary>
internal sealed class ConnectionInstruments(
    RelayMetrics metrics, ConnectionTable table, AcceptedSockets sockets, HostPolicy hosts, RequestRate rate, CertificateWatch certificates)
{
    public void Register()
    {
        Transport[] transports = Enum.GetValues<Transport>();
        metrics.ObserveLevel(
            "relay.connections.open", "{connection}",
            "Open connections, by transport",
            () => transports.Select(transport => Measurements.Tagged(table.CountOf(transport), "transport", transport.ToWireName())));
        metrics.Observe(
            "relay.requests.refused", "{request}",
            "Requests refused for any path, by reason",
            () => [
                Measurements.Tagged(hosts.Refused, "reason", RequestRefusal.HostNotAllowed.Reason),
                Measurements.Tagged(rate.Refused, "reason", RequestRefusal.TooManyRequests.Reason),
            ]);
        foreach (Transport transport in transports)
        {
            metrics.CreateSeries(transport.ToWireName(), ConnectionOutcomes.CloseCodes(transport), ConnectionOutcomes.Refusals(transport));
        }

        metrics.ObserveLevel("relay.sockets.accepted", "{socket}", "Open sockets of clients, of any kind", () => sockets.Count);
        metrics.ObserveLevel(
            "relay.sockets.paused", "1",
            "1 while connections are not accepted because the limit of sockets or descriptors is reached",
            () => sockets.Paused ? 1 : 0);
        metrics.Observe(
            "relay.sockets.pauses", "{pause}",
            "Number of times that accepting was paused because the limit of sockets or descriptors was reached",
            () => sockets.Pauses);
        metrics.Observe(
            "relay.sockets.cut", "{socket}",
            "Sockets closed outside a request, by reason",
            () => Enum.GetValues<SocketCut>().Select(reason => Measurements.Tagged(sockets.CutFor(reason), "reason", reason.ToWireName())));
        if (certificates.Expiries.Count > 0)
        {
            metrics.ObserveLevel(
                "relay.certificate.not_after", "s",
                "Unix time at which the first certificate of a chain in use expires, by certificate",
                () => certificates.Expiries.Select(
                    expiry => Measurements.Tagged(expiry.NotAfter.ToUnixTimeSeconds(), "certificate", expiry.Certificate.ToWireName())));
        }

        if (certificates.Server is { } certificate)
        {
            metrics.Observe(
                "relay.tls.reload_failures", "{reload}",
                "Reloads of the certificate that failed, so that the previous one stayed in use",
                () => certificate.Failures);
        }
    }
}
