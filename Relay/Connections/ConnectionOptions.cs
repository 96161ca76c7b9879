using System.Net;

namespace Cecelia.Relay.Connections;

/// <summary>Access rules and limits of connections. Immutable.</summary>
internal sealed record ConnectionOptions
{
    /// <summary>
    /// Whether connections are accepted. If false, they are refused with 503 and a reason, while health and metrics are still served. Default true.
    /// </summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Origins that browsers may connect from (<c>https://host[:port]</c>), in addition to the relay's own host and loopback, which are always allowed. A
    /// single <c>*</c> allows all. Default: none.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// Names under which the relay may be addressed, in addition to addresses, names without a dot, names that cannot exist in the public DNS, and the hosts
    /// of <see cref="AllowedOrigins"/>. A single <c>*</c> allows all. Default: none.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// Whether a page of the request's own host, or of loopback, may connect from any port. If false, only from the request's own host and port. Default true.
    /// </summary>
    public bool OriginAnyPort { get; init; } = true;

    /// <summary>How long before a certificate expires <c>/readyz</c> warns. Default 14 days; zero warns only when it has expired.</summary>
    public TimeSpan CertificateWarning { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Maximum number of connections. Default 10,000; zero sets no limit.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Maximum number of connections from one address. Default zero: no limit.</summary>
    public int MaxConnectionsPerAddress { get; init; }

    /// <summary>
    /// Maximum number of requests from one address in a second, on average over 10 s, beside connections and probes. Default 100; zero sets no limit.
    /// </summary>
    public int MaxRequestsPerAddress { get; init; } = 100;

    /// <summary>
    /// Addresses of proxies in front of the relay. Their <c>X-Forwarded-For</c> is read from right to left: the first address that is not one of these is the
    /// client's. The header of any other peer is ignored. Default: none.
    /// </summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>
    /// Whether each connection from a trusted proxy must begin with a PROXY protocol header (version 1 or 2), which names the client. Default false.
    /// </summary>
    public bool ProxyProtocol { get; init; }

    /// <summary>
    /// Time between pings; a client from which nothing was received for two of them is closed. Default 25 s; zero sends no pings and closes no silent client.
    /// </summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Maximum size of a client's message, in bytes, checked against its declared length. Default 65,536. Zero is not allowed.</summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024;

    /// <summary>Maximum number of messages and control frames that a client may send in one second. Default 50; zero sets no limit.</summary>
    public int MaxMessagesPerSecond { get; init; } = 50;

    /// <summary>Maximum number of fragments in a client's message. Default 1,024. Zero is not allowed.</summary>
    public int MaxFragments { get; init; } = 1024;

    /// <summary>How long a client may take for one message, from its first byte to its last. Default 30 s. Zero is not allowed.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether permessage-deflate is granted to clients that offer it. Default true.</summary>
    public bool Compression { get; init; } = true;

    /// <summary>
    /// How long the page of an execution without state waits for its first message before it receives an error. Default 30 s; zero: it receives none.
    /// </summary>
    public TimeSpan UnknownExecution { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer may take to send its request, and to complete TLS. Default 5 s. Zero is not allowed.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may stay open without a request after its last one. Default 130 s, which is Kestrel's.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>How long the relay waits for the peer's close frame after its own before it aborts the connection. Default 2 s. Zero is not allowed.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the relay still accepts connections after it has reported that it is not ready, before a shutdown closes them: time for a load balancer to
    /// react. Default zero.
    /// </summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>
    /// Time over which a shutdown spreads the closing of connections, so that clients do not all reconnect at once. Default 2 s; zero closes all at once.
    /// </summary>
    public TimeSpan DrainWindow { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Maximum age of a connection, less a random fifth. The client is asked to reconnect, so that clients spread over the instances again. Default zero: no
    /// limit.
    /// </summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>How long the closing of connections may take in a shutdown, after the delay. Default 10 s; zero aborts all connections at once.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The transport of connections without TLS. Default <see cref="SocketTransport.Epoll"/> on Linux, otherwise Kestrel's.</summary>
    public SocketTransport Sockets { get; init; } = OperatingSystem.IsLinux() ? SocketTransport.Epoll : SocketTransport.Kestrel;

    /// <summary>Maximum number of sockets of any kind. Not a setting: derived from the limit of descriptors. Default zero: no limit.</summary>
    public int MaxSockets { get; init; }

    /// <summary>
    /// The lowest descriptor number that is reserved for other uses than clients' sockets: an accepted socket with this number or a higher one pauses
    /// accepting. Default zero: no reserve.
    /// </summary>
    public long DescriptorCeiling { get; init; }

    /// <summary>Returns whether the address is that of a trusted proxy.</summary>
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

/// <summary>The transport of connections without TLS.</summary>
internal enum SocketTransport
{
    /// <summary>Kestrel's own, from the first byte to the last.</summary>
    Kestrel,

    /// <summary>The relay's, with epoll(7): Kestrel serves the requests, and an open connection holds nothing of Kestrel's. Only on Linux.</summary>
    Epoll,
}
