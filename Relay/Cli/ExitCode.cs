namespace Cecelia.Relay.Cli;

/// <summary>What the process says to the shell when it ends.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Something outside was not as needed: Redis unreachable, an upgrade refused.</summary>
    public const int Failed = 1;

    /// <summary>The user can put it right: an option, a setting, an event that is not JSON.</summary>
    public const int Usage = 2;

    /// <summary>An internal failure that only a restart cures; a Critical log line names the cause.</summary>
    public const int Fatal = Duties.FatalExit.ExitCode;
}
