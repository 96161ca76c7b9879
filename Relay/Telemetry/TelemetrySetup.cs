using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Cecelia.Relay.Telemetry;

/// <summary>Registers the providers of metrics, traces and logs. They are built and disposed with the host.</summary>
internal static class TelemetrySetup
{
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var instance = new Instance();
        var otlp = OtlpSettings.Read(builder.Configuration);
        OtlpSettings.KeepPrometheus(builder.Configuration);
        // Without this variable, the exporter sends the names of log events but not their ids.
        builder.Configuration["OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EVENT_LOG_ATTRIBUTES"] ??= "true";

        builder.Services
            .AddSingleton(instance)
            .AddSingleton(otlp).AddSingleton<LagExemplars>().AddSingleton<RelayMetrics>().AddSingleton<PrometheusReader>().AddSingleton<TelemetryFlush>();
        if (otlp.IsOn) builder.Services.AddSingleton<OtlpFaults>();
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            // The environment is applied last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override the values set here.
            .ConfigureResource(resource => resource
                .AddService("cecelia-relay", serviceVersion: typeof(TelemetrySetup).Assembly.GetName().Version?.ToString(3), serviceInstanceId: instance.Name)
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(RelayMetrics.MeterName, "System.Runtime").AddReader(services => services.GetRequiredService<PrometheusReader>());
                if (otlp.Metrics is not null) metrics.AddOtlpExporter(options => otlp.Apply(options, "METRICS"));
            });
        // Meters are found by name in the whole process, and the tests run several relays in one process.
        builder.Services.ConfigureOpenTelemetryMeterProvider((services, metrics) =>
        {
            RelayMetrics own = services.GetRequiredService<RelayMetrics>();
            metrics.AddView(instrument => instrument.Meter.Name == RelayMetrics.MeterName && !own.Has(instrument) ? MetricStreamConfiguration.Drop : null);
        });
        // Without an exporter, a provider would create spans and log records that are not used.
        if (otlp.Traces is not null)
        {
            telemetry.WithTracing(traces => traces.AddSource(Spans.SourceName).AddOtlpExporter(options => otlp.Apply(options, "TRACES")));
        }

        if (otlp.Logs is not null)
        {
            telemetry.WithLogging(logs => logs.AddOtlpExporter(options => otlp.Apply(options, "LOGS")), options => options.IncludeFormattedMessage = true);
        }
    }

    /// <summary>Builds the providers now, not when the host starts, because measurements before that would be lost. Logs the endpoints of telemetry.</summary>
    public static void StartTelemetry(this WebApplication app)
    {
        // Created before the flush, so that it is disposed after it and can log a failure of the flush.
        app.Services.GetService<OtlpFaults>();
        app.Services.GetRequiredService<TelemetryFlush>();
        OtlpLog.Write(app.Logger, app.Services.GetRequiredService<OtlpSettings>());
    }
}
