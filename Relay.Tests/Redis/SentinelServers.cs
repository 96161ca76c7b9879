using System.Globalization;
using System.Net;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A primary with two replicas, and three Sentinels that monitor it as <see cref="Master"/>: real processes, with short deadlines.</summary>
internal sealed class SentinelServers : IAsyncDisposable
{
    public const string Master = "mymaster";

    private SentinelServers(RedisServer[] servers, RedisServer[] sentinels) => (Servers, Sentinels) = (servers, sentinels);

    /// <summary>The first is the primary at the start.</summary>
    public IReadOnlyList<RedisServer> Servers { get; }

    public IReadOnlyList<RedisServer> Sentinels { get; }

    /// <summary>For the relay. Each call returns a new instance, which does not share what others have found.</summary>
    public RedisUrl Url => UrlOf([.. Sentinels]);

    /// <summary>Returns when every Sentinel knows the two others and both replicas.</summary>
    public static async Task<SentinelServers> StartAsync()
    {
        RedisServer primary = await RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true });
        string[] replicaOf = ["--replicaof", "127.0.0.1", Text(primary.Port), "--repl-diskless-sync-delay", "0"];
        RedisServer[] replicas = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true, ExtraArguments = replicaOf })));
        RedisServer[] sentinels = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartSentinelAsync(primary, quorum: 2)));
        var trio = new SentinelServers([primary, .. replicas], sentinels);
        foreach (RedisServer sentinel in sentinels) await Eventually.TrueAsync(() => KnowsAllAsync(sentinel), describe: () => $"the Sentinel on {sentinel.Port} does not know the others");
        return trio;
    }

    /// <summary>One Sentinel of a server.</summary>
    /// <param name="primary">What it monitors.</param>
    /// <param name="quorum">How many Sentinels must find it down.</param>
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

    /// <summary>The URL of Sentinels.</summary>
    public static RedisUrl UrlOf(params RedisServer[] sentinels) => UrlOf(Master, null, sentinels);

    /// <summary>The URL of Sentinels, by another name or with a password.</summary>
    public static RedisUrl UrlOf(string master, string? password, params RedisServer[] sentinels) =>
        LinkHarness.Parse("redis://" + string.Join(',', sentinels.Select(sentinel => "127.0.0.1:" + Text(sentinel.Port)))).At(new RedisSentinel(master, password));

    /// <summary>The server that a status or a URL names.</summary>
    public RedisServer ServerOf(string? address) => Servers.Single(server => address == "127.0.0.1:" + Text(server.Port));

    public static EndPoint AddressOf(RedisServer server) => new IPEndPoint(IPAddress.Loopback, server.Port);

    public async ValueTask DisposeAsync()
    {
        foreach (RedisServer server in (RedisServer[])[.. Sentinels, .. Servers]) await server.DisposeAsync();
    }

    private static async Task<bool> KnowsAllAsync(RedisServer sentinel)
    {
        string info = await sentinel.CommandAsync("INFO", "sentinel");
        return info.Contains("status=ok", StringComparison.Ordinal) && info.Contains("slaves=2,sentinels=3", StringComparison.Ordinal);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
