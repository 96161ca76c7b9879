namespace Cecelia.Relay.Telemetry;

/// <summary>Logs at the start where telemetry is sent, and which of its variables cannot be used.</summary>
internal static partial class OtlpLog
{
    public static void Write(ILogger logger, OtlpSettings otlp)
    {
        foreach (string variable in otlp.Ignored) LogIgnored(logger, variable);
        if (otlp.IsOn) LogSent(logger, Address(otlp.Metrics), Address(otlp.Traces), Address(otlp.Logs));
    }

    /// <summary>Without user information and query, which may hold secrets.</summary>
    private static string Address(Uri? endpoint) => endpoint?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) ?? "not sent";

    [LoggerMessage(EventIds.TelemetryIgnored, LogLevel.Warning, "{Variable} is ignored: it must be an http or https URL", EventName = nameof(EventIds.TelemetryIgnored))]
    private static partial void LogIgnored(ILogger logger, string variable);

    [LoggerMessage(EventIds.TelemetrySent, LogLevel.Information, "Telemetry by OTLP: metrics {Metrics}, traces {Traces}, logs {Logs}", EventName = nameof(EventIds.TelemetrySent))]
    private static partial void LogSent(ILogger logger, string metrics, string traces, string logs);
}
