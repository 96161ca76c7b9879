namespace Cecelia.Relay.Cli;

/// <summary>Exit codes of the process.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>An external failure, such as an unreachable Redis or a refused upgrade.</summary>
    public const int Failed = 1;

    /// <summary>An error that the user can correct, such as an invalid option or setting, or an event that is not JSON.</summary>
    public const int Usage = 2;

    /// <summary>An internal failure that only a restart can repair. A Critical log line contains the cause.</summary>
    public const int Fatal = Duties.FatalExit.ExitCode;
}
