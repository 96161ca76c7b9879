using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

internal sealed partial class RedisLink
{
    [LoggerMessage(EventIds.RedisSubscribed, LogLevel.Information, "Subscribed to {Channels} on {Server}", EventName = nameof(EventIds.RedisSubscribed))]
    private static partial void LogSubscribed(ILogger logger, string channels, string server);

    [LoggerMessage(EventIds.RedisLost, LogLevel.Warning, "The link to Redis is lost, events may be missed: {Reason}", EventName = nameof(EventIds.RedisLost))]
    private static partial void LogLost(ILogger logger, string reason);

    [LoggerMessage(EventIds.RedisUnreachable, LogLevel.Warning, "Redis cannot be used, retrying: {Reason}", EventName = nameof(EventIds.RedisUnreachable))]
    private static partial void LogUnreachable(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.RedisChannelRefused,
        LogLevel.Error,
        "Redis refuses {Channel}, events on it do not arrive; retrying slowly: {Reason}",
        EventName = nameof(EventIds.RedisChannelRefused))]
    private static partial void LogChannelRefused(ILogger logger, string channel, string reason);

    [LoggerMessage(
        EventIds.RedisStreamUnreadable,
        LogLevel.Warning,
        "The stream {Key} cannot be read, so events missed in an outage will not be read from it: {Reason}",
        EventName = nameof(EventIds.RedisStreamUnreadable))]
    private static partial void LogStreamUnreadable(ILogger logger, string key, string reason);

    [LoggerMessage(
        EventIds.RedisProbeRefused,
        LogLevel.Warning,
        "Redis refuses the probe channel {Channel}, so the link is monitored by PING only: {Reason}",
        EventName = nameof(EventIds.RedisProbeRefused))]
    private static partial void LogProbeRefused(ILogger logger, string channel, string reason);

    [LoggerMessage(
        EventIds.RedisShardMessages,
        LogLevel.Warning,
        "A message arrived by SPUBLISH on {Channel}, which is not supported: it is counted and not delivered. Publish events with PUBLISH",
        EventName = nameof(EventIds.RedisShardMessages))]
    private static partial void LogShardMessages(ILogger logger, string channel);

    [LoggerMessage(
        EventIds.RedisHandoffRefused,
        LogLevel.Warning,
        "Redis refuses {Channel}, so a starting instance cannot request the state of this one; retrying slowly: {Reason}",
        EventName = nameof(EventIds.RedisHandoffRefused))]
    private static partial void LogHandoffRefused(ILogger logger, string channel, string reason);

    [LoggerMessage(
        EventIds.RedisChannelPermitted,
        LogLevel.Information,
        "Redis permits {Channel} again; clients are notified of a gap",
        EventName = nameof(EventIds.RedisChannelPermitted))]
    private static partial void LogChannelPermitted(ILogger logger, string channel);

    [LoggerMessage(EventIds.RedisStreamReadable, LogLevel.Information, "The stream {Key} can be read again", EventName = nameof(EventIds.RedisStreamReadable))]
    private static partial void LogStreamReadable(ILogger logger, string key);

    [LoggerMessage(
        EventIds.RedisHandoffPermitted,
        LogLevel.Information,
        "Redis permits {Channel} again; a starting instance can request the state of this one",
        EventName = nameof(EventIds.RedisHandoffPermitted))]
    private static partial void LogHandoffPermitted(ILogger logger, string channel);
}
