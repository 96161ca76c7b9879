using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

internal sealed partial class Drain
{
    [LoggerMessage(EventIds.Draining, LogLevel.Information, "Closing {Open} connections, within {GraceSeconds} s", EventName = "Draining")]
    private static partial void LogDraining(ILogger logger, int open, double graceSeconds);

    [LoggerMessage(EventIds.DrainEnded, LogLevel.Information, "{Closed} connections closed, {Cut} cut", EventName = "DrainEnded")]
    private static partial void LogDrainEnded(ILogger logger, int closed, int cut);
}
