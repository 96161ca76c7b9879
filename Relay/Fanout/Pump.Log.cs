using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Fanout;

internal sealed partial class Pump
{
    [LoggerMessage(EventIds.PumpFault, LogLevel.Error, "A pump caught a fault and closed the client that it served, if the fault belonged to one; without memory pressure this is a bug", EventName = "PumpFault")]
    private static partial void LogFault(ILogger logger, Exception fault);
}
