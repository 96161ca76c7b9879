using System.Globalization;
using Cecelia.Relay.Tests.Conformance;
using Cecelia.Relay.Tests.Recovery;
using Cecelia.Relay.Tests.Hosting;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>
/// A rolling restart of three relays under load, as an orchestrator performs it: SIGTERM, a new process at the same address, and the next one as soon as
/// <c>/readyz</c> of the new one is 200. In front of them is a real proxy with the configuration of <c>deploy/proxy</c>.
/// </summary>
[Collection(SerialTests.Name)]
public sealed class ProxyRestartTests(RealRedis redis, ITestOutputHelper output) : IClassFixture<RealRedis>
{
    private const int Sockets = 60;
    private const int Streams = 20;
    private const int PlainClients = 20;
    private const int Pages = 10;
    private const int Burst = 300;

    /// <summary>The first message that each page of the execution must receive on each of its connections.</summary>
    private const string Status =
        """{"type":"status","execution_id":"e1","status":"running","progress":50,"message":"step 2","result":null,"error":null,"execution_time":null}""";

    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";
    private int _published;

    public static TheoryData<string> Proxies => [.. ProxyServer.Installed];

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Rolling_restart_behind_the_proxy_loses_no_event_of_resuming_clients_and_every_plain_client_reconnects(string name)
    {
        int[] ports = [RedisServer.FreePort(), RedisServer.FreePort(), RedisServer.FreePort()];
        RelayProcess[] relays = [.. ports.Select(port => Start(name, port))];
        foreach (RelayProcess relay in relays) await relay.ReadyAsync();
        await using ProxyServer proxy = await ProxyServer.StartAsync(name, ports);
        await using (EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url)) await publisher.PublishAsync(Status, _prefix + "events");
        // A client that connects before its relay has accepted the event receives it as part of the stream.
        foreach (RelayProcess relay in relays) await Eventually.TrueAsync(async () => await AcceptedAsync(relay) == 1, describe: () => relay.Output);
        RoamingClient[] sockets = [.. Enumerable.Range(0, Sockets).Select(_ => new RoamingClient(proxy.WebSocket))];
        RoamingEventStream[] streams = [.. Enumerable.Range(0, Streams).Select(_ => new RoamingEventStream(new Uri(proxy.Http, "events")))];
        WorkflowClient[] plain = [.. Enumerable.Range(0, PlainClients).Select(_ => Plain(proxy.WebSocket))];
        WorkflowClient[] pages = [.. Enumerable.Range(0, Pages).Select(_ => Plain(new Uri(proxy.WebSocket, "/api/v1/ws/executions/e1")))];
        foreach (WorkflowClient client in plain.Concat(pages)) await client.ConnectAsync();
        await Eventually.TrueAsync(
            () => sockets.All(client => client.Connections == 1) && streams.All(client => client.Connections == 1),
            TestTimeouts.Default,
            Describe);

