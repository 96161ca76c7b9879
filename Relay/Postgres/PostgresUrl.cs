using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Npgsql;
using Mode = Npgsql.SslMode;

namespace Cecelia.Relay.Postgres;

/// <summary>
/// The address of PostgreSQL with user, password and database. Immutable; neither <see cref="Masked"/> nor <see cref="ToString"/> shows the password.
/// </summary>
internal sealed record PostgresUrl
{
    private const int DefaultPort = 5432;
    private const string Form = "postgresql://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE[?sslmode=MODE]";

    /// <summary>The modes of libpq.</summary>
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

    /// <summary>A host name or an IP address, IPv6 without brackets.</summary>
    public string Host { get; }

    public int Port { get; }

    /// <summary>The user. Null: the name of the operating system's user.</summary>
    public string? User { get; }

    /// <summary>The password. Null: none is sent. Secret.</summary>
    public string? Password { get; private init; }

    public string Database { get; }

    /// <summary>A key of <see cref="SslModes"/>. Null: Npgsql's default, which is to prefer TLS.</summary>
    public string? SslMode { get; }

    /// <summary>PEM file with the trusted roots of the server's certificate. Null: the system's roots.</summary>
    public string? RootCertificate { get; }

    /// <summary><c>host:port</c>, IPv6 in brackets.</summary>
    public string Server => string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    /// <summary>The URL for display, with explicit port and the password as <c>***</c>.</summary>
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
    /// Reads <c>postgresql://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE[?sslmode=MODE&amp;sslrootcert=FILE]</c>, or the same with <c>postgres://</c>. User,
    /// password and database may be percent-encoded. <paramref name="error"/> completes a message that begins with the setting's name, and does not quote
    /// text that may be a password.
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
        // The last @ ends the password, so that it may contain @, / or ? unencoded.
        int at = rest.LastIndexOf('@');
        string[] names = at < 0 ? [] : rest[..at].Split(':', 2);
        string location = rest[(at + 1)..];
        int question = location.IndexOf('?', StringComparison.Ordinal);
        string path = question < 0 ? location : location[..question];
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        string database = slash < 0 ? "" : Uri.UnescapeDataString(path[(slash + 1)..]);
        string server = slash < 0 ? path : path[..slash];
        if (server.Contains(',', StringComparison.Ordinal))
        {
            error = "must name exactly one host";
            return false;
        }

        if (!HostAndPort.TryRead(server, Form, out string? host, out int? port, out error)) return false;
        if (database.Length == 0 || database.Contains('/', StringComparison.Ordinal))
        {
            error = $"does not name a database; the form is {Form}";
            return false;
        }

        if (!TryReadParameters(question < 0 ? "" : location[(question + 1)..], out string? sslMode, out string? rootCertificate, out error)) return false;
        url = new PostgresUrl(host, port ?? DefaultPort, Text(names, 0), Text(names, 1), database, sslMode, rootCertificate);
        return true;

        static string? Text(string[] parts, int index) => parts.Length > index && parts[index].Length > 0 ? Uri.UnescapeDataString(parts[index]) : null;
    }

    /// <summary>Returns the URL with a password, which is not percent-encoded.</summary>
    public PostgresUrl WithPassword(string password) => this with { Password = password };

    /// <summary>Returns the connection string of an unpooled connection. Npgsql fails a request after <paramref name="deadline"/>, in whole seconds.</summary>
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
            // A server that does not respond does not respond to a cancellation either.
            CancellationTimeout = -1,
        };
        if (SslMode is { } mode) builder.SslMode = SslModes[mode];
        return builder.ConnectionString;
    }

    /// <summary>Makes text from other systems safe for logs and status: masks the password, replaces control characters, truncates.</summary>
    public string Clean(string text) => SafeText.Clean(text, Password);

    public override string ToString() => Masked;

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
                    error = $"has an sslmode that is not one of {string.Join(", ", SslModes.Keys)}";
                    return false;
                case "sslrootcert" when value.Length > 0:
                    rootCertificate = value;
                    break;
                default:
                    error = "accepts only the parameters sslmode and sslrootcert";
                    return false;
            }
        }

        return true;
    }
}
