using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Duties;

internal sealed partial class Duty
{
    [LoggerMessage(EventIds.DutyFailed, LogLevel.Error, "The duty {Duty} failed ({Failures} failures since the start) and starts again in {DelaySeconds} s", EventName = nameof(EventIds.DutyFailed))]
    private static partial void LogFailed(ILogger logger, Exception fault, string duty, long failures, double delaySeconds);
}
