using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

internal sealed partial class RedisAdminChannel
{
    [LoggerMessage(
        EventIds.RedisAdminRefused,
        LogLevel.Warning,
        "Redis does not permit the channels on which instances ask each other, so traces and connections are those of one instance: {Reason}",
        EventName = nameof(EventIds.RedisAdminRefused))]
    private static partial void LogRefused(ILogger logger, string reason);
}
