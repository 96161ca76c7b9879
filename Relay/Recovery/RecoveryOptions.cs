namespace Cecelia.Relay.Recovery;

/// <summary>Options for passing history and state from one instance to another. Immutable.</summary>
internal sealed record RecoveryOptions
{
    /// <summary>
    /// Maximum number of bytes of events that are handed to another instance, and of the whole handoff, compressed, in Redis. Default 16 MiB. With zero an
    /// instance neither hands over nor takes over.
    /// </summary>
    public long HandoffBytes { get; init; } = 16L * 1024 * 1024;

    /// <summary>
    /// How long a starting instance that could not get the state, although another instance or a copy in Redis may have it, stays not ready while it repeats
    /// its request. Default 30 s. With zero it does not become ready without the state.
    /// </summary>
    public TimeSpan HandoffWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long to wait for the first piece of an answer to the first request. Each unanswered request doubles it, up to 15 s. Default 2 s. Zero is not
    /// allowed.
    /// </summary>
    public TimeSpan HandoffDeadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an instance that found no other instance and no copy at its start repeats its request. Default 60 s. With zero it does not.</summary>
    public TimeSpan AskAgainFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Interval at which one of the instances stores a copy for later instances in Redis, while something changes. Default 5 s. Zero is not allowed.
    /// </summary>
    public TimeSpan KeepInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the copy is kept in Redis. Default 10 minutes. Zero is not allowed.</summary>
    public TimeSpan KeepLife { get; init; } = TimeSpan.FromMinutes(10);
}
