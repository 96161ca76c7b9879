using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Duties;

internal sealed partial class FatalExit
{
    [LoggerMessage(
        EventIds.Fatal,
        LogLevel.Critical,
        "{What} ({FaultName}: {Cause}). The process exits with code 70; clients reconnect to another instance, or to this one after its restart",
        EventName = nameof(EventIds.Fatal))]
    private static partial void LogFatal(ILogger logger, Exception fault, string what, string faultName, string cause);
}
