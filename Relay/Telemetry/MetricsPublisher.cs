using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// Carries the metrics out: as Prometheus text on request, and by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set (its other variables are
/// read by the exporter itself). Stands in for OpenTelemetry.Extensions.Hosting, which is this and little more.
/// </summary>
internal sealed class MetricsPublisher : IDisposable
{
    private readonly PrometheusText _prometheus = new(RelayMetrics.LagShape);
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;
    private readonly Lock _gate = new();

    public MetricsPublisher(RelayMetrics metrics, string instance)
    {
        // The meter must exist before it is listened to; the reference says so.
        ArgumentNullException.ThrowIfNull(metrics);
        _reader = new BaseExportingMetricReader(_prometheus);
        MeterProviderBuilder builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("cecelia-relay", serviceInstanceId: instance))
            .AddMeter(RelayMetrics.MeterName, "System.Runtime")
            .AddReader(_reader);
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"))) builder.AddOtlpExporter();
        _provider = builder.Build();
    }

    /// <summary>The metrics of this moment, in Prometheus' text format.</summary>
    public string CollectText()
    {
        lock (_gate)
        {
            _reader.Collect();
            return _prometheus.Text;
        }
    }

    /// <summary>Sends what is left, within the exporter's own deadline, and ends.</summary>
    public void Dispose()
    {
        _provider.Dispose();
        _prometheus.Dispose();
        _reader.Dispose();
    }
}
