using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// Sends the last metrics, spans and log records when the host is disposed, after the connections were drained. The providers' own disposal waits five
/// seconds for each signal in turn; here all signals together have <see cref="Limit"/>. Data that is not sent by then is lost.
/// </summary>
/// <remarks>The container disposes in reverse order of creation, so this is disposed before the providers, which then have nothing left to wait for.</remarks>
internal sealed partial class TelemetryFlush : IDisposable
{
    /// <summary>Maximum time by which an unresponsive collector delays the end of the process.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly MeterProvider _meters;
    private readonly TracerProvider? _tracers;
    private readonly LoggerProvider? _loggers;
    private readonly ILogger _logger;

    public TelemetryFlush(
        RelayMetrics metrics,
        MeterProvider meters,
        ILogger<TelemetryFlush> logger,
        TracerProvider? tracers = null,
        LoggerProvider? loggers = null)
    {
        // A dependency only for the order of disposal: the last collection reads the instruments.
        ArgumentNullException.ThrowIfNull(metrics);
        (_meters, _tracers, _loggers, _logger) = (meters, tracers, loggers, logger);
    }

    public void Dispose()
    {
        int limitMs = (int)Limit.TotalMilliseconds;
        Task<bool>[] flushes =
        [
            Task.Run(() => _meters.Shutdown(limitMs)),
            Task.Run(() => _tracers?.Shutdown(limitMs) ?? true),
            Task.Run(() => _loggers?.Shutdown(limitMs) ?? true),
        ];
        if (!Task.WaitAll(flushes, Limit) || flushes.Any(flush => !flush.Result)) LogUnsent(_logger, Limit.TotalSeconds);
    }

    [LoggerMessage(
        EventIds.TelemetryUnsent, LogLevel.Warning, "The last telemetry was not sent within {LimitSeconds} s", EventName = nameof(EventIds.TelemetryUnsent))]
    private static partial void LogUnsent(ILogger logger, double limitSeconds);
}
