namespace Cecelia.Relay.Duties;

/// <summary>The state of a duty.</summary>
internal enum DutyState
{
    /// <summary>Not started yet, or stopped with the relay.</summary>
    Stopped,

    /// <summary>Running, with no recent failure.</summary>
    Running,

    /// <summary>Running again after a failure, for less than <see cref="DutyRetry.Stable"/>.</summary>
    Restarted,

    /// <summary>Failed, and waiting to be restarted.</summary>
    Failed,
}

/// <summary>A snapshot of a duty's state. Immutable.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">Time since which the duty has been in this state.</param>
/// <param name="Cause">Type and message of the last failure; null if there was none, or if the duty has been stable since then.</param>
internal sealed record DutyStatus(DutyState State, DateTimeOffset Since, string? Cause)
{
    /// <summary>Whether the body is running.</summary>
    public bool IsRunning => State is DutyState.Running or DutyState.Restarted;
}