        using var stop = new CancellationTokenSource();
        Task publishing = Task.Run(() => PublishAsync(stop.Token));
        // Instances that start with an empty history do not accept each other's positions for two seconds (DECISIONS.md).
        await Eventually.TrueAsync(() => Reached(1500), TestTimeouts.Default, Describe);
        for (int i = 0; i < relays.Length; i++)
        {
            relays[i].Terminate();
            Assert.True(await relays[i].ExitAsync() == 0, relays[i].Output);
            await relays[i].DisposeAsync();
            relays[i] = Start(name, ports[i]);
            await relays[i].ReadyAsync();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"restart {i + 1}: {Describe()}"));
        }

        await Eventually.TrueAsync(async () => await ConnectionsAsync(relays) == Sockets + Streams + PlainClients + Pages, TestTimeouts.Default, Describe);
        int connected = Volatile.Read(ref _published);
        await stop.CancelAsync();
        await publishing.Within();
        await Eventually.TrueAsync(
            () => Reached(_published) && plain.All(client => client.Messages is [.., var last] && Numbered.Of(last) == _published - 1),
            TestTimeouts.Default,
            Describe);
        output.WriteLine(Describe());
        Assert.All(sockets, client => Assert.Null(client.Error));
        Assert.All(streams, client => Assert.Null(client.Error));
        Assert.All(plain, client => AssertOnceInOrder(client, connected));
        Assert.All(pages, page => Assert.Equal(Enumerable.Repeat(Status, page.Connections), page.Messages));
        // Each relay was stopped once, and clients reconnect only when they are disconnected.
        Assert.All(sockets, client => Assert.True(client.Connections > 1));
        Assert.All(streams, client => Assert.True(client.Connections > 1));
        Assert.All(plain.Concat(pages), client => Assert.True(client.Connections > 1));
        foreach (RoamingClient client in sockets) await client.DisposeAsync();
        foreach (RoamingEventStream client in streams) await client.DisposeAsync();
        foreach (WorkflowClient client in plain.Concat(pages)) await client.DisposeAsync();
        foreach (RelayProcess relay in relays) await relay.DisposeAsync();

        bool Reached(int count) =>
            sockets.All(client => client.Next >= count || client.Error is not null) && streams.All(client => client.Next >= count || client.Error is not null);

        string Describe() =>
            $"{_published} published; sockets at {Spread(sockets.Select(client => client.Next))}, {sockets.Sum(client => client.Connections)} connections; "
            + $"streams at {Spread(streams.Select(client => client.Next))}, {streams.Sum(client => client.Connections)} connections; "
            + $"plain {string.Join(", ", plain.Concat(pages).Select(client => client.Status).Distinct())}, "
            + $"{plain.Concat(pages).Sum(client => client.Connections)} connections; "
            + string.Join(
                '\n',
                sockets.Select(client => client.Error).Concat(streams.Select(client => client.Error)).Where(error => error is not null).Take(3));
    }

    /// <summary>
    /// The Workflow client, whose rule is the strictest: five attempts, and none after a clean close. Its delay is shortened, which leaves a relay less time.
    /// </summary>
    private static WorkflowClient Plain(Uri address) => new(address, () => Task.Delay(100));

    /// <summary>Number of clients on all relays together. A client that has not noticed yet that it was disconnected is on none.</summary>
    private static async Task<int> ConnectionsAsync(RelayProcess[] relays)
    {
        int count = 0;
        foreach (RelayProcess relay in relays) count += (await relay.StatusAsync())?.GetProperty("connections").GetInt32() ?? 0;
        return count;
    }

    /// <summary>Number of events that a relay has accepted and so sent to the clients that were connected.</summary>
    private static async Task<long> AcceptedAsync(RelayProcess relay) =>
        (await relay.StatusAsync())?.GetProperty("events").GetProperty("accepted").GetInt64() ?? 0;

    private static string Spread(IEnumerable<int> numbers) => string.Join(", ", numbers.Distinct().Order());

    /// <summary>A client without positions misses the events published while it was disconnected: one range for each reconnection, and nothing else.</summary>
    private static void AssertOnceInOrder(WorkflowClient client, int connected)
    {
        int[] numbers = [.. client.Messages.Select(Numbered.Of)];
        int[] missing = [.. numbers.Zip(numbers.Skip(1), (one, next) => next - one - 1)];
        Assert.All(missing, count => Assert.True(count >= 0, "an event came twice, or out of order"));
        Assert.InRange(missing.Count(count => count > 0), 0, client.Connections - 1);
        Assert.Equal(0, numbers[0]);
        Assert.Contains(connected, numbers.Append(connected == numbers[^1] + 1 ? connected : -1));
    }

    /// <summary>Publishes an event every 5 ms, and a burst every half second.</summary>
    private async Task PublishAsync(CancellationToken stop)
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (int tick = 1; !stop.IsCancellationRequested; tick++)
        {
            int count = tick % 100 == 0 ? Burst : 1;
            await publisher.PublishAsync(Numbered.Payloads(_published, count), _prefix + "events");
            Volatile.Write(ref _published, _published + count);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// Starts a relay with the settings that the proxy's configuration asks for: Caddy forwards the 503 of an instance that is shutting down to the client.
    /// </summary>
    private RelayProcess Start(string proxy, int port) => RelayProcess.Start(
        port,
        ("CECELIA_REDIS_URL", redis.Url.ToString()),
        ("CECELIA_CHANNEL_PREFIX", _prefix),
        ("CECELIA_DRAIN_DELAY_SECONDS", proxy == "caddy" ? "3" : "0"),
        ("CECELIA_DRAIN_WINDOW_SECONDS", "1"));
}
