using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

/// <summary>What is logged of a connection, whichever endpoint it came by.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(EventIds.ConnectionOpened, LogLevel.Debug, "Connection opened", EventName = "ConnectionOpened")]
    public static partial void Opened(ILogger logger);

    [LoggerMessage(EventIds.ConnectionClosed, LogLevel.Debug, "Connection closed with {Code} ({Reason}) after {Seconds} s, {Delivered} events delivered, {Missed} missed", EventName = "ConnectionClosed")]
    public static partial void Closed(ILogger logger, int code, CloseReason reason, double seconds, long delivered, long missed);

    [LoggerMessage(EventIds.UpgradeRefused, LogLevel.Debug, "Connection refused: {Word}", EventName = "UpgradeRefused")]
    public static partial void Refused(ILogger logger, string word);

    [LoggerMessage(EventIds.ConnectionFault, LogLevel.Error, "A connection ended by an unexpected fault; without memory pressure this is a bug ({Suppressed} more such faults were not logged)", EventName = "ConnectionFault")]
    private static partial void WriteFault(ILogger logger, Exception fault, long suppressed);

    public static void Fault(ILogger logger, FaultLog faults, Exception fault)
    {
        if (faults.MayLog(fault, out long suppressed)) WriteFault(logger, fault, suppressed);
    }
}
