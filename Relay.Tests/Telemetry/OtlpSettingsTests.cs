using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;

namespace Cecelia.Relay.Tests.Telemetry;

/// <summary>deploy/CONFIGURATION.md, <i>Telemetry</i>: the variables of OpenTelemetry.</summary>
public sealed class OtlpSettingsTests
{
    [Fact]
    public void Nothing_is_sent_without_an_endpoint() =>
        Assert.Equal((null, null, null, false), Sent(Read(("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_SERVICE_NAME", "relay"))));

    [Fact]
    public void Common_endpoint_is_used_for_all_signals_except_those_that_are_off_or_have_their_own() =>
        Assert.Equal(
            ("http://all/", null, "http://logs/v1/logs", true),
            Sent(
                Read(
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all"),
                    ("OTEL_TRACES_EXPORTER", "none"),
                    ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs/v1/logs"))));

    [Fact]
    public void Nothing_is_sent_when_the_SDK_is_disabled() =>
        Assert.Equal((null, null, null, false), Sent(Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all"), ("OTEL_SDK_DISABLED", "true"))));

    [Fact]
    public void Invalid_endpoint_is_reported_and_not_replaced_by_a_default()
    {
        OtlpSettings settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces"));

        Assert.Equal((null, "http://traces/", null, true), Sent(settings));
        Assert.Equal(["OTEL_EXPORTER_OTLP_ENDPOINT"], settings.Ignored);
    }

    [Fact]
    public void Variables_of_a_signal_override_the_common_ones()
    {
        OtlpSettings settings = Read(
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics/here"), ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "key=value"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1234"), ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip"));
        var metrics = new OtlpExporterOptions { Protocol = OtlpExportProtocol.Grpc, Headers = "common=1" };
        var traces = new OtlpExporterOptions { Protocol = OtlpExportProtocol.Grpc, Headers = "common=1" };

        settings.Apply(metrics, "METRICS");
        settings.Apply(traces, "TRACES");

        Assert.Equal(("http://metrics/here", OtlpExportProtocol.HttpProtobuf, "key=value"), (metrics.Endpoint.ToString(), metrics.Protocol, metrics.Headers));
        Assert.Equal((1234, OtlpExportCompression.GZip), (metrics.TimeoutMilliseconds, metrics.Compression));
        Assert.Equal((OtlpExportProtocol.Grpc, "common=1"), (traces.Protocol, traces.Headers));
    }

    private static OtlpSettings Read(params (string Name, string Value)[] variables) =>
        OtlpSettings.Read(
            new ConfigurationBuilder().AddInMemoryCollection(
                variables.Select(variable => KeyValuePair.Create<string, string?>(variable.Name, variable.Value))).Build());

    private static (string? Metrics, string? Traces, string? Logs, bool IsOn) Sent(OtlpSettings settings) =>
        (settings.Metrics?.ToString(), settings.Traces?.ToString(), settings.Logs?.ToString(), settings.IsOn);
}
