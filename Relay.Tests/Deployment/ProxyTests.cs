using System.Diagnostics;
using System.Net;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Recovery;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>The configurations of <c>deploy/proxy</c>, each with the real proxy in front of real relays.</summary>
[Collection(SerialTests.Name)]
public sealed class ProxyTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    public static TheoryData<string> Proxies => [.. ProxyServer.Installed];

    /// <summary>The proxies whose configuration has a path prefix.</summary>
    public static TheoryData<string> Prefixed => [.. ProxyServer.Installed.Where(name => name == "nginx")];

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Events_are_forwarded_without_delay_over_WebSocket_and_event_stream(string name)
    {
        await using RunningRelay relay = await StartAsync(RedisServer.FreePort());
        await using ProxyServer proxy = await ProxyServer.StartAsync(name, relay.Port, relay.Port, relay.Port);
        await using TestClient socket = await TestClient.ConnectAsync(proxy.WebSocket);
        using var http = new HttpClient();
        await using Stream stream = await http.GetStreamAsync(new Uri(proxy.Http, "/events")).Within();
        using var lines = new StreamReader(stream);
        await relay.WaitForConnectionsAsync(2);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);

        var fastest = TimeSpan.MaxValue;
        for (int n = 0; n < 10; n++)
        {
            long published = Stopwatch.GetTimestamp();
            await publisher.PublishAsync(Numbered.Payload(n), _prefix + "events");
            Assert.Contains($"\"n\":{n}", await socket.ReceiveAsync(), StringComparison.Ordinal);
            while (!(await lines.ReadLineAsync().Within())!.Contains($"\"n\":{n}", StringComparison.Ordinal))
            {
                // Skip comments, other fields, and the lines of relay:hello.
            }

            TimeSpan taken = Stopwatch.GetElapsedTime(published);
            if (taken < fastest) fastest = taken;
        }

        // A proxy that waits for more of the body delays each event by 200 ms: then even the fastest of ten is not faster.
        Assert.True(fastest < TimeSpan.FromMilliseconds(200), $"{fastest}");
    }

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Limit_per_address_applies_to_the_clients_address_and_not_the_proxys(string name)
    {
        await using RunningRelay relay = await StartAsync(
            RedisServer.FreePort(),
            connections => connections with { TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")], MaxConnectionsPerAddress = 1 });
        await using ProxyServer proxy = await ProxyServer.StartAsync(name, relay.Port, relay.Port, relay.Port);
        await using RawClient first = await RawClient.ConnectAsync(proxy.Port, from: IPAddress.Parse("127.0.0.2"));
        await using RawClient other = await RawClient.ConnectAsync(proxy.Port, from: IPAddress.Parse("127.0.0.3"));
        await using RawClient second = await RawClient.ConnectAsync(proxy.Port, from: IPAddress.Parse("127.0.0.2"));

        Assert.Equal(101, (await first.RequestAsync(RawClient.UpgradeRequest())).Status);
        Assert.Equal(101, (await other.RequestAsync(RawClient.UpgradeRequest())).Status);
        Assert.Equal(503, (await second.RequestAsync(RawClient.UpgradeRequest())).Status);
    }

    [Theory]
    [MemberData(nameof(Prefixed))]
    public async Task Path_prefix_is_forwarded_to_the_relay(string name)
    {
        await using RunningRelay relay = await StartAsync(RedisServer.FreePort());
        await using ProxyServer proxy = await ProxyServer.StartAsync(name, relay.Port, relay.Port, relay.Port);
        using var http = new HttpClient();

        Assert.Contains("\"ready\"", await http.GetStringAsync(new Uri(proxy.Http, "/relay/readyz")).Within(), StringComparison.Ordinal);
        await using TestClient socket = await TestClient.ConnectAsync(new Uri(proxy.WebSocket, "/relay/ws"));
        await relay.WaitForConnectionsAsync(1);
    }

    private Task<RunningRelay> StartAsync(int port, Func<ConnectionOptions, ConnectionOptions>? change = null) => RunningRelay.StartAsync(
        redis.Url,
        options => options with
        {
            Port = port,
            Redis = options.Redis with { ChannelPrefix = _prefix },
            Recovery = new RecoveryOptions(),
            Connections = (change?.Invoke(options.Connections) ?? options.Connections) with { DrainWindow = TimeSpan.FromSeconds(0.5) },
        });
}
