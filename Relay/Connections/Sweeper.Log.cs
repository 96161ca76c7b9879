using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

internal sealed partial class Sweeper
{
    [LoggerMessage(EventIds.SweepFault, LogLevel.Error, "A connection was closed because its deadlines could not be checked; without memory pressure this is a bug", EventName = nameof(EventIds.SweepFault))]
    private static partial void LogFault(ILogger logger, Exception fault);
}
