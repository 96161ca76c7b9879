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

    [LoggerMessage(EventIds.DutyFailedWhileStopping, LogLevel.Warning, "Duty {Duty} failed while it was stopped", EventName = "DutyFailedWhileStopping")]
    private static partial void WriteFailedWhileStopping(ILogger logger, Exception fault, string duty);

    /// <summary>Never throws.</summary>
    private static void LogFailedWhileStopping(ILogger logger, Exception fault, string duty)
    {
        try
        {
            WriteFailedWhileStopping(logger, fault, duty);
        }
        catch (Exception)
        {
            // There is no memory for a log line, and the duty ends in any case.
        }
    }
}
