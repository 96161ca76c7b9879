namespace Cecelia.Relay.Duties;

/// <summary>
/// Ends the process when what it serves can no longer be trusted: exit code <see cref="ExitCode"/>, and a Critical log line with the cause. For failures that
/// a restart cures and nothing else does. Any thread; the first call counts.
/// </summary>
/// <param name="logger">Gets the cause.</param>
/// <param name="end">Ends the process with that code. Must not return normally, except in tests.</param>
internal sealed partial class FatalExit(ILogger<FatalExit> logger, Action<int> end)
{
    /// <summary>EX_SOFTWARE of <c>sysexits.h</c>: an internal failure.</summary>
    public const int ExitCode = 70;

    private int _begun;

    /// <summary>Logs and ends.</summary>
    /// <param name="what">What has failed, as a sentence without its full stop.</param>
    /// <param name="cause">Why.</param>
    public void Exit(string what, Exception cause)
    {
        if (Interlocked.Exchange(ref _begun, 1) == 1) return;
        try
        {
            LogFatal(logger, cause, what, cause.GetType().Name, cause.Message);
        }
        catch (Exception)
        {
            // There may be no memory for a log line. The exit code still says that the end was not orderly.
        }

        end(ExitCode);
    }
}
