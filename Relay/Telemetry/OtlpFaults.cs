using System.Diagnostics.Tracing;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// Logs export failures, which the exporter itself reports only as runtime events. Each kind of failure is logged at most twice a minute. Thread-safe.
/// </summary>
internal sealed partial class OtlpFaults : EventListener
{
    private const string SourceName = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    private const int MaxReasonLength = 200;
    private readonly ILogger _logger;
    private readonly ReasonLog _reasons;
    private readonly Lock _gate = new();

    public OtlpFaults(ILogger<OtlpFaults> logger, TimeProvider time)
    {
        _logger = logger;
        _reasons = new ReasonLog(time);
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == SourceName) EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class starts listening before the fields are initialized.
        if (_reasons is null || eventData.EventName is not { } name) return;
        lock (_gate)
        {
            if (!_reasons.MayLog(name)) return;
        }

        LogFailed(_logger, name, Reason(eventData));
    }

    /// <summary>
    /// Returns the first line of the exception, which is the last item of the payload. The first item, the endpoint, may contain a password.
    /// </summary>
    private static string Reason(EventWrittenEventArgs eventData)
    {
        string text = eventData.Payload is { Count: > 1 } payload && payload[^1] is string last ? last : "";
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        if (end >= 0) text = text[..end];
        return text.Length > MaxReasonLength ? text[..MaxReasonLength] : text;
    }

    [LoggerMessage(
        EventIds.TelemetryFailed, LogLevel.Warning, "Telemetry could not be sent by OTLP ({Kind}): {Reason}", EventName = nameof(EventIds.TelemetryFailed))]
    private static partial void LogFailed(ILogger logger, string kind, string reason);
}
