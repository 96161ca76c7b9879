using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

internal sealed partial class CommandPublisher
{
    [LoggerMessage(EventIds.CommandsFailed, LogLevel.Warning, "Clients' commands cannot be published: {Reason}", EventName = "CommandsFailed")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(EventIds.CommandFault, LogLevel.Error, "A client's command caused an unexpected fault, so that it was lost, or its client not told; without memory pressure this is a bug", EventName = "CommandFault")]
    private static partial void LogFault(ILogger logger, Exception fault);
}
