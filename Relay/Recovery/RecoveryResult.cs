namespace Cecelia.Relay.Recovery;

/// <summary>The result of recovery for one connection: what is known of the time before its first event. Immutable.</summary>
/// <param name="Handoff">After a start: the history and state of another instance or of the copy in Redis. Null if there are none.</param>
/// <param name="Barrier">The nonce of the barrier up to which <paramref name="Handoff"/> contains all events; null if that point is not known.</param>
/// <param name="Missed">Events of that time, and of some time before it, that a stream holds.</param>
/// <param name="IsComplete">True if no event of that time is missing in it.</param>
internal sealed record RecoveryResult(Handoff? Handoff, Guid? Barrier, IReadOnlyList<byte[]> Missed, bool IsComplete)
{
    /// <summary>Nothing is known.</summary>
    public static RecoveryResult None { get; } = new(null, null, [], false);

    /// <summary>The connection ended before the result was known, or the relay stops: events received over it are not passed on.</summary>
    public static RecoveryResult Discarded { get; } = new(null, null, [], false);

    /// <summary>
    /// Why the history and state that another instance or the copy in Redis may have could not be loaded; null if there are none, or they are loaded.
    /// </summary>
    public string? Unavailable { get; init; }

    /// <summary>True if at the start no other instance was ready and Redis had no copy.</summary>
    public bool IsAlone { get; init; }

    public bool IsDiscarded => ReferenceEquals(this, Discarded);
}
