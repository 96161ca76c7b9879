using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Duties;

internal sealed partial class Duty
{
    [LoggerMessage(
        EventIds.DutyFailed,
        LogLevel.Error,
        "Duty {Duty} failed ({Failures} failures since startup). Restarting in {DelaySeconds} s",
        EventName = nameof(EventIds.DutyFailed))]
    private static partial void LogFailed(ILogger logger, Exception fault, string duty, long failures, double delaySeconds);
}
