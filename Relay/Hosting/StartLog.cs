using System.Globalization;
using System.Net;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>The log messages at startup: the addresses of the relay, and how to publish a first event.</summary>
internal static partial class StartLog
{
    private const string Example = """{"event":"task:created","data":{"taskId":"t1","status":"queued"}}""";

    public static void Write(ILogger logger, RelayOptions options, IReadOnlyCollection<string> addresses, RedisChoice redis)
    {
        string first = addresses.First().Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal);
        // As proxies write it: http://unix:/run/cecelia.sock:/readyz is /readyz on that socket.
        string http = (UnixSocket.TryGetPath(options.Bind, out _) ? first + ":" : first) + options.PathBase;
        string metrics = options.AdminPort == 0 ? http : AdminAddress(options, first) + options.PathBase;
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
        bool isPath = UnixSocket.TryGetPath(options.Bind, out _);
        string own = isPath ? options.Bind : Address(options.Bind, options.Port);
        string settings = isPath ? "CECELIA_WS_BIND" : "CECELIA_WS_BIND and CECELIA_WS_PORT";
        if (options.AdminPort == 0)
        {
            CannotListen(logger, own, reason, settings);
            return;
        }

        string admin = Address(options.AdminBind.Length > 0 ? options.AdminBind : options.Bind, options.AdminPort);
        CannotListen(logger, $"{own}, or on {admin}", reason, $"{settings}, or CECELIA_ADMIN_BIND and CECELIA_ADMIN_PORT");

        static string Address(string bind, int port) => string.Create(CultureInfo.InvariantCulture, $"{bind}, port {port}");
    }

    [LoggerMessage(
        EventIds.CannotListen,
        LogLevel.Critical,
        "Cannot listen on {Address}: {Reason}. Choose another address with {Settings}",
        EventName = "CannotListen")]
    private static partial void CannotListen(ILogger logger, string address, string reason, string settings);

    [LoggerMessage(
        EventIds.Started,
        LogLevel.Information,
        "Started: WebSocket {WebSocket}, state {State}, health {Health}, metrics {Metrics}, Redis {Redis}; publish with: {Publish}",
        EventName = "Started")]
    private static partial void Started(ILogger logger, string webSocket, string state, string health, string metrics, string redis, string publish);

    [LoggerMessage(EventIds.Ready, LogLevel.Information, "{Lines}", EventName = "Ready")]
    private static partial void Ready(ILogger logger, string lines);

    /// <summary>Returns an address of the administrative port for this machine.</summary>
    private static string AdminAddress(RelayOptions options, string first)
    {
        string host = options.AdminBind switch
        {
            "" => new Uri(first).Host,
            "*" or "0.0.0.0" or "::" or "localhost" => "localhost",
            _ => options.AdminBind,
        };
        return new UriBuilder(options.Tls.Enabled ? "https" : "http", host, options.AdminPort).Uri.GetLeftPart(UriPartial.Authority);
    }

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
