using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Mode = Npgsql.SslMode;

namespace Cecelia.Relay.Postgres;

/// <summary>Where PostgreSQL is, and who we are there. Immutable; neither <see cref="Masked"/> nor <see cref="ToString"/> shows the password.</summary>
internal sealed record PostgresUrl
{
    private const int DefaultPort = 5432;
    private const string Form = "postgresql://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE[?sslmode=MODE]";

    /// <summary>As libpq has them.</summary>
    private static readonly Dictionary<string, Mode> SslModes = new(StringComparer.Ordinal)
    {
        ["disable"] = Mode.Disable,
        ["allow"] = Mode.Allow,
        ["prefer"] = Mode.Prefer,
        ["require"] = Mode.Require,
        ["verify-ca"] = Mode.VerifyCA,
        ["verify-full"] = Mode.VerifyFull,
    };

    private PostgresUrl(string host, int port, string? user, string? password, string database, string? sslMode, string? rootCertificate)
    {
        Host = host;
        Port = port;
        User = user;
        Password = password;
        Database = database;
        SslMode = sslMode;
        RootCertificate = rootCertificate;
    }

    /// <summary>A name or an IP address, IPv6 without brackets.</summary>
    public string Host { get; }

    public int Port { get; }

    /// <summary>Null: the name of the system's user.</summary>
    public string? User { get; }

    /// <summary>Null: none is sent. Secret.</summary>
    public string? Password { get; private init; }

    public string Database { get; }

    /// <summary>A key of <see cref="SslModes"/>; null: Npgsql's default, which is to prefer TLS.</summary>
    public string? SslMode { get; }

    /// <summary>A PEM file that the server's certificate is judged by; null: the system's roots.</summary>
    public string? RootCertificate { get; }

    /// <summary><c>host:port</c>, IPv6 in brackets.</summary>
    public string Server => string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    /// <summary>The same URL, fit to be shown: the port written out, the password as <c>***</c>.</summary>
    public string Masked
    {
        get
        {
            string user = User is null ? "" : Uri.EscapeDataString(User) + (Password is null ? "" : ":***") + "@";
            string[] parameters = [.. Parameter("sslmode", SslMode), .. Parameter("sslrootcert", RootCertificate)];
            return $"postgresql://{user}{Server}/{Uri.EscapeDataString(Database)}{(parameters.Length == 0 ? "" : "?" + string.Join('&', parameters))}";

            static string[] Parameter(string name, string? value) => value is null ? [] : [$"{name}={value}"];
        }
    }

    /// <summary>
    /// Reads <c>postgresql://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE[?sslmode=MODE&amp;sslrootcert=FILE]</c>, or the same with <c>postgres://</c>. User, password and
    /// database may be percent-encoded. <paramref name="error"/> completes a sentence that begins with the setting's name, and quotes nothing that could be a
    /// password.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PostgresUrl? url, [NotNullWhen(false)] out string? error)
    {
        url = null;
        string trimmed = text.Trim();
        int scheme = trimmed.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || trimmed[..scheme].ToLowerInvariant() is not ("postgresql" or "postgres"))
        {
            error = "must begin with postgresql://";
            return false;
        }

        string rest = trimmed[(scheme + 3)..];
        // The last @ ends the password, so that one with a bare @, / or ? in it is understood too.
        int at = rest.LastIndexOf('@');
        string[] names = at < 0 ? [] : rest[..at].Split(':', 2);
        string place = rest[(at + 1)..];
        int question = place.IndexOf('?', StringComparison.Ordinal);
        string path = question < 0 ? place : place[..question];
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        string database = slash < 0 ? "" : Uri.UnescapeDataString(path[(slash + 1)..]);
        if (!TryReadHost(slash < 0 ? path : path[..slash], out string? host, out int port, out error)) return false;
        if (database.Length == 0 || database.Contains('/', StringComparison.Ordinal))
        {
            error = $"names no database; the form is {Form}";
            return false;
        }

        if (!TryReadParameters(question < 0 ? "" : place[(question + 1)..], out string? sslMode, out string? rootCertificate, out error)) return false;
        url = new PostgresUrl(host, port, Text(names, 0), Text(names, 1), database, sslMode, rootCertificate);
        return true;

        static string? Text(string[] parts, int index) => parts.Length > index && parts[index].Length > 0 ? Uri.UnescapeDataString(parts[index]) : null;
    }

    /// <summary>The same database, with a password that is not percent-encoded.</summary>
    public PostgresUrl WithPassword(string password) => this with { Password = password };

    /// <summary>For one connection of our own. What does not answer is given up by Npgsql after <paramref name="deadline"/>, in whole seconds.</summary>
    public string ToConnectionString(TimeSpan deadline)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = Host,
            Port = Port,
            Username = User,
            Password = Password,
            Database = Database,
            RootCertificate = RootCertificate,
            ApplicationName = "cecelia-relay",
            Pooling = false,
            Enlist = false,
            Timeout = (int)deadline.TotalSeconds,
            CommandTimeout = (int)deadline.TotalSeconds,
            // A server that does not answer does not answer a request to cancel either.
            CancellationTimeout = -1,
        };
        if (SslMode is { } mode) builder.SslMode = SslModes[mode];
        return builder.ConnectionString;
    }

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

    private static bool TryReadHost(string text, [NotNullWhen(true)] out string? host, out int port, [NotNullWhen(false)] out string? error)
    {
        (host, port, error) = (null, DefaultPort, null);
        bool bracketed = text.StartsWith('[');
        int end = bracketed ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (end < 0) end = text.Length;
        string name = bracketed ? text[..end].Trim('[', ']') : text[..end];
        string number = text[end..];
        if (text.Contains(',', StringComparison.Ordinal))
        {
            error = "must name one host alone";
        }
        else if (name.Length == 0)
        {
            error = $"names no host; the form is {Form}";
        }
        else if (bracketed ? !IsIPv6(name) : !name.All(static c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            error = "has a host that is neither a name nor an IP address (IPv6 stands in brackets, and a special character in a password is percent-encoded)";
        }
        else if (number.Length > 0 && (number[0] != ':' || !int.TryParse(number.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
        {
            error = "has a port that is not a number from 1 to 65535 (IPv6 stands in brackets)";
        }
        else
        {
            host = name;
        }

        return host is not null;
    }

    private static bool TryReadParameters(string text, out string? sslMode, out string? rootCertificate, [NotNullWhen(false)] out string? error)
    {
        sslMode = rootCertificate = error = null;
        foreach (string parameter in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = parameter.Split('=', 2);
            string value = parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "";
            switch (parts[0])
            {
                case "sslmode" when SslModes.ContainsKey(value):
                    sslMode = value;
                    break;
                case "sslmode":
                    error = $"has an sslmode that is none of {string.Join(", ", SslModes.Keys)}";
                    return false;
                case "sslrootcert" when value.Length > 0:
                    rootCertificate = value;
                    break;
                default:
                    error = "takes no other parameters than sslmode and sslrootcert";
                    return false;
            }
        }

        return true;
    }

    private static bool IsIPv6(string text) => IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6;
}
