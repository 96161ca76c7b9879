using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

internal sealed partial class RedisLink
{
    [LoggerMessage(EventIds.RedisSubscribed, LogLevel.Information, "Subscribed to {Channels} on {Server}", EventName = nameof(EventIds.RedisSubscribed))]
    private static partial void LogSubscribed(ILogger logger, string channels, string server);

    [LoggerMessage(EventIds.RedisLost, LogLevel.Warning, "The link to Redis is lost, events may be missed: {Reason}", EventName = nameof(EventIds.RedisLost))]
    private static partial void LogLost(ILogger logger, string reason);

    [LoggerMessage(EventIds.RedisUnreachable, LogLevel.Warning, "Redis does not serve us, trying again: {Reason}", EventName = nameof(EventIds.RedisUnreachable))]
    private static partial void LogUnreachable(ILogger logger, string reason);

    [LoggerMessage(EventIds.RedisChannelRefused, LogLevel.Error, "Redis refuses {Channel}, events on it do not arrive; trying again slowly: {Reason}", EventName = nameof(EventIds.RedisChannelRefused))]
    private static partial void LogChannelRefused(ILogger logger, string channel, string reason);

    [LoggerMessage(EventIds.RedisStreamUnreadable, LogLevel.Warning, "The stream {Key} cannot be read, so what an outage costs will not be read from it: {Reason}", EventName = nameof(EventIds.RedisStreamUnreadable))]
    private static partial void LogStreamUnreadable(ILogger logger, string key, string reason);

    [LoggerMessage(EventIds.RedisProbeRefused, LogLevel.Warning, "Redis refuses the probe channel {Channel}, so the link is watched by PING alone: {Reason}", EventName = nameof(EventIds.RedisProbeRefused))]
    private static partial void LogProbeRefused(ILogger logger, string channel, string reason);

    [LoggerMessage(EventIds.RedisHandoffRefused, LogLevel.Warning, "Redis refuses {Channel}, so a starting instance cannot ask this one for its state; trying again slowly: {Reason}", EventName = nameof(EventIds.RedisHandoffRefused))]
    private static partial void LogHandoffRefused(ILogger logger, string channel, string reason);
}
