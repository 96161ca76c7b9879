using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>The transport of the relays that tests start. CECELIA_SOCKETS=kestrel runs all tests over Kestrel's, as `make verify` does.</summary>
internal static class TestTransport
{
    /// <summary>The setting; null: the relay's default.</summary>
    public static string? Setting { get; } = Environment.GetEnvironmentVariable("CECELIA_SOCKETS") is { Length: > 0 } setting ? setting : null;

    public static SocketTransport Sockets { get; } = Setting == "kestrel" ? SocketTransport.Kestrel : new ConnectionOptions().Sockets;
}
