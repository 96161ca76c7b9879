using System.Globalization;
using System.Net;
using System.Text;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>The log messages at startup: the addresses of the relay, and how to publish a first event.</summary>
internal static partial class StartLog
{
    private const string Example = """{"event":"task:created","data":{"taskId":"t1","status":"queued"}}""";

    public static void Write(ILogger logger, RelayOptions options, IReadOnlyCollection<string> addresses, RedisChoice redis)
    {
        var first =
            new Uri(addresses.First().Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal));
        string http = first.GetLeftPart(UriPartial.Authority) + options.PathBase;
        var admin = new UriBuilder(first) { Port = options.AdminPort, Host = HostOf(options.AdminBind, first) };
        string metrics = options.AdminPort == 0 ? http : admin.Uri.GetLeftPart(UriPartial.Authority) + options.PathBase;
        string webSocket = string.Concat("ws", http.AsSpan(4), "/ws");
        string publish = RedisCli(redis.Url, options.Redis.EventsChannel);
        if (Console.IsOutputRedirected)
        {
            Started(logger, webSocket, http + "/api/v1/status", http + "/readyz", metrics + "/metrics", redis.Described, publish);
            return;
        }

        var lines = new StringBuilder().AppendLine("The Cecelia relay is running. Press Ctrl+C to stop it.");
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
                 [
                     ("WebSocket", webSocket),
                     ("Dashboard", http + "/"),
                     ("State", http + "/api/v1/status"),
                     ("Health", http + "/readyz"),
                     ("Metrics", metrics + "/metrics"),
                     ("Redis", redis.Described),
                     ("Publish", publish),
                 ])
        {
            lines.Append(CultureInfo.InvariantCulture, $"      {name,-10} {value}").AppendLine();
        }

        Ready(logger, lines.ToString().TrimEnd());
    }

    [LoggerMessage(EventIds.UnknownSetting, LogLevel.Warning, "{Notice}", EventName = "Notice")]
    public static partial void Notice(ILogger logger, string notice);

    [LoggerMessage(EventIds.MemoryBounds, LogLevel.Information, "{Memory}", EventName = nameof(EventIds.MemoryBounds))]
    public static partial void Memory(ILogger logger, string memory);

    /// <summary>Logs that the relay cannot listen on one of its addresses.</summary>
    public static void CannotListen(ILogger logger, RelayOptions options, string reason)
    {
        string adminBind = options.AdminBind.Length > 0 ? options.AdminBind : options.Bind;
        if (options.AdminPort == 0) CannotListen(logger, options.Bind, options.Port, reason);
        else CannotListenOnBoth(logger, options.Bind, options.Port, adminBind, options.AdminPort, reason);
    }

    [LoggerMessage(
        EventIds.CannotListen,
        LogLevel.Critical,
        "Cannot listen on {Bind}, port {Port}: {Reason}. Choose another address or port with CECELIA_WS_BIND and CECELIA_WS_PORT",
        EventName = "CannotListen")]
    private static partial void CannotListen(ILogger logger, string bind, int port, string reason);

    [LoggerMessage(
        EventIds.CannotListenAdmin,
        LogLevel.Critical,
        "Cannot listen on {Bind}, port {Port}, or on {AdminBind}, port {AdminPort}: {Reason}. Choose others with CECELIA_WS_BIND, CECELIA_WS_PORT, "
            + "CECELIA_ADMIN_BIND and CECELIA_ADMIN_PORT",
        EventName = nameof(EventIds.CannotListenAdmin))]
    private static partial void CannotListenOnBoth(ILogger logger, string bind, int port, string adminBind, int adminPort, string reason);

    [LoggerMessage(
        EventIds.Started,
        LogLevel.Information,
        "Started: WebSocket {WebSocket}, state {State}, health {Health}, metrics {Metrics}, Redis {Redis}; publish with: {Publish}",
        EventName = "Started")]
    private static partial void Started(ILogger logger, string webSocket, string state, string health, string metrics, string redis, string publish);

    [LoggerMessage(EventIds.Ready, LogLevel.Information, "{Lines}", EventName = "Ready")]
    private static partial void Ready(ILogger logger, string lines);

    /// <summary>Returns a host that the administrative port can be reached by from this machine.</summary>
    private static string HostOf(string adminBind, Uri first) => adminBind switch
    {
        "" => first.Host,
        "*" or "0.0.0.0" or "::" or "localhost" => "localhost",
        _ => adminBind,
    };

    private static string RedisCli(Redis.RedisUrl url, string channel)
    {
        // Events cannot be published through a Sentinel. This executable finds the primary with the same settings.
        if (url.Sentinel is not null) return $"Relay publish '{Example}'";
        var arguments = new StringBuilder("redis-cli");
        (string host, int port) = url.Hosts[0] switch
        {
            DnsEndPoint name => (name.Host, name.Port),
            IPEndPoint address => (address.Address.ToString(), address.Port),
            EndPoint other => (other.ToString()!, 6379),
        };
        if (host is not ("127.0.0.1" or "localhost")) arguments.Append(" -h ").Append(host);
        if (port != 6379) arguments.Append(CultureInfo.InvariantCulture, $" -p {port}");
        if (url.Tls) arguments.Append(" --tls");
        if (url.Password is not null) arguments.Append(" --askpass");
        return arguments.Append(CultureInfo.InvariantCulture, $" publish {channel} '{Example}'").ToString();
    }
}
