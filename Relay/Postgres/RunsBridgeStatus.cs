namespace Cecelia.Relay.Postgres;

/// <summary>What this instance does for PostgreSQL.</summary>
internal enum RunsBridgeState
{
    /// <summary>Another instance publishes, or none that we know of; this one asks for the lease.</summary>
    Standby,

    /// <summary>This instance publishes.</summary>
    Leading,

    /// <summary>It would publish, but something is in the way; it tries again.</summary>
    Failing,
}

/// <summary>How the bridge stands. An immutable snapshot; holds no secrets.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">When <paramref name="State"/> began.</param>
/// <param name="Reason">In plain words.</param>
/// <param name="Warnings">How many reasons there are why changes may be missing although this instance publishes; <paramref name="Reason"/> names them.</param>
internal sealed record RunsBridgeStatus(RunsBridgeState State, DateTimeOffset Since, string Reason, int Warnings = 0);
