using System.Net;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>PROTOCOL.md, <i>Coordination between instances</i>: a new instance continues from the state of another.</summary>
public sealed class HandoffTests(RealRedis redis) : IClassFixture<RealRedis>
{
    /// <summary>Each test has its own channels and keys, since the copy that an instance leaves is read by any that starts.</summary>
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Client_resumes_at_an_instance_that_started_later()
    {
        await using RunningRelay first = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await PublishAsync(publisher, 0, 10);
        await Eventually.TrueAsync(() => first.Get<Ingestor>().Accepted == 10);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(first.WebSocket);
        await client.ReceiveSnapshotAsync();
        await PublishAsync(publisher, 10, 10);
        for (int i = 10; i < 20; i++) Assert.Equal(i, (await client.ReceiveAsync()).Number);
        string middle = client.Position!;
        await PublishAsync(publisher, 20, 10);

        await using RunningRelay second = await StartAsync();
        await PublishAsync(publisher, 30, 10);
        await Eventually.TrueAsync(() => second.Get<Ingestor>().Accepted == 10);

        await using SubprotocolClient again = await SubprotocolClient.ConnectAsync(second.WebSocket, since: middle);
        Assert.True(again.Hello.GetProperty("recovered").GetBoolean());
        for (int i = 20; i < 40; i++) Assert.Equal(i, (await again.ReceiveAsync()).Number);
        await using SubprotocolClient fresh = await SubprotocolClient.ConnectAsync(second.WebSocket);
        Assert.Equal(40, (await fresh.ReceiveSnapshotAsync())["tasks"].Count);
        Assert.Equal(0, second.Get<Feed>().Gaps);
    }

    [Fact]
    public async Task Resume_waits_for_the_clients_last_event_at_an_instance_that_is_behind()
    {
        await using RunningRelay first = await StartAsync();
        await using RunningRelay second = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(first.WebSocket);
        await client.ReceiveSnapshotAsync();
        using var decoding = new SemaphoreSlim(0);
        second.Get<IngestQueue>().Add(() => decoding.Wait(TestTimeouts.Default));
        await PublishAsync(publisher, 0, 1);
        Assert.Equal(0, (await client.ReceiveAsync()).Number);

        Task<SubprotocolClient> coming = SubprotocolClient.ConnectAsync(second.WebSocket, since: client.Position);
        await Eventually.TrueAsync(() => second.Get<ViewTable>().Count == 1);
        decoding.Release();
        await using SubprotocolClient again = await coming;
        Assert.True(again.Hello.GetProperty("recovered").GetBoolean());
        await PublishAsync(publisher, 1, 1);
        Assert.Equal(1, (await again.ReceiveAsync()).Number);
    }

    [Fact]
    public async Task Instance_started_under_load_has_every_event_once()
    {
        await using RunningRelay first = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(first.WebSocket);
        await client.ReceiveSnapshotAsync();
        string begin = client.Position!;
        using var stop = new CancellationTokenSource();
        int published = 0;
        Task flood = Task.Run(async () =>
        {
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
            while (!stop.IsCancellationRequested)
            {
                await PublishAsync(publisher, published, 10);
                Volatile.Write(ref published, published + 10);
                await beat.WaitForNextTickAsync(CancellationToken.None);
            }
        });

        for (int i = 0; i < 5; i++)
        {
            await using RunningRelay next = await StartAsync();
            await using SubprotocolClient there = await SubprotocolClient.ConnectAsync(next.WebSocket, since: begin);
            Assert.True(there.Hello.GetProperty("recovered").GetBoolean());
            // From the events of the handoff to those after it.
            int enough = Volatile.Read(ref published) + 100;
            for (int n = 0; n < enough; n++) Assert.Equal(n, (await there.ReceiveAsync()).Number);
            Assert.Equal(0, next.Get<Feed>().Gaps);
        }

        await stop.CancelAsync();
        await flood.Within();
    }

    [Fact]
    public async Task Restarted_single_instance_reports_a_gap_only_for_its_downtime()
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        string position;
        await using (RunningRelay first = await StartAsync())
        {
            await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(first.WebSocket);
            await client.ReceiveSnapshotAsync();
            await PublishAsync(publisher, 0, 50);
            for (int i = 0; i < 50; i++) await client.ReceiveAsync();
            position = client.Position!;
        }

        await PublishAsync(publisher, 50, 5);
        await using RunningRelay second = await StartAsync();
        Assert.Equal(1, second.Get<Feed>().Gaps);

        // The state from before, and the gap between the client's position and now: so a snapshot.
        await using SubprotocolClient again = await SubprotocolClient.ConnectAsync(second.WebSocket, since: position);
        Assert.True(again.Hello.GetProperty("wasRecovering").GetBoolean());
        Assert.False(again.Hello.GetProperty("recovered").GetBoolean());
        Assert.Equal(50, (await again.ReceiveSnapshotAsync())["tasks"].Count);

        // After the gap the stream is complete again.
        string after = again.Position!;
        await PublishAsync(publisher, 55, 5);
        await Eventually.TrueAsync(() => second.Get<Ingestor>().Accepted == 5);
        await using SubprotocolClient later = await SubprotocolClient.ConnectAsync(second.WebSocket, since: after);
        Assert.True(later.Hello.GetProperty("recovered").GetBoolean());
        for (int i = 55; i < 60; i++) Assert.Equal(i, (await later.ReceiveAsync()).Number);
    }

    /// <summary>
    /// It became ready while events that its siblings had already delivered were still in its queue: a client with a newer position was reset.
    /// </summary>
    [Fact]
    public async Task Instance_is_not_ready_before_the_events_queued_during_the_handoff_are_ingested()
    {
        await using RunningRelay sibling = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await PublishAsync(publisher, 0, 10);
        await using var proxy = new TcpProxy(((IPEndPoint)redis.Url.Hosts[0]).Port);
        proxy.BlackHole(includeNew: true);
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", proxy.Port), Options, untilReady: false);
        using var passing = new SemaphoreSlim(0);
        var atEnd = new TaskCompletionSource<(long Accepted, bool IsHolding)>();
        relay.Get<IngestQueue>().Add(() => passing.Wait(TestTimeouts.Default));
        proxy.Heal();
        var takeOvers = relay.Get<Cecelia.Relay.Recovery.StreamRecovery>().TakeOvers;
        await Eventually.TrueAsync(() => takeOvers.Count(TakeOverOutcome.Given) == 1);
        await PublishAsync(publisher, 10, 10);
        await Eventually.TrueAsync(() => relay.Get<IngestQueue>().Received == 10);
        relay.Get<IngestQueue>().Add(() => atEnd.SetResult((relay.Get<Ingestor>().Accepted, relay.Get<ReadinessGate>().IsClosed)));
        passing.Release();

        Assert.Equal((10, true), await atEnd.Task.Within());
        await Eventually.TrueAsync(() => !relay.Get<ReadinessGate>().IsClosed && relay.Get<Cecelia.Relay.Recovery.StreamRecovery>().IsReady);
    }

    private static Task PublishAsync(EventPublisher publisher, string prefix, int first, int count) =>
        publisher.PublishAsync(
            Enumerable.Range(first, count).Select(n => $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","n":{{{n}}}}}"""),
            prefix + "events");

    private Task PublishAsync(EventPublisher publisher, int first, int count) => PublishAsync(publisher, _prefix, first, count);

    private RelayOptions Options(RelayOptions options) => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Recovery = new RecoveryOptions(),
    };

    private Task<RunningRelay> StartAsync() => RunningRelay.StartAsync(redis.Url, Options);
}
