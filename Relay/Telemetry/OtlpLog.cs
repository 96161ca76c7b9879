namespace Cecelia.Relay.Telemetry;

/// <summary>Logs at startup the endpoints of telemetry and the variables that are ignored.</summary>
internal static partial class OtlpLog
{
    public static void Write(ILogger logger, OtlpSettings otlp)
    {
        foreach (string variable in otlp.Ignored) LogIgnored(logger, variable);
        if (otlp.IsOn) LogSent(logger, Address(otlp.Metrics), Address(otlp.Traces), Address(otlp.Logs));
    }

    /// <summary>Returns the address without user information and query, which may contain secrets.</summary>
    private static string Address(Uri? endpoint) =>
        endpoint?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) ?? "not sent";

    [LoggerMessage(
        EventIds.TelemetryIgnored, LogLevel.Warning, "{Variable} is ignored: it must be an http or https URL", EventName = nameof(EventIds.TelemetryIgnored))]
    private static partial void LogIgnored(ILogger logger, string variable);

    [LoggerMessage(
        EventIds.TelemetrySent,
        LogLevel.Information,
        "Sending telemetry by OTLP: metrics {Metrics}, traces {Traces}, logs {Logs}",
        EventName = nameof(EventIds.TelemetrySent))]
    private static partial void LogSent(ILogger logger, string metrics, string traces, string logs);
}
