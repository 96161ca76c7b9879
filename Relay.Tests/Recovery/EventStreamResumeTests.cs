using System.Net;
using System.Text.Json;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>PROTOCOL.md, <i>Event stream</i>: a browser reconnects automatically and receives what it missed.</summary>
public sealed class EventStreamResumeTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Unknown = "0123456789abcdef-1a1fd0007fb";
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Reconnected_client_receives_exactly_the_missed_events_and_no_snapshot()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        string position = await WaitForAsync(relay, publisher, 0, 10);
        await PublishAsync(publisher, 10, 50);
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 60);

        await using EventStreamClient again = await EventStreamClient.ConnectAsync(relay, lastEventId: position);

        SubprotocolMessage hello = await again.ReceiveAsync();
        Assert.Equal(
            (true, true, 50),
            (
                hello.Data.GetProperty("wasRecovering").GetBoolean(),
                hello.Data.GetProperty("recovered").GetBoolean(),
                hello.Data.GetProperty("missed").GetInt32()));
        Assert.Equal(position, again.LastEventId);
        await PublishAsync(publisher, 60, 5);
        for (int i = 10; i < 65; i++) Assert.Equal(i, (await again.ReceiveAsync()).Number);
    }

    [Fact]
    public async Task Client_resumes_at_another_instance_and_from_a_WebSocket_to_an_event_stream()
    {
        await using RunningRelay first = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        string position = await WaitForAsync(first, publisher, 0, 40);
        // It takes over the state of the first one.
        await using RunningRelay second = await StartAsync();
        await PublishAsync(publisher, 40, 20);
        await Eventually.TrueAsync(() => second.Get<Ingestor>().Accepted == 20);

        await using EventStreamClient there = await EventStreamClient.ConnectAsync(second, lastEventId: position);
        Assert.True((await there.ReceiveAsync()).Data.GetProperty("recovered").GetBoolean());
        for (int i = 40; i < 60; i++) Assert.Equal(i, (await there.ReceiveAsync()).Number);
        await using SubprotocolClient socket = await SubprotocolClient.ConnectAsync(second.WebSocket, since: position);
        for (int i = 40; i < 60; i++) Assert.Equal(i, (await socket.ReceiveAsync()).Number);
        Assert.Equal(there.LastEventId, socket.Position);
    }

    [Fact]
    public async Task LastEventId_header_takes_precedence_over_the_since_parameter()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        string first = await WaitForAsync(relay, publisher, 0, 5);
        string second = await WaitForAsync(relay, publisher, 5, 5);

        Assert.Equal(5, await MissedAsync("?since=" + first, null));
        Assert.Equal(0, await MissedAsync("?since=" + first, second));
        Assert.Equal(5, await MissedAsync("?since=" + first, ""));
        Assert.Null(await MissedAsync("?since=" + first, "none"));
        Assert.Null(await MissedAsync("?since=" + first, Unknown));

        async Task<int?> MissedAsync(string query, string? lastEventId)
        {
            await using EventStreamClient client = await EventStreamClient.ConnectAsync(relay, query, lastEventId);
            JsonElement hello = (await client.ReceiveAsync()).Data;
            Assert.True(hello.GetProperty("wasRecovering").GetBoolean());
            return hello.GetProperty("recovered").GetBoolean() ? hello.GetProperty("missed").GetInt32() : null;
        }
    }

    /// <summary>
    /// A page that has received a part of a snapshot has discarded its previous state. If it is disconnected then, its browser must not resume from its
    /// previous position: it would receive the events after that, and never the rest of the state.
    /// </summary>
    [Fact]
    public async Task Client_disconnected_inside_a_snapshot_receives_a_new_snapshot()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => Options(options) with { Fanout = options.Fanout with { BufferBytes = 256 * 1024, SendBufferBytes = 8 * 1024 } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using EventStreamClient client = await EventStreamClient.ConnectAsync(relay, receiveBufferBytes: 8 * 1024);
        await client.ReceiveSnapshotAsync();
        string note = new('n', 10_000);
        await publisher.PublishAsync(
            Enumerable.Range(0, 600).Select(n => $$$"""{"event":"task:progress","data":{"taskId":"t{{{n % 30}}}","n":{{{n}}},"note":"{{{note}}}"}}"""),
            _prefix + "events");
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 600);
        await client.ReceiveAsync("relay:gap");
        Assert.NotEqual("none", client.LastEventId);
        SubprotocolMessage part = await client.ReceiveAsync();
        Assert.Equal(("relay:snapshot", false), (part.Name, part.Data.GetProperty("last").GetBoolean()));
        Assert.Equal("none", client.LastEventId);

        await using EventStreamClient again = await client.ReconnectAsync(relay);

        Assert.False((await again.ReceiveAsync()).Data.GetProperty("recovered").GetBoolean());
        List<SubprotocolMessage> parts = await again.ReceiveSnapshotAsync();
        Assert.True(parts.Count > 1);
        Assert.Equal(30, parts.Sum(one => one.Data.GetProperty("tasks").GetArrayLength()));
        Assert.Equal(parts[^1].Id, again.LastEventId);
        Assert.NotEqual("none", again.LastEventId);
    }

    [Fact]
    public async Task Client_connected_before_Redis_receives_a_second_hello_with_the_state_of_a_sibling()
    {
        await using RunningRelay sibling = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await PublishAsync(publisher, 0, 40);
        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 40);
        await using var proxy = new TcpProxy(((IPEndPoint)redis.Url.Hosts[0]).Port);
        proxy.BlackHole(includeNew: true);
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", proxy.Port), Options, untilReady: false);
        await using EventStreamClient client = await EventStreamClient.ConnectAsync(relay);
        Assert.False((await client.ReceiveSnapshotAsync()).Single().Data.TryGetProperty("tasks", out _));
        Assert.Equal("degraded", client.Hello.GetProperty("link").GetProperty("status").GetString());

        proxy.Heal();

        await client.ReceiveAsync("relay:hello");
        Assert.Equal(40, (await client.ReceiveSnapshotAsync()).Single().Data.GetProperty("tasks").GetArrayLength());
    }

    /// <summary>Publishes events, waits until a client has received them, and returns their position.</summary>
    private async Task<string> WaitForAsync(RunningRelay relay, EventPublisher publisher, int first, int count)
    {
        await using EventStreamClient client = await EventStreamClient.ConnectAsync(relay);
        await client.ReceiveSnapshotAsync();
        await PublishAsync(publisher, first, count);
        // The snapshot may have been made for another client a moment ago; then the events since are sent too.
        while ((await client.ReceiveAsync()).Number < first + count - 1)
        {
        }

        return client.LastEventId;
    }

    private Task PublishAsync(EventPublisher publisher, int first, int count) =>
        publisher.PublishAsync(
            Enumerable.Range(first, count).Select(n => $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","n":{{{n}}}}}"""),
            _prefix + "events");

    private Task<RunningRelay> StartAsync() => RunningRelay.StartAsync(redis.Url, Options);

    private RelayOptions Options(RelayOptions options) => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Recovery = new RecoveryOptions(),
    };
}
