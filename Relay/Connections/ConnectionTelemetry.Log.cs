using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

internal sealed partial class ConnectionTelemetry
{
    [LoggerMessage(EventIds.ConnectionOpened, LogLevel.Debug, "Connection opened", EventName = "ConnectionOpened")]
    private static partial void LogOpened(ILogger logger);

    [LoggerMessage(
        EventIds.ConnectionClosed,
        LogLevel.Debug,
        "Connection closed with {Code} ({Reason}) after {Seconds} s, {Delivered} events delivered, {Missed} missed",
        EventName = "ConnectionClosed")]
    private static partial void LogClosed(ILogger logger, int code, CloseReason reason, double seconds, long delivered, long missed);

    [LoggerMessage(EventIds.UpgradeRefused, LogLevel.Debug, "Connection refused: {Reason}", EventName = "UpgradeRefused")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.ConnectionFault,
        LogLevel.Error,
        "A connection ended because of an unexpected fault; without memory pressure this is a bug ({Suppressed} more such faults were not logged)",
        EventName = "ConnectionFault")]
    private static partial void LogFault(ILogger logger, Exception fault, long suppressed);
}
