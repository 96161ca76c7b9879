using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

internal sealed partial class RedisSentinelWatch
{
    [LoggerMessage(
        EventIds.SentinelFound,
        LogLevel.Information,
        "The primary of {Master} is {Primary}, by the Sentinels {Sentinels}",
        EventName = nameof(EventIds.SentinelFound))]
    private static partial void LogFound(ILogger logger, string master, string primary, string sentinels);

    [LoggerMessage(
        EventIds.SentinelSwitched,
        LogLevel.Warning,
        "The primary of {Master} was {Old} and is {Primary} now, by the Sentinels",
        EventName = nameof(EventIds.SentinelSwitched))]
    private static partial void LogSwitched(ILogger logger, string master, string old, string primary);

    [LoggerMessage(
        EventIds.SentinelWatched,
        LogLevel.Information,
        "Failovers of {Master} are followed at the Sentinel {Sentinel}",
        EventName = nameof(EventIds.SentinelWatched))]
    private static partial void LogWatched(ILogger logger, string master, string sentinel);

    [LoggerMessage(
        EventIds.SentinelUnwatched,
        LogLevel.Warning,
        "Failovers of {Master} are not announced to the relay, trying the next Sentinel: {Reason}",
        EventName = nameof(EventIds.SentinelUnwatched))]
    private static partial void LogUnwatched(ILogger logger, string master, string reason);
}
