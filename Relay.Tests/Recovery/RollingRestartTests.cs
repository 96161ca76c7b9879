using System.Diagnostics;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>A deployment replaces one instance after the other under load. Clients only have to reconnect.</summary>
[Collection(SerialTests.Name)]
public sealed class RollingRestartTests(RealRedis redis, ITestOutputHelper output) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Replacing_three_instances_in_turn_loses_no_event_of_any_client()
    {
        const int Clients = 200;
        int published = 0;
        await using var balancer = new LoadBalancer();
        var relays = new List<RunningRelay>();
        for (int i = 0; i < 3; i++) relays.Add(await StartAsync(balancer));
        RoamingClient[] clients = [.. Enumerable.Range(0, Clients).Select(_ => new RoamingClient(balancer.WebSocket))];
        await Eventually.TrueAsync(() => clients.All(client => client.Connections == 1), TestTimeouts.Default, Describe);

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

        for (int turn = 0; turn < TestLength.Times(6); turn++)
        {
            // Instances that started within the last two seconds do not accept each other's positions.
            int enough = Volatile.Read(ref published) + (turn == 0 ? 500 : 200);
            await Eventually.TrueAsync(() => clients.All(client => client.Next >= enough || client.Error is not null), TestTimeouts.Default, Describe);
            long started = Stopwatch.GetTimestamp();
            RunningRelay old = relays[turn % 3];
            bool newFirst = turn % 2 == 0;
            if (newFirst) relays[turn % 3] = await StartAsync(balancer);
            await StopAsync(balancer, old);
            if (!newFirst) relays[turn % 3] = await StartAsync(balancer);
            output.WriteLine(
                $"turn {turn}: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms, "
                + $"{clients.Sum(client => client.Connections) - Clients} reconnections so far");
        }

        await stop.CancelAsync();
        await publishing.Within();
        await Eventually.TrueAsync(() => clients.All(client => client.Next >= published || client.Error is not null), TestTimeouts.Default, Describe);
        output.WriteLine($"{published} events, each to {Clients} clients");
        Assert.All(clients, client => Assert.Null(client.Error));
        Assert.All(clients, client => Assert.Equal(published, client.Next));
        Assert.True(clients.Sum(client => client.Connections) > 2 * Clients, "no client had to reconnect");
        foreach (RoamingClient client in clients) await client.DisposeAsync();
        foreach (RunningRelay relay in relays)
        {
            Assert.Equal(0, relay.Get<Feed>().Gaps);
            await StopAsync(balancer, relay);
        }

        string Describe() => $"{published} published; {string.Join(", ", clients.Select(client => client.Next).Order().Distinct())}; "
            + $"{string.Join('\n', clients.Select(client => client.Error).Where(error => error is not null).Take(3))}";
    }

    [Fact]
    public async Task Successor_of_a_killed_instance_reports_the_start_of_the_gap()
    {
        (string, string)[] settings =
        [
            ("CECELIA_REDIS_URL", $"redis://{redis.Url.Hosts[0]}"), ("CECELIA_CHANNEL_PREFIX", _prefix),
        ];
        await using var first = RelayProcess.Start(RedisServer.FreePort(), settings);
        await first.ReadyAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using var handoff = new RedisHandoff(
            new RedisContext(redis.Url, new RedisOptions { ChannelPrefix = _prefix }, "test", TimeProvider.System), 1024 * 1024);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(first.WebSocket);
        await client.ReceiveSnapshotAsync();
        await PublishAsync(publisher, 0, 50);
        for (int i = 0; i < 50; i++) await client.ReceiveAsync();
        string position = client.Position!;
        DateTimeOffset begun = TimeProvider.System.GetUtcNow();
        await Eventually.TrueAsync(async () => (await handoff.LoadKeptAsync(CancellationToken.None)).Value is not null, TestTimeouts.Default);
        DateTimeOffset kept = TimeProvider.System.GetUtcNow();
        // This event is in no stored copy.
        await PublishAsync(publisher, 50, 1);
        await client.ReceiveAsync();
        first.End();
        await first.ExitAsync();
        await PublishAsync(publisher, 51, 5);

        await using RunningRelay second = await RunningRelay.StartAsync(redis.Url, Options);
        await using SubprotocolClient again = await SubprotocolClient.ConnectAsync(second.WebSocket, since: position);
        Assert.False(again.Hello.GetProperty("recovered").GetBoolean());
        Assert.Equal(50, (await again.ReceiveSnapshotAsync())["tasks"].Count);
        Assert.Equal(1, second.Get<Feed>().Gaps);
        JsonElement gap = NewestGap(second.Get<Feed>());
        Assert.Equal("restart", gap.GetProperty("cause").GetString());
        Assert.InRange(gap.GetProperty("from").GetDateTimeOffset(), begun - TimeSpan.FromSeconds(15), kept);
        Assert.InRange(gap.GetProperty("to").GetDateTimeOffset(), kept, TimeProvider.System.GetUtcNow());
    }

    /// <summary>The copy was stored with another clock, for example on another machine. Clients received a gap that ended before it began.</summary>
    [Fact]
    public async Task Gap_after_an_instance_with_a_clock_ahead_has_no_start()
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using (
            RunningRelay first = await RunningRelay.StartAsync(
                redis.Url,
                Options,
                replace: services => services.AddSingleton<TimeProvider>(new ShiftedTime(TimeSpan.FromHours(1)))))
        {
            await PublishAsync(publisher, 0, 1);
            await Eventually.TrueAsync(() => first.Get<Ingestor>().Accepted == 1);
        }

        await using RunningRelay second = await RunningRelay.StartAsync(redis.Url, Options);
        JsonElement gap = NewestGap(second.Get<Feed>());

        Assert.Equal("restart", gap.GetProperty("cause").GetString());
        Assert.Equal(JsonValueKind.Null, gap.GetProperty("from").ValueKind);
        Assert.InRange(gap.GetProperty("to").GetDateTimeOffset(), DateTimeOffset.MinValue, TimeProvider.System.GetUtcNow());
    }

    private static JsonElement NewestGap(Feed feed)
    {
        using TimelineCheckpoint frozen = feed.Freeze(0, 1024 * 1024);
        int at = 0;
        JsonElement newest = default;
        foreach (TailEntry entry in frozen.Journal.Entries)
        {
            if (entry.Kind == EntryKind.Gap) newest = JsonDocument.Parse(frozen.Journal.Payloads.AsMemory(at, entry.Length)).RootElement;
            at += entry.Length;
        }

        return newest;
    }

    private Task PublishAsync(EventPublisher publisher, int first, int count) =>
        publisher.PublishAsync(
            Enumerable.Range(first, count).Select(n => $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","n":{{{n}}}}}"""),
            _prefix + "events");

    private RelayOptions Options(RelayOptions options) => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Recovery = new RecoveryOptions(),
        Connections = options.Connections with { DrainWindow = TimeSpan.FromSeconds(0.5) },
    };

    private async Task<RunningRelay> StartAsync(LoadBalancer balancer)
    {
        RunningRelay relay = await RunningRelay.StartAsync(redis.Url, Options);
        balancer.Add(relay);
        return relay;
    }

    private static async Task StopAsync(LoadBalancer balancer, RunningRelay relay)
    {
        await relay.StopAsync();
        balancer.Remove(relay);
        await relay.DisposeAsync();
    }
}
