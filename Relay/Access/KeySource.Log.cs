using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Access;

internal sealed partial class KeySource
{
    [LoggerMessage(EventIds.KeysLoaded, LogLevel.Information, "Loaded {Count} keys that tokens are checked with", EventName = "KeysLoaded")]
    private static partial void LogLoaded(ILogger logger, int count);

    [LoggerMessage(
        EventIds.KeysFailed,
        LogLevel.Warning,
        "The keys that tokens are checked with could not be loaded: {Reason}; {Consequence}",
        EventName = "KeysFailed")]
    private static partial void LogFailed(ILogger logger, string reason, string consequence);
}
