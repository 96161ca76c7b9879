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

    /// <summary>Failed; waiting to be started again.</summary>
    Failed,
}

/// <summary>A snapshot of a duty's state. Immutable.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">When <paramref name="State"/> began.</param>
/// <param name="Cause">The type and message of the last failure; null if there was none, or if the duty has been stable since.</param>
internal sealed record DutyStatus(DutyState State, DateTimeOffset Since, string? Cause)
{
    /// <summary>True while the body runs.</summary>
    public bool IsRunning => State is DutyState.Running or DutyState.Restarted;
}
