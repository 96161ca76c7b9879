using System.Net;

namespace Cecelia.Relay.Connections;

/// <summary>Who may connect, and what a connection may cost. Immutable.</summary>
internal sealed record ConnectionOptions
{
    /// <summary>False: upgrades are answered 503 with a reason; health and metrics still serve. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Origins that browsers may connect from (<c>https://host[:port]</c>), beside the relay's own host and loopback, which always may. A single
    /// <c>*</c> allows all. Default: none.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// Names under which the relay may be addressed, beside addresses, names without a dot, names that the public DNS cannot have, and the hosts of
    /// <see cref="AllowedOrigins"/>. A single <c>*</c> allows all. Default: none.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// True: a page of the request's own host, or of loopback, may connect whatever its port. False: only with the request's own host and port. Default true.
    /// </summary>
    public bool OriginAnyPort { get; init; } = true;

    /// <summary>Most connections in all. Default 10,000; zero sets no limit.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Most connections from one address. Default zero: no limit.</summary>
    public int MaxConnectionsPerAddress { get; init; }

    /// <summary>
    /// Addresses of proxies in front of the relay. From them <c>X-Forwarded-For</c> names the client, from right to left up to the first address that is not one of
    /// these; from others it is ignored. Default: none.
    /// </summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>True: each connection from a trusted proxy must begin with a PROXY protocol header (version 1 or 2), which names the client. Default false.</summary>
    public bool ProxyProtocol { get; init; }

    /// <summary>Time between pings; a client that gave no sign of life for two of them is closed. Default 25 s; zero sends none and sweeps nobody.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Largest message from a client, in bytes, judged by its declared length. Default 65,536. Zero is not allowed.</summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024;

    /// <summary>Most messages and control frames that a client may send in one second. Default 50; zero sets no limit.</summary>
    public int MaxMessagesPerSecond { get; init; } = 50;

    /// <summary>Most fragments in one message from a client. Default 1,024. Zero is not allowed.</summary>
    public int MaxFragments { get; init; } = 1024;

    /// <summary>How long a client may take for one message, from its first byte to its last. Default 30 s. Zero is not allowed.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether permessage-deflate is granted to clients that offer it. Default true.</summary>
    public bool Compression { get; init; } = true;

    /// <summary>
    /// How long the page of an execution of which nothing is known waits for its first message before it is told so. Default 30 s; zero: it is not told.
    /// </summary>
    public TimeSpan UnknownExecution { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer may take to send its request, and to complete TLS. Default 5 s. Zero is not allowed.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may stay open without a request after it has had one. Default 130 s, which is Kestrel's.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>How long we wait for the peer's close frame after ours before the socket is cut. Default 2 s. Zero is not allowed.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the relay goes on serving, while it says that it is not ready, before a shutdown closes connections: time for a load balancer to look. Default zero.</summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>Over how long a shutdown spreads the closing of connections, so that they do not all come back at once. Default 2 s; zero closes all at once.</summary>
    public TimeSpan DrainWindow { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Age at which a connection is closed and asked to come back, less a random fifth: so clients spread over instances again. Default zero: never.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>How long the closing of connections may take in a shutdown, after the delay. Default 10 s; zero cuts all connections at once.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most sockets in all, whatever they carry. Not a setting: it follows from the limit of descriptors. Default zero: no bound.</summary>
    public int MaxSockets { get; init; }

    /// <summary>First number of a descriptor that is kept for what is not a client's socket: an accepted socket with this or a higher number pauses accepting. Default zero: none.</summary>
    public long DescriptorCeiling { get; init; }

    /// <summary>Whether the address is that of a trusted proxy.</summary>
    public bool Trusts(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        foreach (IPNetwork network in TrustedProxies)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }
}
