using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

internal sealed partial class StreamRecovery
{
    private readonly FaultLog _faultLog = new(TimeProvider.System);

    [LoggerMessage(
        EventIds.TakenOver,
        LogLevel.Information,
        "Loaded the state of another instance, or the copy in Redis: {Entries} events, {Entities} tasks and other entities",
        EventName = nameof(EventIds.TakenOver))]
    private static partial void LogTakenOver(ILogger logger, int entries, int entities);

    [LoggerMessage(
        EventIds.HandoffFailed,
        LogLevel.Warning,
        "The state of another instance, or the copy in Redis, could not be loaded; retrying: {Reason}",
        EventName = nameof(EventIds.HandoffFailed))]
    private static partial void LogUnavailable(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.ReadyWithoutState,
        LogLevel.Warning,
        "Ready without the complete state of another instance or of the copy in Redis; clients are notified of a gap, and the relay keeps "
            + "requesting it: {Reason}",
        EventName = nameof(EventIds.ReadyWithoutState))]
    private static partial void LogReadyWithout(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.NoOtherState,
        LogLevel.Information,
        "No other state exists that could be loaded: no other instance is ready and Redis has no readable copy. This instance continues with "
            + "its own state, and clients were notified of a gap",
        EventName = nameof(EventIds.NoOtherState))]
    private static partial void LogNoOtherState(ILogger logger);

    [LoggerMessage(
        EventIds.StreamFailed,
        LogLevel.Warning,
        "The stream {Key} cannot be read, so the missed events remain missing: {Reason}",
        EventName = nameof(EventIds.StreamFailed))]
    private static partial void LogStreamFailed(ILogger logger, string key, string reason);

    [LoggerMessage(
        EventIds.RecoveryFault,
        LogLevel.Error,
        "An unexpected fault while history was passed from one connection or instance to another; clients are notified of any gap. This is a "
            + "bug ({Suppressed} more such faults were not logged)",
        EventName = nameof(EventIds.RecoveryFault))]
    private static partial void WriteFault(ILogger logger, Exception fault, long suppressed);

    private void LogFault(ILogger logger, Exception fault)
    {
        if (_faultLog.MayLog(fault, out long suppressed)) WriteFault(logger, fault, suppressed);
    }
}
