using System.Net;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Continuity;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>The configurations of <c>deploy/proxy</c>, each in the real proxy, in front of real relays.</summary>
[Collection(Alone.Name)]
public sealed class ProxyTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    public static TheoryData<string> Proxies => [.. ProxyServer.Installed];

    /// <summary>Those whose configuration has a path prefix.</summary>
    public static TheoryData<string> Prefixed => [.. ProxyServer.Installed.Where(name => name == "nginx")];

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Events_pass_at_once_by_websocket_and_by_event_stream(string name)
    {
        await using RunningRelay relay = await StartAsync(RedisServer.FreePort());
        await using ProxyServer proxy = await ProxyServer.StartAsync(name, relay.Port, relay.Port, relay.Port);
        await using TestClient socket = await TestClient.ConnectAsync(proxy.WebSocket);
        using var http = new HttpClient();
        await using Stream stream = await http.GetStreamAsync(new Uri(proxy.Http, "/events")).Within();
        using var lines = new StreamReader(stream);
        await relay.HasConnectionsAsync(2);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);

        for (int n = 0; n < 3; n++)
        {
            await publisher.PublishAsync(Numbered.Payload(n), _prefix + "events");
            Assert.Contains($"\"n\":{n}", await socket.ReceiveAsync(), StringComparison.Ordinal);
            while (!(await lines.ReadLineAsync().Within())!.Contains($"\"n\":{n}", StringComparison.Ordinal))
            {
                // Comments, names of fields, and the lines of the greeting.
            }
        }
    }

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Limit_for_an_address_counts_the_clients_and_not_the_proxy(string name)
    {
        await using RunningRelay relay = await StartAsync(RedisServer.FreePort(), connections => connections with { TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")], MaxConnectionsPerAddress = 1 });
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
    public async Task Path_prefix_leads_to_the_relay(string name)
    {
        await using RunningRelay relay = await StartAsync(RedisServer.FreePort());
        await using ProxyServer proxy = await ProxyServer.StartAsync(name, relay.Port, relay.Port, relay.Port);
        using var http = new HttpClient();

        Assert.Contains("\"ready\"", await http.GetStringAsync(new Uri(proxy.Http, "/relay/readyz")).Within(), StringComparison.Ordinal);
        await using TestClient socket = await TestClient.ConnectAsync(new Uri(proxy.WebSocket, "/relay/ws"));
        await relay.HasConnectionsAsync(1);
    }

    /// <summary>Every instance is replaced under load, on its own address. No stickiness: clients resume at any instance.</summary>
    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Three_instances_replaced_in_turn_behind_the_proxy_cost_no_client_an_event(string name)
    {
        const int Clients = 60;
        int published = 0;
        int[] ports = [RedisServer.FreePort(), RedisServer.FreePort(), RedisServer.FreePort()];
        var relays = new List<RunningRelay>();
        foreach (int port in ports) relays.Add(await StartAsync(port));
        await using ProxyServer proxy = await ProxyServer.StartAsync(name, ports);
        RoamingClient[] clients = [.. Enumerable.Range(0, Clients).Select(_ => new RoamingClient(proxy.WebSocket))];
        await Eventually.TrueAsync(() => clients.All(client => client.Connections == 1), Patience.Limit, Describe);

        using var stop = new CancellationTokenSource();
        Task publishing = Task.Run(async () =>
        {
            await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            while (!stop.IsCancellationRequested)
            {
                await publisher.PublishAsync(Numbered.Payload(published), _prefix + "events");
                Volatile.Write(ref published, published + 1);
                await beat.WaitForNextTickAsync(CancellationToken.None);
            }
        });

        for (int i = 0; i < relays.Count; i++)
        {
            // Instances that began within the last two seconds do not vouch for each other's places.
            int enough = Volatile.Read(ref published) + 500;
            await Eventually.TrueAsync(() => clients.All(client => client.Next >= enough || client.Complaint is not null), Patience.Limit, Describe);
            await relays[i].StopAsync();
            await relays[i].DisposeAsync();
            relays[i] = await StartAsync(ports[i]);
        }

        await stop.CancelAsync();
        await publishing.Within();
        await Eventually.TrueAsync(() => clients.All(client => client.Next >= published || client.Complaint is not null), Patience.Limit, Describe);
        Assert.All(clients, client => Assert.Null(client.Complaint));
        Assert.All(clients, client => Assert.Equal(published, client.Next));
        Assert.True(clients.Sum(client => client.Connections) > Clients, "nobody had to connect again");
        foreach (RoamingClient client in clients) await client.DisposeAsync();
        foreach (RunningRelay relay in relays) await relay.DisposeAsync();

        string Describe() => $"{published} published; {string.Join(", ", clients.Select(client => client.Next).Order().Distinct())}; {string.Join('\n', clients.Select(client => client.Complaint).Where(complaint => complaint is not null).Take(3))}";
    }

    private Task<RunningRelay> StartAsync(int port, Func<ConnectionOptions, ConnectionOptions>? change = null) => RunningRelay.StartAsync(
        redis.Url,
        options => options with
        {
            Port = port,
            Redis = options.Redis with { ChannelPrefix = _prefix },
            Continuity = new ContinuityOptions(),
            Connections = (change?.Invoke(options.Connections) ?? options.Connections) with { DrainWindow = TimeSpan.FromSeconds(0.5) },
        });
}
