namespace Cecelia.Relay.Redis;

/// <summary>How history passes from one instance to another. Immutable.</summary>
internal sealed record RecoveryOptions
{
    /// <summary>
    /// Most bytes of events that are handed to another instance, and most bytes of the whole, compressed, in Redis. Default 16 MiB; zero hands over
    /// nothing and takes nothing over.
    /// </summary>
    public long HandoffBytes { get; init; } = 16L * 1024 * 1024;

    /// <summary>
    /// How long a starting instance that could not get the state, although another instance or a copy in Redis may have it, is not ready while it keeps
    /// asking. Default 30 s; zero: it is never ready without.
    /// </summary>
    public TimeSpan HandoffWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the first piece of an answer is waited for, at first: each request that is not answered doubles it, up to 15 s. Default 2 s. Zero is not allowed.</summary>
    public TimeSpan HandoffDeadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an instance that found no other one and no copy at its start repeats its request. Default 60 s; zero: it does not.</summary>
    public TimeSpan AskAgainFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often what a later instance can go on from is kept in Redis, by one instance for all, while something changes. Default 5 s. Zero is not allowed.</summary>
    public TimeSpan KeepInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long it is kept. Default 10 minutes. Zero is not allowed.</summary>
    public TimeSpan KeepLife { get; init; } = TimeSpan.FromMinutes(10);
}
