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
        // Without it the exporter sends the names of log events, but not their numbers.
        builder.Configuration["OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EVENT_LOG_ATTRIBUTES"] ??= "true";

        builder.Services.AddSingleton(instance).AddSingleton(otlp).AddSingleton<RelayMetrics>().AddSingleton<PrometheusReader>().AddSingleton<TelemetryFlush>();
        if (otlp.IsOn) builder.Services.AddSingleton<OtlpFaults>();
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            // The variables come last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override what is set here.
            .ConfigureResource(resource => resource
                .AddService("cecelia-relay", serviceVersion: typeof(TelemetrySetup).Assembly.GetName().Version?.ToString(3), serviceInstanceId: instance.Name)
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(RelayMetrics.MeterName, "System.Runtime").AddReader(services => services.GetRequiredService<PrometheusReader>());
                if (otlp.Metrics is not null) metrics.AddOtlpExporter(options => otlp.Apply(options, "METRICS"));
            });
        // A meter is found by its name in the whole process, and the tests run several relays in one.
        builder.Services.ConfigureOpenTelemetryMeterProvider((services, metrics) =>
        {
            RelayMetrics own = services.GetRequiredService<RelayMetrics>();
            metrics.AddView(instrument => instrument.Meter.Name == RelayMetrics.MeterName && !own.Has(instrument) ? MetricStreamConfiguration.Drop : null);
        });
        // A provider of traces or logs without an exporter would make spans and records for nobody.
        if (otlp.Traces is not null) telemetry.WithTracing(traces => traces.AddSource(Spans.SourceName).AddOtlpExporter(options => otlp.Apply(options, "TRACES")));
        if (otlp.Logs is not null) telemetry.WithLogging(logs => logs.AddOtlpExporter(options => otlp.Apply(options, "LOGS")), options => options.IncludeFormattedMessage = true);
    }

    /// <summary>Builds the providers now, not when the host starts: what is counted before they listen is lost. Logs where telemetry is sent.</summary>
    public static void StartTelemetry(this WebApplication app)
    {
        // Before the flush, so that it is disposed after it and logs why the last telemetry was not sent.
        app.Services.GetService<OtlpFaults>();
        app.Services.GetRequiredService<TelemetryFlush>();
        OtlpLog.Write(app.Logger, app.Services.GetRequiredService<OtlpSettings>());
    }
}
