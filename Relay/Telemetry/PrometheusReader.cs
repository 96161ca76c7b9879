using OpenTelemetry.Metrics;

namespace Cecelia.Relay.Telemetry;

/// <summary>Collects the metrics on request as text. Thread-safe. Owned by the meter provider.</summary>
internal sealed class PrometheusReader(LagExemplars exemplars) : BaseExportingMetricReader(new PrometheusText(exemplars, RelayMetrics.LagShape))
{
    private readonly Lock _gate = new();

    /// <summary>Returns the current metrics.</summary>
    /// <param name="format">The text format.</param>
    public string CollectText(MetricsFormat format = MetricsFormat.Prometheus)
    {
        lock (_gate)
        {
            var text = (PrometheusText)exporter;
            text.Format = format;
            Collect();
            return text.Text;
        }
    }
}

/// <summary>The text formats of metrics.</summary>
internal enum MetricsFormat
{
    /// <summary>Prometheus text 0.0.4.</summary>
    Prometheus,

    /// <summary>OpenMetrics 1.0.0, which has exemplars.</summary>
    OpenMetrics,
}
