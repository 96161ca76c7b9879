using OpenTelemetry.Metrics;

namespace Cecelia.Relay.Telemetry;

/// <summary>Collects the metrics on request as Prometheus text. Thread-safe. Owned by the meter provider.</summary>
internal sealed class PrometheusReader() : BaseExportingMetricReader(new PrometheusText(RelayMetrics.LagShape))
{
    private readonly Lock _gate = new();

    /// <summary>Returns the current metrics in Prometheus' text format.</summary>
    public string CollectText()
    {
        lock (_gate)
        {
            Collect();
            return ((PrometheusText)exporter).Text;
        }
    }
}
