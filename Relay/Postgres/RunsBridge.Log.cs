using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Postgres;

internal sealed partial class RunsBridge
{
    [LoggerMessage(
        EventIds.RunsLeading, LogLevel.Information, "This instance publishes the changes of runs in {Database}", EventName = nameof(EventIds.RunsLeading))]
    private static partial void LogLeading(ILogger logger, string database);

    [LoggerMessage(
        EventIds.RunsFailing,
        LogLevel.Warning,
        "Changes of runs cannot be published and wait in PostgreSQL; retrying: {Reason}",
        EventName = nameof(EventIds.RunsFailing))]
    private static partial void LogFailing(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.RunSkipped,
        LogLevel.Warning,
        "A change of a run was skipped, and clients are notified of a gap: {Reason}",
        EventName = nameof(EventIds.RunSkipped))]
    private static partial void LogSkipped(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.RunTrimmed,
        LogLevel.Warning,
        "A change of a run was published without the fields that relays would refuse: {Reason}",
        EventName = nameof(EventIds.RunTrimmed))]
    private static partial void LogTrimmed(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.RunsLost,
        LogLevel.Warning,
        "{Count} changes of runs were lost: the database discarded them because no relay published them in time, or its trigger could not record them",
        EventName = nameof(EventIds.RunsLost))]
    private static partial void LogLost(ILogger logger, long count);

    [LoggerMessage(
        EventIds.RunsNotRecorded,
        LogLevel.Warning,
        "Changes of runs may be missing: {Warning}. Unless this is intended, run deploy/brain/runs.sql on the database again",
        EventName = nameof(EventIds.RunsNotRecorded))]
    private static partial void LogNotRecorded(ILogger logger, string warning);

    [LoggerMessage(
        EventIds.RunsNotKept,
        LogLevel.Warning,
        "Changes of runs were published, but could not be appended to the stream: {Reason}",
        EventName = nameof(EventIds.RunsNotKept))]
    private static partial void LogNotKept(ILogger logger, string reason);
}
