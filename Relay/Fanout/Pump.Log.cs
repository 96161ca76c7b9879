using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Fanout;

internal sealed partial class Pump
{
    private readonly FaultLog _faultLog = new(TimeProvider.System);

    [LoggerMessage(
        EventIds.PumpFault,
        LogLevel.Error,
        "A pump caught a fault and closed the client that it served, if the fault belonged to one; without memory pressure this is a bug "
            + "({Suppressed} more such faults were not logged)",
        EventName = "PumpFault")]
    private static partial void WriteFault(ILogger logger, Exception fault, long suppressed);

    private void LogFault(ILogger logger, Exception fault)
    {
        if (_faultLog.MayLog(fault, out long suppressed)) WriteFault(logger, fault, suppressed);
    }
}
