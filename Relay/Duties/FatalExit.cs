namespace Cecelia.Relay.Duties;

/// <summary>
/// Ends the process if its state can no longer be trusted, with exit code <see cref="ExitCode"/> and a Critical log line with the cause. For failures from
/// which only a restart can recover. Thread-safe; only the first call has an effect.
/// </summary>
/// <param name="logger">The logger for the cause.</param>
/// <param name="end">The callback that ends the process with an exit code. Must not return normally, except in tests.</param>
internal sealed partial class FatalExit(ILogger<FatalExit> logger, Action<int> end)
{
    /// <summary>EX_SOFTWARE of <c>sysexits.h</c>: an internal failure.</summary>
    public const int ExitCode = 70;

    private int _begun;

    /// <summary>Logs the cause and ends the process.</summary>
    /// <param name="what">A description of the failure, as a sentence without a full stop.</param>
    /// <param name="cause">The exception that caused it.</param>
    public void Exit(string what, Exception cause)
    {
        if (Interlocked.Exchange(ref _begun, 1) == 1) return;
        try
        {
            LogFatal(logger, cause, what, cause.GetType().Name, cause.Message);
        }
        catch (Exception)
        {
            // There may be no memory for a log line. The exit code still reports the failure.
        }

        end(ExitCode);
    }
}
