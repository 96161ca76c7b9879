using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Cecelia.Relay.Telemetry;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// The address of Redis: one or several hosts, TLS or not, its certificates, user, password, database. Immutable; neither <see cref="Masked"/> nor
/// <see cref="ToString"/> shows the password. The database applies to keys only: channels are the same in every database.
/// </summary>
internal sealed record RedisUrl
{
    private const int DefaultPort = 6379;
    private const int SentinelPort = 26379;

    /// <summary>Placeholder for a port that the URL does not specify. No server can listen on it.</summary>
    private const int NoPort = 0;

    /// <summary>The name of each of the relay's connections in <c>CLIENT LIST</c>.</summary>
    public const string ClientName = "cecelia-relay";

    private const string Form = "redis://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DATABASE]";
    private const string Plain = "redis://";
    private const string Secure = "rediss://";

    private readonly IReadOnlyList<EndPoint> _written;

    private RedisUrl(bool tls, IReadOnlyList<EndPoint> hosts, string? user, string? password, int database, RedisCertificates certificates)
    {
        Tls = tls;
        _written = hosts;
        Hosts = WithPorts(DefaultPort);
        User = user;
        Password = password;
        Database = database;
        Certificates = certificates;
    }

    /// <summary>True for <c>rediss://</c>.</summary>
    public bool Tls { get; }

    /// <summary>
    /// The hosts, at least one, in the given order. Several are nodes of one Redis (a primary and its replicas, or a cluster). With <see cref="Sentinel"/>
    /// these are the Sentinels.
    /// </summary>
    public IReadOnlyList<EndPoint> Hosts { get; private init; }

    /// <summary>
    /// The master that the <see cref="Hosts"/> monitor; user, password and database are those of its nodes. Null when the hosts are the nodes themselves.
    /// </summary>
    public RedisSentinel? Sentinel { get; private init; }

    /// <summary>The ACL user; null for Redis' user <c>default</c>. Only together with <see cref="Password"/>, once that is known.</summary>
    public string? User { get; private init; }

    /// <summary>The password; null when none is sent. Secret.</summary>
    public string? Password { get; private init; }

    public int Database { get; private init; }

    /// <summary>The certificates of TLS.</summary>
    public RedisCertificates Certificates { get; private init; }

    /// <summary>Validates the server's certificate. Null when the roots of <see cref="Certificates"/> are used.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>The prefix of the channels: in a cluster it decides which node is used (<see cref="RedisCluster"/>).</summary>
    public string ChannelPrefix { get; init; } = new RedisOptions().ChannelPrefix;

