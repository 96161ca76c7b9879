using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

internal sealed partial class HandoffSender
{
    [LoggerMessage(
        EventIds.HandoffCopyFailed,
        LogLevel.Warning,
        "The copy for the next instance was not made or not stored; the next turn tries again: {Reason}",
        EventName = nameof(EventIds.HandoffCopyFailed))]
    private static partial void LogCopyFailed(ILogger logger, string reason);

    [LoggerMessage(EventIds.RedisMemoryFull, LogLevel.Warning, "{Reason}", EventName = nameof(EventIds.RedisMemoryFull))]
    private static partial void LogMemoryFull(ILogger logger, string reason);

    [LoggerMessage(EventIds.RedisMemoryFreed, LogLevel.Information, "Redis is below its memory limit again", EventName = nameof(EventIds.RedisMemoryFreed))]
    private static partial void LogMemoryFreed(ILogger logger);
}
