using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Ingest;

internal sealed partial class IngestThread
{
    [LoggerMessage(
        EventIds.IngestQueueFull,
        LogLevel.Error,
        "{Dropped} events came faster than they could be decoded and were dropped (CECELIA_INGEST_QUEUE_BYTES)",
        EventName = "IngestQueueFull")]
    private static partial void LogDropped(ILogger logger, long dropped);

    [LoggerMessage(
        EventIds.IngestLost,
        LogLevel.Error,
        "There was no memory to accept an event or to make its frames; {Lost} events have been lost since the start, and clients are sent a gap",
        EventName = nameof(EventIds.IngestLost))]
    private static partial void LogLost(ILogger logger, Exception fault, long lost);

    [LoggerMessage(EventIds.IngestFault, LogLevel.Error, "An event caused an unexpected fault and was lost; this is a bug", EventName = "IngestFault")]
    private static partial void LogFault(ILogger logger, Exception fault);
}
