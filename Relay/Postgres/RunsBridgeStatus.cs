namespace Cecelia.Relay.Postgres;

/// <summary>State of the bridge from PostgreSQL on this instance.</summary>
internal enum RunsBridgeState
{
    /// <summary>This instance does not have the lease and requests it.</summary>
    Standby,

    /// <summary>This instance publishes.</summary>
    Leading,

    /// <summary>This instance failed to publish and retries.</summary>
    Failing,
}

/// <summary>Status of the bridge. An immutable snapshot without secrets.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">Time at which <paramref name="State"/> began.</param>
/// <param name="Reason">A description of the state for operators.</param>
/// <param name="Warnings">Number of reasons why changes may be missing although this instance publishes; <paramref name="Reason"/> lists them.</param>
internal sealed record RunsBridgeStatus(RunsBridgeState State, DateTimeOffset Since, string Reason, int Warnings = 0);
