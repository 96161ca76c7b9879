using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

internal sealed partial class Drain
{
    private readonly FaultLog _faultLog = new(time);

    [LoggerMessage(EventIds.Draining, LogLevel.Information, "Closing {Open} connections, within {GraceSeconds} s", EventName = "Draining")]
    private static partial void LogDraining(ILogger logger, int open, double graceSeconds);

    [LoggerMessage(
        EventIds.DrainEnded, LogLevel.Information, "{Closed} connections closed, {Aborted} ended at the end of the grace period", EventName = "DrainEnded")]
    private static partial void LogDrainEnded(ILogger logger, int closed, int aborted);

    [LoggerMessage(
        EventIds.DrainFault,
        LogLevel.Error,
        "Connections could not be closed and are aborted; without memory pressure this is a bug ({Suppressed} more such faults were not logged)",
        EventName = nameof(EventIds.DrainFault))]
    private static partial void WriteFault(ILogger logger, Exception fault, long suppressed);

    private void LogFault(ILogger logger, Exception fault)
    {
        if (_faultLog.MayLog(fault, out long suppressed)) WriteFault(logger, fault, suppressed);
    }
}
