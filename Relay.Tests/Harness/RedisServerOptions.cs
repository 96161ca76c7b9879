namespace Cecelia.Relay.Tests.Harness;

/// <summary>The settings of the Redis server that a test starts.</summary>
internal sealed record RedisServerOptions
{
    /// <summary>Zero for any free port.</summary>
    public int Port { get; init; }

    public string? Password { get; init; }

    /// <summary>Serve only TLS, with a self-signed certificate made for this run.</summary>
    public bool Tls { get; init; }

    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary>
    /// The lines about masters in the configuration of a Sentinel. Null if the server is not a Sentinel. A Sentinel keeps its state over a restart, and must
    /// be on this machine.
    /// </summary>
    public IReadOnlyList<string>? Sentinel { get; init; }

    /// <summary>Whether this server runs in a container if both kinds are possible, unless <c>CECELIA_TEST_REDIS</c> overrides it.</summary>
    public bool PreferContainer { get; init; }

    /// <summary>Whether the server must be a process on this machine, for example because it connects to another server on loopback.</summary>
    public bool OnThisMachine { get; init; }
}