    /// <summary>The same URL without secrets: with all ports, and the password as <c>***</c>.</summary>
    public string Masked =>
        (Tls ? Secure : Plain)
            + (Password is null ? (User is null ? "" : Uri.EscapeDataString(User) + "@") : $"{Uri.EscapeDataString(User ?? "")}:***@")
            + string.Join(',', Hosts.Select(Name))
            + (Database == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"/{Database}"))
            + Certificates.Query;

    /// <summary>All hosts that are tried, for logs and status, and the master that the Sentinels are asked for.</summary>
    public string Places => (Sentinel is null ? "" : $"the master {Sentinel.Name} of the Sentinels ") + string.Join(',', Hosts.Select(Name));

    /// <summary>Returns the URL of one Redis without TLS or password.</summary>
    public static RedisUrl For(string host, int port) =>
        new(tls: false, [Address(host, port)], user: null, password: null, database: 0, RedisCertificates.None);

    /// <summary>
    /// Reads <c>redis://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DATABASE]</c>; <c>rediss://</c> for TLS, which may have a query
    /// (<see cref="RedisCertificates"/>). User and password may be percent-encoded, IPv6 addresses are in brackets. <paramref name="error"/> follows the name
    /// of the setting and quotes nothing that could be a password.
    /// </summary>
    /// <param name="text">The URL.</param>
    /// <param name="url">The parsed URL.</param>
    /// <param name="error">The error message.</param>
    /// <param name="passwordApart">True when the password may be set separately, by <see cref="WithPassword"/>: then <c>USER@HOST</c> contains a user.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out RedisUrl? url, [NotNullWhen(false)] out string? error, bool passwordApart = false)
    {
        url = null;
        string trimmed = text.Trim();
        bool tls = trimmed.StartsWith(Secure, StringComparison.OrdinalIgnoreCase);
        if (!tls && !trimmed.StartsWith(Plain, StringComparison.OrdinalIgnoreCase))
        {
            error = $"must begin with {Plain} or {Secure}{SchemeOf(trimmed)}";
            return false;
        }

        string rest = trimmed[(tls ? Secure : Plain).Length..];
        // The last @ ends the password, so that a password with an unescaped @ or / is accepted too.
        int at = rest.LastIndexOf('@');
        if (!TryReadUser(at < 0 ? null : rest[..at], passwordApart, out string? user, out string? password, out error)) return false;

        string place = rest[(at + 1)..];
        RedisCertificates? certificates = RedisCertificates.None;
        int question = place.IndexOf('?', StringComparison.Ordinal);
        if (question >= 0)
        {
            if (!RedisCertificates.TryRead(place[(question + 1)..], tls, out certificates, out error)) return false;
            place = place[..question];
        }

        int slash = place.IndexOf('/', StringComparison.Ordinal);
        string list = slash < 0 ? place : place[..slash];
        if (!TryReadHosts(list, out List<EndPoint>? hosts, out error)) return false;
        if (!TryReadDatabase(slash < 0 ? "" : place[(slash + 1)..], out int database, out error)) return false;

        url = new RedisUrl(tls, hosts, user, password, database, certificates);
        return true;
    }

    /// <summary>Returns the same URL with a password that is not percent-encoded.</summary>
    public RedisUrl WithPassword(string password) => this with { Password = password };

    /// <summary>Returns the same URL with certificates that are named separately.</summary>
    public RedisUrl WithCertificates(RedisCertificates certificates) => this with { Certificates = certificates };

    /// <summary>Returns the same URL with its hosts as Sentinels, at port 26379 unless it specifies one.</summary>
    public RedisUrl At(RedisSentinel sentinel) => this with { Hosts = WithPorts(SentinelPort), Sentinel = sentinel };

    /// <summary>
    /// Returns the URL for connections to the Sentinels themselves: with the TLS and certificates of this URL, and the password of the Sentinels.
    /// </summary>
    public RedisUrl ToSentinels() => this with { User = null, Password = Sentinel?.Password, Database = 0, Sentinel = null };

    /// <summary>
    /// Returns options of StackExchange.Redis for one of the <see cref="Hosts"/> that answered. They contain the exact address that answered, since resolving
    /// the name again may return a different one. <paramref name="commands"/> contains only what the relay sends, so that the library neither examines nor
    /// reconfigures the server when it connects: that takes time, and causes errors for a user with few permissions.
    /// </summary>
    public ConfigurationOptions ToConfiguration(RedisAnswer host, CommandMap commands, TimeSpan connectDeadline)
    {
        var configuration = new ConfigurationOptions
        {
            AbortOnConnectFail = true,
            // For INFO, which the library counts among these commands. The command map allows no other of them.
            AllowAdmin = true,
            // The relay's own deadlines are shorter.
            AsyncTimeout = 15_000,
            // A command is sent at most once: one that waits for a connection could arrive after it was reported as failed.
            BacklogPolicy = BacklogPolicy.FailFast,
            ClientName = ClientName,
            CommandMap = commands,
            ConfigurationChannel = "",
            ConnectRetry = 1,
            ConnectTimeout = (int)connectDeadline.TotalMilliseconds,
            DefaultDatabase = Database,
            DefaultVersion = new Version(6, 0),
            Password = Password,
            Protocol = RedisProtocol.Resp2,
            SetClientLibrary = false,
            Ssl = Tls,
            // A conditional transaction blocks a thread of the library for this time while Redis does not answer.
            SyncTimeout = 1000,
            TieBreaker = "",
            User = User,
        };
        configuration.EndPoints.Add(host.Address ?? host.Host);
        if (!Tls) return configuration;

        configuration.SslHost = HostOf(host.Host);
        configuration.SslClientAuthenticationOptions = _ => ToTlsOptions(host.Host);
        return configuration;
    }

    /// <summary>Returns TLS options for a connection without the library to one of the <see cref="Hosts"/>.</summary>
    public SslClientAuthenticationOptions ToTlsOptions(EndPoint host)
    {
        (X509ChainPolicy? policy, SslStreamCertificateContext? own) = Certificates.ForConnection();
        return new SslClientAuthenticationOptions
        {
            TargetHost = HostOf(host),
            RemoteCertificateValidationCallback = CertificateValidation,
            CertificateChainPolicy = policy,
            ClientCertificateContext = own,
        };
    }

    /// <summary>Returns <c>host:port</c>, with IPv6 in brackets.</summary>
    public static string Name(EndPoint host) => host switch
    {
        DnsEndPoint dns => string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{dns.Port}"),
        _ => host.ToString() ?? "",
    };

    /// <summary>Returns the name that a certificate must contain.</summary>
    public static string HostOf(EndPoint host) => host is DnsEndPoint dns ? dns.Host : ((IPEndPoint)host).Address.ToString();

    /// <summary>Returns an IP address or a name.</summary>
    public static EndPoint Address(string host, int port) =>
        IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);

    /// <summary>Sanitizes untrusted text for logs and status: without the password and control characters, and bounded.</summary>
    public string Clean(string text) => SafeText.Clean(text, Password);

    public override string ToString() => Masked;

    /// <summary>Quotes a scheme that was used instead; nothing when there is none, since the text might then be anything, including a password.</summary>
    private static string SchemeOf(string text)
    {
        int end = text.IndexOf("://", StringComparison.Ordinal);
        return end is > 0 and <= 12 && text.AsSpan(0, end).IndexOfAnyExceptInRange('a', 'z') < 0 ? $", not '{text[..end]}://'" : "";
    }

    private static bool TryReadUser(string? text, bool passwordApart, out string? user, out string? password, [NotNullWhen(false)] out string? error)
    {
        user = null;
        password = null;
        error = null;
        if (string.IsNullOrEmpty(text)) return true;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 && passwordApart) colon = text.Length;
        if (colon < 0)
        {
            error = "has text before the @ without a colon; a password is written redis://:PASSWORD@HOST, with a user redis://USER:PASSWORD@HOST";
            return false;
        }

        string name = Uri.UnescapeDataString(text[..colon]);
        string secret = colon == text.Length ? "" : Uri.UnescapeDataString(text[(colon + 1)..]);
        if (name.Length > 0 && secret.Length == 0 && !passwordApart)
        {
            error = "names a user without a password; with a user it is redis://USER:PASSWORD@HOST";
            return false;
        }

        if (secret.Length > 0) password = secret;
        // AUTH with only a password means this user, also in Redis before 6.0, which has no users.
        if (name.Length > 0 && name != "default") user = name;
        return true;
    }

    private static bool TryReadHosts(string text, [NotNullWhen(true)] out List<EndPoint>? hosts, [NotNullWhen(false)] out string? error)
    {
        hosts = [];
        foreach (string entry in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!TryReadHost(entry, out EndPoint? host, out error))
            {
                hosts = null;
                return false;
            }

            hosts.Add(host);
        }

        error = null;
        return true;
    }

    /// <summary>Reads the host and the port that a Sentinel names. Returns null if that is neither a host name nor an IP address, or not a port.</summary>
    public static EndPoint? TryReadNode(string host, string port)
    {
        string name = host.Contains(':') ? $"[{host}]" : host;
        return TryReadHost($"{name}:{port}", out EndPoint? node, out _) ? node : null;
    }

    private IReadOnlyList<EndPoint> WithPorts(int port) => [.. _written.Select(host => host switch
    {
        DnsEndPoint { Port: NoPort } name => new DnsEndPoint(name.Host, port),
        IPEndPoint { Port: NoPort } address => new IPEndPoint(address.Address, port),
        _ => host,
    })];

    private static bool TryReadHost(string text, [NotNullWhen(true)] out EndPoint? host, [NotNullWhen(false)] out string? error)
    {
        bool isRead = HostAndPort.TryRead(text, Form, out string? name, out int? port, out error);
        host = isRead ? Address(name!, port ?? NoPort) : null;
        return isRead;
    }

    private static bool TryReadDatabase(string text, out int database, [NotNullWhen(false)] out string? error)
    {
        database = 0;
        error = null;
        if (text.Length == 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out database) && database <= 65535)) return true;
        error = "must end with the number of a database after the slash, or with nothing";
        return false;
    }
}
