using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Commands;

internal sealed partial class CommandPublisher
{
    private readonly FaultLog _faultLog = new(TimeProvider.System);

    [LoggerMessage(EventIds.CommandsFailed, LogLevel.Warning, "Clients' commands cannot be published: {Reason}", EventName = "CommandsFailed")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.CommandFault,
        LogLevel.Error,
        "A client's command caused an unexpected fault, so that it was lost or its outcome was not reported; without memory pressure this is a "
            + "bug ({Suppressed} more such faults were not logged)",
        EventName = "CommandFault")]
    private static partial void WriteFault(ILogger logger, Exception fault, long suppressed);

    private void LogFault(ILogger logger, Exception fault)
    {
        if (_faultLog.MayLog(fault, out long suppressed)) WriteFault(logger, fault, suppressed);
    }
}
