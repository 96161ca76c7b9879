using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Fanout;

internal sealed partial class Pump
{
    [LoggerMessage(EventIds.PumpFault, LogLevel.Error, "A pump caught an unexpected fault and goes on; this is a bug", EventName = "PumpFault")]
    private static partial void LogFault(ILogger logger, Exception fault);
}
