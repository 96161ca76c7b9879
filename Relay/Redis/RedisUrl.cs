using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Where Redis is: one or several hosts, TLS or not, password, database. Immutable; neither <see cref="Masked"/> nor
/// <see cref="ToString"/> shows the password. The database is kept for keys only: channels are the same in every database.
/// </summary>
internal sealed record RedisUrl
{
    private const int DefaultPort = 6379;
    private const string Plain = "redis://";
    private const string Secure = "rediss://";

    private RedisUrl(bool tls, IReadOnlyList<EndPoint> hosts, string? password, int database)
    {
        Tls = tls;
        Hosts = hosts;
        Password = password;
        Database = database;
    }

    /// <summary>True for <c>rediss://</c>.</summary>
    public bool Tls { get; }

    /// <summary>At least one, in the order given. Several are nodes of one Redis (a primary and its replicas, or a cluster).</summary>
    public IReadOnlyList<EndPoint> Hosts { get; }

    /// <summary>Null: none is sent. Secret.</summary>
    public string? Password { get; }

    public int Database { get; }

    /// <summary>Judges the server's certificate. Null: the system's roots do.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>The same URL, fit to be shown: ports written out, the password as <c>***</c>.</summary>
    public string Masked =>
        (Tls ? Secure : Plain) + (Password is null ? "" : ":***@") + string.Join(',', Hosts.Select(Name)) + (Database == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"/{Database}"));

    /// <summary>One Redis without TLS or password.</summary>
    public static RedisUrl For(string host, int port) => new(tls: false, [Address(host, port)], password: null, database: 0);

    /// <summary>
    /// Reads <c>redis://[:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DATABASE]</c>; <c>rediss://</c> for TLS. The password may be percent-encoded, IPv6
    /// addresses stand in brackets. <paramref name="error"/> completes a sentence that begins with the setting's name, and quotes nothing that could
    /// be a password.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out RedisUrl? url, [NotNullWhen(false)] out string? error)
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
        // The last @ ends the password, so that one with a bare @ or / in it is understood too.
        int at = rest.LastIndexOf('@');
        if (!TryReadPassword(at < 0 ? null : rest[..at], out string? password, out error)) return false;

        string place = rest[(at + 1)..];
        int slash = place.IndexOf('/', StringComparison.Ordinal);
        string list = slash < 0 ? place : place[..slash];
        if (!TryReadHosts(list, out List<EndPoint>? hosts, out error)) return false;
        if (!TryReadDatabase(slash < 0 ? "" : place[(slash + 1)..], out int database, out error)) return false;

        url = new RedisUrl(tls, hosts, password, database);
        return true;
    }

    /// <summary>
    /// Options of the client library for one of the <see cref="Hosts"/> that answered: it connects to the very address that did, since to resolve the name
    /// again may give another one. <paramref name="commands"/> holds only what the relay sends, so that the library neither examines nor reconfigures the
    /// server when it connects (that costs it time, and a user with few permissions gets errors for it).
    /// </summary>
    public ConfigurationOptions ToConfiguration(RedisAnswer host, CommandMap commands, TimeSpan connectDeadline)
    {
        var configuration = new ConfigurationOptions
        {
            AbortOnConnectFail = true,
            AllowAdmin = false,
            ClientName = "cecelia-relay",
            CommandMap = commands,
            ConfigurationChannel = "",
            ConnectRetry = 1,
            ConnectTimeout = (int)connectDeadline.TotalMilliseconds,
            DefaultDatabase = Database,
            DefaultVersion = new Version(6, 0),
            Password = Password,
            Ssl = Tls,
            TieBreaker = "",
        };
        configuration.EndPoints.Add(host.Address ?? host.Host);
        if (!Tls) return configuration;

        configuration.SslHost = HostOf(host.Host);
        configuration.SslProtocols = SslProtocols.None;
        if (CertificateValidation is { } validation) configuration.CertificateValidation += validation;
        return configuration;
    }

    /// <summary><c>host:port</c>, IPv6 in brackets.</summary>
    public static string Name(EndPoint host) => host switch
    {
        DnsEndPoint dns => string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{dns.Port}"),
        _ => host.ToString() ?? "",
    };

    /// <summary>The name that a certificate must be for.</summary>
    public static string HostOf(EndPoint host) => host is DnsEndPoint dns ? dns.Host : ((IPEndPoint)host).Address.ToString();

    /// <summary>Text from outside made fit for logs and status: the password struck out, no control characters, bounded.</summary>
    public string Clean(string text)
    {
        const int MaxLength = 240;
        string safe = string.IsNullOrEmpty(Password) ? text : text.Replace(Password, "***", StringComparison.Ordinal);
        if (safe.Length > MaxLength) safe = safe[..MaxLength] + "…";
        return string.Create(safe.Length, safe, static (target, source) =>
        {
            for (int i = 0; i < source.Length; i++) target[i] = char.IsControl(source[i]) ? ' ' : source[i];
        }).Trim();
    }

    public override string ToString() => Masked;

    /// <summary>Names a scheme that was given instead; nothing when the text has none, as then it might be anything, a password included.</summary>
    private static string SchemeOf(string text)
    {
        int end = text.IndexOf("://", StringComparison.Ordinal);
        return end is > 0 and <= 12 && text.AsSpan(0, end).IndexOfAnyExceptInRange('a', 'z') < 0 ? $", not '{text[..end]}://'" : "";
    }

    private static bool TryReadPassword(string? text, out string? password, [NotNullWhen(false)] out string? error)
    {
        password = null;
        error = null;
        if (string.IsNullOrEmpty(text)) return true;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            error = "has text before the @ without a colon; a password is written redis://:PASSWORD@HOST";
            return false;
        }

        // The Redis client sends AUTH with a password alone, which Redis takes for the user "default".
        if (colon > 0 && !text.AsSpan(0, colon).SequenceEqual("default"))
        {
            error = "must not name a user other than 'default': the Redis client in use sends only a password (redis://:PASSWORD@HOST)";
            return false;
        }

        string decoded = Uri.UnescapeDataString(text[(colon + 1)..]);
        if (decoded.Length > 0) password = decoded;
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

    private static bool TryReadHost(string text, [NotNullWhen(true)] out EndPoint? host, [NotNullWhen(false)] out string? error)
    {
        host = null;
        error = null;
        bool bracketed = text.StartsWith('[');
        int end = bracketed ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (end < 0) end = text.Length;
        string name = bracketed ? text[..end].Trim('[', ']') : text[..end];
        string port = text[end..];
        if (name.Length == 0)
        {
            error = "names no host; the form is redis://[:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DATABASE]";
        }
        else if (bracketed ? !IsIPv6(name) : !name.All(static c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            error = "has a host that is neither a name nor an IP address (IPv6 stands in brackets, and a special character in a password is percent-encoded)";
        }
        else if (port.Length == 0)
        {
            host = Address(name, DefaultPort);
        }
        else if (port[0] == ':' && int.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 65535)
        {
            host = Address(name, number);
        }
        else
        {
            error = "has a port that is not a number from 1 to 65535 (IPv6 stands in brackets)";
        }

        return host is not null;
    }

    private static bool TryReadDatabase(string text, out int database, [NotNullWhen(false)] out string? error)
    {
        database = 0;
        error = null;
        if (text.Length == 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out database) && database <= 65535)) return true;
        error = "must end with the number of a database after the slash, or with nothing";
        return false;
    }

    private static bool IsIPv6(string text) => IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    private static EndPoint Address(string host, int port) =>
        IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
}
