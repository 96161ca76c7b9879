using System.Net;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Clients that connect before Redis is reachable: their first relay:hello says that the state is unknown, and a second one follows once it is known.
/// </summary>
public sealed class EarlyClientTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Clients_connected_before_Redis_receive_the_state_of_a_sibling_and_no_duplicate()
    {
        await using RunningRelay sibling = await RunningRelay.StartAsync(redis.Url, Options);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await PublishAsync(publisher, 0, 40);
        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 40);
        await using var proxy = new TcpProxy(((IPEndPoint)redis.Url.Hosts[0]).Port);
        proxy.BlackHole(includeNew: true);
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", proxy.Port), Options, untilReady: false);
        // If it were held back, they would not see that the link is degraded.
        await Eventually.TrueAsync(() => !relay.Get<ReadinessGate>().IsClosed);
        RecordingClient[] subscribers =
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true)));
        await using RecordingClient plain = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: false);
        foreach (RecordingClient client in subscribers)
        {
            SubprotocolMessage hello = (await client.WaitForAsync(message => message.Name == "relay:hello")).Message;
            Assert.Equal("degraded", hello.Data.GetProperty("link").GetProperty("status").GetString());
            Assert.Equal(JsonValueKind.Null, hello.Data.GetProperty("link").GetProperty("asOf").ValueKind);
            await client.WaitForAsync(message => message.Name == "relay:snapshot");
        }

        int last = await FloodAsync(publisher, async () =>
        {
            proxy.Heal();
            await Eventually.TrueAsync(() => relay.Get<Feed>().Link.Live, TestTimeouts.Default);
        });

        foreach (RecordingClient client in subscribers)
        {
            await client.WaitForAsync(message => message.Name == "task:created" && message.Number == last - 1);
            AssertComplete(client.All, last);
            Assert.DoesNotContain(client.All, message => message.Name == "relay:gap");
            await client.DisposeAsync();
        }

        await plain.WaitForAsync(message => message.Name == "task:created" && message.Number == last - 1);
        AssertInOrder([.. plain.All.Select(message => message.Number)]);
        Assert.Equal(0, relay.Get<Feed>().Gaps);
    }

    [Fact]
    public async Task Client_that_connects_during_a_handoff_receives_a_second_hello()
    {
        await using RunningRelay sibling = await RunningRelay.StartAsync(redis.Url, Options);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await PublishAsync(publisher, 0, 40);
        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 40);
        await using var proxy = new TcpProxy(((IPEndPoint)redis.Url.Hosts[0]).Port);
        proxy.BlackHole(includeNew: true);
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", proxy.Port), Options, untilReady: false);
        // Some connect before the handoff, one after it, and perhaps some during it.
        var clients = new List<RecordingClient>();
        int last = await FloodAsync(publisher, async () =>
        {
            proxy.Heal();
            do clients.Add(await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true));
            while (!relay.Get<Feed>().Link.Live && clients.Count < 50);
            await Eventually.TrueAsync(() => relay.Get<Feed>().Link.Live, TestTimeouts.Default);
            clients.Add(await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true));
        });

        foreach (RecordingClient client in clients)
        {
            await client.WaitForAsync(message => message.Name == "task:created" && message.Number == last - 1);
            AssertComplete(client.All, last);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Client_that_resumes_before_the_state_is_loaded_waits_and_misses_nothing()
    {
        await using RunningRelay sibling = await RunningRelay.StartAsync(redis.Url, Options);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await PublishAsync(publisher, 0, 40);
        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 40);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(sibling.WebSocket);
        await client.ReceiveSnapshotAsync();
        string? position = client.Position;

        using var loading = new SemaphoreSlim(0);
        await using RunningRelay relay = await StartHeldAsync(loading);
        Task<SubprotocolClient> socket = SubprotocolClient.ConnectAsync(relay.WebSocket, since: position);
        Task<EventStreamClient> stream = EventStreamClient.ConnectAsync(relay, lastEventId: position);
        Task<(HttpStatusCode Status, string Body, HttpResponseMessage Response)> state = relay.GetAsync("/api/v1/state");
        await Eventually.TrueAsync(() => relay.Get<ReadinessGate>().Waiting == 3);
        Assert.False(socket.IsCompleted || stream.IsCompleted || state.IsCompleted);
        loading.Release();

        await using SubprotocolClient again = await socket;
        Assert.True(again.Hello.GetProperty("recovered").GetBoolean());
        await using EventStreamClient events = await stream;
        Assert.Equal(HttpStatusCode.OK, events.Response.StatusCode);
        Assert.Equal(40, JsonDocument.Parse((await state).Body).RootElement.GetProperty("tasks").GetArrayLength());
    }

    [Fact]
    public async Task Client_that_waits_for_the_state_is_refused_when_the_relay_stops()
    {
        using var loading = new SemaphoreSlim(0);
        await using RunningRelay relay = await StartHeldAsync(loading);
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);
        Task<RawResponse> refused = client.RequestAsync(RawClient.UpgradeRequest());
        await Eventually.TrueAsync(() => relay.Get<ReadinessGate>().Waiting == 1);

        Task stopped = relay.StopAsync();

        Assert.Contains("shutting_down", (await refused).Body, StringComparison.Ordinal);
        loading.Release();
        await stopped;
    }

    /// <summary>Starts a relay that is subscribed while its ingest thread waits, so that it does not load the existing state.</summary>
    private async Task<RunningRelay> StartHeldAsync(SemaphoreSlim loading)
    {
        var queue = new IngestQueue(new IngestOptions());
        queue.Add(() => loading.Wait(TestTimeouts.Default));
        RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url, Options, untilReady: false, services => services.RemoveAll<IngestQueue>().AddSingleton(_ => queue));
        await Eventually.TrueAsync(() => relay.Get<RedisLink>().Status.Status == RedisLinkStatusKind.Subscribed);
        return relay;
    }

    /// <summary>Publishes from event 40 on while an action runs and a little longer. Returns the number after the last event.</summary>
    private async Task<int> FloodAsync(EventPublisher publisher, Func<Task> action)
    {
        using var stop = new CancellationTokenSource();
        int last = 40;
        Task publishing = Task.Run(async () =>
        {
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
            while (!stop.IsCancellationRequested)
            {
                await PublishAsync(publisher, last, 5);
                Volatile.Write(ref last, last + 5);
                await beat.WaitForNextTickAsync(CancellationToken.None);
            }
        });
        await action();
        int enough = Volatile.Read(ref last) + 100;
        await Eventually.TrueAsync(() => Volatile.Read(ref last) >= enough, TestTimeouts.Default);
        await stop.CancelAsync();
        await publishing.Within();
        return last;
    }

    /// <summary>Asserts that the newest snapshot and the events after it are complete, without duplicates.</summary>
    private static void AssertComplete(IReadOnlyList<SubprotocolMessage> messages, int count)
    {
        int hello = messages.ToList().FindLastIndex(message => message.Name == "relay:hello");
        var known = new List<int>();
        foreach (SubprotocolMessage message in messages.Skip(hello + 1))
        {
            if (message.Name == "task:created") known.Add(message.Number);
            if (message.Name == "relay:snapshot" && message.Data.TryGetProperty("tasks", out JsonElement tasks))
            {
                known.AddRange(tasks.EnumerateArray().Select(task => task.GetProperty("data").GetProperty("n").GetInt32()));
            }
        }

        Assert.Equal(Enumerable.Range(0, count), known.Order());
        AssertInOrder([.. messages.Where(message => message.Name == "task:created").Select(message => message.Number)]);
    }

    private static void AssertInOrder(int[] numbers) => Assert.Equal(numbers.Order().Distinct(), numbers);

    private Task PublishAsync(EventPublisher publisher, int first, int count) =>
        publisher.PublishAsync(
            Enumerable.Range(first, count).Select(n => $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","n":{{{n}}}}}"""),
            _prefix + "events");

    private RelayOptions Options(RelayOptions options) => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Recovery = new RecoveryOptions(),
    };
}
