using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

internal sealed partial class Sweeper
{
    private readonly FaultLog _faultLog = new(time);

    [LoggerMessage(
        EventIds.SweepFault,
        LogLevel.Error,
        "A connection was closed because its deadlines could not be checked; without memory pressure this is a bug ({Suppressed} more such "
            + "faults were not logged)",
        EventName = nameof(EventIds.SweepFault))]
    private static partial void WriteFault(ILogger logger, Exception fault, long suppressed);

    private void LogFault(ILogger logger, Exception fault)
    {
        if (_faultLog.MayLog(fault, out long suppressed)) WriteFault(logger, fault, suppressed);
    }
}
