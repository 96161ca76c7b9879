using System.Globalization;
using System.Net;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A primary with two replicas, and three Sentinels that monitor it as <see cref="Master"/>: real processes, with short deadlines.</summary>
internal sealed class SentinelServers : IAsyncDisposable
{
    public const string Master = "mymaster";

    private SentinelServers(RedisServer[] servers, RedisServer[] sentinels) => (Servers, Sentinels) = (servers, sentinels);

    /// <summary>The servers. The first is the primary at the start.</summary>
    public IReadOnlyList<RedisServer> Servers { get; }

    public IReadOnlyList<RedisServer> Sentinels { get; }

    /// <summary>The URL for the relay. Each call returns a new instance, which does not share what others have found.</summary>
    public RedisUrl Url => UrlOf([.. Sentinels]);

    /// <summary>Starts all servers. Returns when every Sentinel has discovered the two others and both replicas.</summary>
    public static async Task<SentinelServers> StartAsync()
    {
        RedisServer primary = await RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true });
        string[] replicaOf = ["--replicaof", "127.0.0.1", Text(primary.Port), "--repl-diskless-sync-delay", "0"];
        RedisServer[] replicas = await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true, ExtraArguments = replicaOf })));
        RedisServer[] sentinels = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartSentinelAsync(primary, quorum: 2)));
        var servers = new SentinelServers([primary, .. replicas], sentinels);
        foreach (RedisServer sentinel in sentinels)
        {
            await Eventually.TrueAsync(
                () => HasDiscoveredAllAsync(sentinel),
                describe: () => $"the Sentinel on {sentinel.Port} has not discovered the others");
        }

        return servers;
    }

    /// <summary>Starts one Sentinel of a server.</summary>
    /// <param name="primary">The server that it monitors.</param>
    /// <param name="quorum">The number of Sentinels that must find the server down.</param>
    /// <param name="password">Its own password.</param>
    /// <param name="more">Further lines of its configuration; they come first.</param>
    public static Task<RedisServer> StartSentinelAsync(RedisServer primary, int quorum, string? password = null, params string[] more)
    {
        string host = more.Length > 0 ? "localhost" : "127.0.0.1";
        return RedisServer.StartAsync(new RedisServerOptions
        {
            OnThisMachine = true,
            Password = password,
            Sentinel =
            [
                .. more,
                string.Create(CultureInfo.InvariantCulture, $"sentinel monitor {Master} {host} {primary.Port} {quorum}"),
                $"sentinel down-after-milliseconds {Master} 3000",
                $"sentinel failover-timeout {Master} 4000",
                $"sentinel parallel-syncs {Master} 2",
            ],
        });
    }

    /// <summary>Returns the URL of Sentinels.</summary>
    public static RedisUrl UrlOf(params RedisServer[] sentinels) => UrlOf(Master, null, sentinels);

    /// <summary>Returns the URL of Sentinels for another master or with a password.</summary>
    public static RedisUrl UrlOf(string master, string? password, params RedisServer[] sentinels) =>
        LinkHarness.Parse(
            "redis://" + string.Join(',', sentinels.Select(sentinel => "127.0.0.1:" + Text(sentinel.Port)))).At(new RedisSentinel(master, password));

    /// <summary>Returns the server at an address.</summary>
    public RedisServer ServerOf(string? address) => Servers.Single(server => address == "127.0.0.1:" + Text(server.Port));

    public static EndPoint AddressOf(RedisServer server) => new IPEndPoint(IPAddress.Loopback, server.Port);

    public async ValueTask DisposeAsync()
    {
        foreach (RedisServer server in (RedisServer[])[.. Sentinels, .. Servers]) await server.DisposeAsync();
    }

    private static async Task<bool> HasDiscoveredAllAsync(RedisServer sentinel)
    {
        string info = await sentinel.CommandAsync("INFO", "sentinel");
        return info.Contains("status=ok", StringComparison.Ordinal) && info.Contains("slaves=2,sentinels=3", StringComparison.Ordinal);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
