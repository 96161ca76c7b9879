using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Ingest;

internal sealed partial class Ingestor
{
    [LoggerMessage(
        EventIds.EventRefused,
        LogLevel.Warning,
        "Refused an event ({Reason}: {Detail}; {Bytes} bytes; {Suppressed} more since the last such line). GET /api/v1/refused shows it",
        EventName = "EventRefused")]
    private static partial void LogRefused(ILogger logger, string reason, string detail, long bytes, long suppressed);

    [LoggerMessage(
        EventIds.EventDuplicate,
        LogLevel.Information,
        "Dropped an event that had been received before, by its source and seq ({Suppressed} more since the last such line). GET /api/v1/refused shows it",
        EventName = nameof(EventIds.EventDuplicate))]
    private static partial void LogDuplicate(ILogger logger, long suppressed);

    [LoggerMessage(
        EventIds.PublisherRestarted,
        LogLevel.Warning,
        "A publisher restarted its numbers under the same source; clients are sent a gap that names it, and the last events of its previous "
            + "run may be missing. A publisher should use a different source for each run ({Suppressed} more such lines since the last)",
        EventName = nameof(EventIds.PublisherRestarted))]
    private static partial void LogRestarted(ILogger logger, long suppressed);

    [LoggerMessage(
        EventIds.PublisherGap,
        LogLevel.Warning,
        "{Missed} events of a publisher are missing: there is a hole in its numbers; clients are notified of a gap. GET /api/v1/status names "
            + "the publisher ({Suppressed} more such lines since the last)",
        EventName = nameof(EventIds.PublisherGap))]
    private static partial void LogMissing(ILogger logger, long missed, long suppressed);

    [LoggerMessage(
        EventIds.PublisherUnknown,
        LogLevel.Warning,
        "The first event of a publisher has a number above 1. It is not known whether earlier events are missing, because the record of "
            + "publishers does not reach back ten minutes ({Suppressed} more such lines since the last)",
        EventName = nameof(EventIds.PublisherUnknown))]
    private static partial void LogUnknown(ILogger logger, long suppressed);
}
