using System.Net.WebSockets;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>
/// The guarantees of PROTOCOL.md, <i>Events</i>, from the publisher's PUBLISH to the client's message; the lists of the original documents by name. Each test
/// has its own relay. Run with a real redis-server and with the embedded one.
/// </summary>
public abstract class DeliveryTests
{
    private protected abstract RedisUrl Redis { get; }

    [Fact]
    public async Task Started_service_listens_on_its_port_and_is_ready()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);

        Assert.NotEqual(0, relay.Port);
        Assert.Equal("ready", (await relay.GetJsonAsync("/readyz")).GetProperty("status").GetString());
        Assert.Contains("<script", (await relay.GetAsync("/")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connected_client_receives_events_published_afterwards()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        await using TestClient client = await relay.ConnectAsync();
        Assert.Equal(WebSocketState.Open, client.State);

        await publisher.PublishAsync(Numbered.Payload(7));

        Assert.Equal(7, Numbered.Of(await client.ReceiveAsync()));
    }

    [Fact]
    public async Task Many_clients_all_receive_all_events_in_order()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        TestClient[] clients = await relay.ConnectManyAsync(25);
        await relay.WaitForConnectionsAsync(25);

        await publisher.PublishAsync(Numbered.Payloads(0, 200));

        foreach (string[] received in await Task.WhenAll(clients.Select(client => client.ReceiveEventsAsync(200)))) Numbered.AssertInOrder(received);
        await DisposeAllAsync(clients);
    }

    [Fact]
    public async Task Many_clients_receive_identical_bytes()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        TestClient[] clients = await relay.ConnectManyAsync(10);

        // Without a timestamp of the publisher: the relay's timestamp is also the same for all.
        await publisher.PublishAsync(Numbered.Payloads(0, 20));

        string[][] received = await Task.WhenAll(clients.Select(client => client.ReceiveEventsAsync(20)));
        Assert.All(received, one => Assert.Equal(received[0], one));
        await DisposeAllAsync(clients);
    }

    [Fact]
    public async Task Disconnect_of_a_client_is_cleaned_up()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using TestClient polite = await relay.ConnectAsync();
        await using TestClient rude = await relay.ConnectAsync();
        await using TestClient remaining = await relay.ConnectAsync();
        await relay.WaitForConnectionsAsync(3);

        await polite.CloseAsync();
        rude.Abort();

        await relay.WaitForConnectionsAsync(1);
        Assert.Equal(1, (await relay.GetJsonAsync("/api/v1/status")).GetProperty("connections").GetInt32());
    }

    [Theory]
    [InlineData(
        """{"event":"task:created","data":{"taskId":"t1","status":"queued"},"timestamp":"2026-02-06T08:30:00.000Z"}""",
        """{"event":"task:created","data":{"taskId":"t1","status":"queued"},"timestamp":"2026-02-06T08:30:00.000Z"}""")]
    [InlineData(
        """ { "timestamp" : "2026-02-06T08:30:00Z" , "data" : { "a" : [ 1 , 2.50 ] } , "type" : "任务" } """,
        """{"event":"任务","data":{ "a" : [ 1 , 2.50 ] },"timestamp":"2026-02-06T08:30:00Z"}""")]
    [InlineData(
        """{"type":"log","project_id":"p1","node_id":"n1","data":"""
        + """{"k":"\u00e9 \"q\""},"timestamp":"2026-02-06T08:30:00.000Z","id":"5","seq":9,"source":"brain"}""",
        """{"event":"log","data":{"k":"\u00e9 \"q\""},"timestamp":"2026-02-06T08:30:00.000Z","project_id":"p1","node_id":"n1"}""")]
    [InlineData(
        """{"event":"log","project_id":42,"timestamp":"2026-02-06T08:30:00.000Z"}""",
        """{"event":"log","data":{},"timestamp":"2026-02-06T08:30:00.000Z","project_id":42}""")]
    [InlineData(
        """{"type":"status","execution_id":"e1","status":"running","progress":50,"timestamp":"2026-02-06T08:30:00.000Z"}""",
        """{"event":"status","data":{"execution_id":"e1","status":"running","progress":50},"timestamp":"2026-02-06T08:30:00.000Z"}""")]
    public async Task Message_format_is_event_data_and_timestamp_with_the_publishers_own_values(string published, string expected)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        await using TestClient client = await relay.ConnectAsync();

        await publisher.PublishAsync(published);

        Assert.Equal(expected, await client.ReceiveAsync());
    }

    [Fact]
    public async Task Message_without_a_timestamp_gets_its_time_of_arrival()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        await using TestClient client = await relay.ConnectAsync();
        DateTimeOffset before = TimeProvider.System.GetUtcNow();

        await publisher.PublishAsync("""{"event":"log","data":{"x":1}}""");
        string received = await client.ReceiveAsync();

        Assert.Matches("""^\{"event":"log","data":\{"x":1\},"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}$""", received);
        DateTimeOffset stamp = JsonDocument.Parse(received).RootElement.GetProperty("timestamp").GetDateTimeOffset();
        Assert.InRange(stamp, before.AddMilliseconds(-1), TimeProvider.System.GetUtcNow());
    }

    [Theory]
    [InlineData(124)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(65_534)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(262_144)]
    public async Task Message_at_a_frame_header_boundary_arrives_complete(int length)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        await using RawClient client = await relay.ConnectRawAsync();
        const string Empty = """{"event":"log","data":{"x":""},"timestamp":"2026-02-06T08:30:00.000Z"}""";
        string payload = Empty.Replace("\"\"", $"\"{new string('y', length - Empty.Length)}\"", StringComparison.Ordinal);

        await publisher.PublishAsync([payload, Numbered.Payload(1)]);

        Assert.Equal(payload, (await client.ReadMessageAsync()).Text);
        Assert.Equal(1, Numbered.Of((await client.ReadMessageAsync()).Text));
    }

    [Fact]
    public async Task Failing_clients_do_not_affect_others()
    {
        const int Events = 5000;
        string padding = new('x', 300);
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        TestClient[] good = await relay.ConnectManyAsync(3);
        await using TestClient aborts = await relay.ConnectAsync();
        await using RawClient resets = await relay.ConnectRawAsync();
        await using RawClient neverReads = await relay.ConnectRawAsync(receiveBufferBytes: 4096);
        await using RawClient sendsGarbage = await relay.ConnectRawAsync();
        await relay.WaitForConnectionsAsync(7);
        Task<string[]>[] receiving = [.. good.Select(client => client.ReceiveEventsAsync(Events))];

        await publisher.PublishAsync(Numbered.Payloads(0, 100, padding));
        await aborts.ReceiveEventsAsync(50);
        aborts.Abort();
        resets.Reset();
        await sendsGarbage.SendAsync(Enumerable.Range(0, 4096).Select(i => (byte)(i * 7)).ToArray());
        await publisher.PublishAsync(Numbered.Payloads(100, Events - 100, padding));

        foreach (Task<string[]> received in receiving) Numbered.AssertInOrder(await received);
        await DisposeAllAsync(good);
    }

    [Fact]
    public async Task Five_concurrent_tasks_show_every_change_to_all_clients()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        TestClient[] clients = await relay.ConnectManyAsync(4);
        string[] life =
        [
            "task:created queued 0",
            "task:started running 0",
            "task:progress running 25",
            "task:progress running 50",
            "task:progress running 75",
            "task:completed completed 100",
        ];

        await Task.WhenAll(Enumerable.Range(0, 5).Select(async task =>
        {
            await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
            foreach (string step in life)
            {
                string[] fields = step.Split(' ');
                await publisher.PublishAsync(
                    $$$"""{"event":"{{{fields[0]}}}","data":{"taskId":"task-{{{task}}}","status":"{{{fields[1]}}}","progress":{{{fields[2]}}}}}""");
            }
        }));

        string[][] received = await Task.WhenAll(clients.Select(client => client.ReceiveEventsAsync(5 * life.Length)));
        Assert.All(received, one => Assert.Equal(received[0], one));
        for (int task = 0; task < 5; task++) Assert.Equal(life, received[0].Where(message => TaskOf(message) == $"task-{task}").Select(StepOf));
        await DisposeAllAsync(clients);

        static JsonElement DataOf(string message) => JsonDocument.Parse(message).RootElement.GetProperty("data");
        static string? TaskOf(string message) => DataOf(message).GetProperty("taskId").GetString();
        static string StepOf(string message) =>
            $"{JsonDocument.Parse(message).RootElement.GetProperty("event").GetString()} {DataOf(message).GetProperty("status").GetString()} "
            + $"{DataOf(message).GetProperty("progress").GetInt32()}";
    }

    [Fact]
    public async Task Each_status_reaches_ten_clients_before_the_next_is_published()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        TestClient[] clients = await relay.ConnectManyAsync(10);

        for (int i = 0; i < 50; i++)
        {
            await publisher.PublishAsync(Numbered.Payload(i));

            // An event that is not flushed until the next one would fail here.
            foreach (string received in await Task.WhenAll(clients.Select(client => client.ReceiveAsync()))) Assert.Equal(i, Numbered.Of(received));
        }

        await DisposeAllAsync(clients);
    }

    [Fact]
    public async Task Clients_reconnect_after_the_relay_restarts_on_the_same_port()
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        int port;
        await using (RunningRelay first = await RunningRelay.StartAsync(Redis))
        {
            port = first.Port;
            TestClient[] before = await first.ConnectManyAsync(3);
            await publisher.PublishAsync(Numbered.Payload(1));
            foreach (TestClient client in before) Assert.Equal(1, Numbered.Of(await client.ReceiveAsync()));
            Task<List<string>>[] ends = [.. before.Select(client => client.ReceiveToEndAsync())];
            await first.StopAsync();
            foreach (List<string> left in await Task.WhenAll(ends).Within()) Assert.Empty(left);
            await DisposeAllAsync(before);
        }

        await using RunningRelay second = await RunningRelay.StartAsync(Redis, options => options with { Port = port });
        TestClient[] after = await second.ConnectManyAsync(3);
        await publisher.PublishAsync(Numbered.Payload(2));

        foreach (TestClient client in after) Assert.Equal(2, Numbered.Of(await client.ReceiveAsync()));
        await DisposeAllAsync(after);
    }

    [Fact]
    public async Task Malformed_payloads_are_refused_by_reason_and_do_not_affect_later_events()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        await using TestClient client = await relay.ConnectAsync();
        Assert.True(MalformedPayloads.All.Count >= 40);

        int number = 0;
        foreach ((string reason, byte[] payload) in MalformedPayloads.All)
        {
            await publisher.PublishAsync([payload]);
            await publisher.PublishAsync(Numbered.Payload(number));
            Assert.True(Numbered.Of(await client.ReceiveAsync()) == number++, $"a payload that must be refused as {reason} was delivered");
        }

        // PROTOCOL.md, Refused events.
        JsonElement refused = await relay.GetJsonAsync("/api/v1/refused");
        var expected = MalformedPayloads.All.CountBy(one => one.Reason).ToDictionary();
        foreach (JsonProperty count in refused.GetProperty("counts").EnumerateObject())
            Assert.True(
                expected.GetValueOrDefault(count.Name) == count.Value.GetInt32(),
                $"{count.Name}: {count.Value} instead of {expected.GetValueOrDefault(count.Name)}");

        JsonElement[] kept = [.. refused.GetProperty("kept").EnumerateArray()];
        Assert.Equal(MalformedPayloads.All.Select(one => one.Reason).Reverse(), kept.Select(one => one.GetProperty("reason").GetString()!));
        Assert.All(kept, one => Assert.Equal(EventPublisher.Channel, one.GetProperty("channel").GetString()));
        Assert.All(kept, one => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(one.GetProperty("excerpt").GetString()!), 0, 3 * 512));
    }

    [Fact]
    public async Task Event_on_a_matching_channel_is_delivered_and_on_another_is_not()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        await using TestClient client = await relay.ConnectAsync();

        await publisher.PublishAsync(Numbered.Payload(1), "cecelia:events:task");
        Assert.Equal(1, Numbered.Of(await client.ReceiveAsync()));
        await publisher.PublishAsync(Numbered.Payload(2), "cecelia:eventsx");
        await publisher.PublishAsync(Numbered.Payload(3), "cecelia:other");
        await publisher.PublishAsync(Numbered.Payload(4), "cecelia:events:");
        Assert.Equal(4, Numbered.Of(await client.ReceiveAsync()));
        await publisher.PublishAsync(Numbered.Payload(5));
        Assert.Equal(5, Numbered.Of(await client.ReceiveAsync()));
    }

    [Fact]
    public async Task Events_are_received_on_the_configured_channel_prefix()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            Redis,
            options => options with { Redis = options.Redis with { ChannelPrefix = "other:" } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        await using TestClient client = await relay.ConnectAsync();

        await publisher.PublishAsync(Numbered.Payload(1));
        await publisher.PublishAsync(Numbered.Payload(2), "other:events");

        Assert.Equal(2, Numbered.Of(await client.ReceiveAsync()));
    }

    [Fact]
    public async Task Burst_of_20000_events_reaches_five_clients_complete_and_in_order()
    {
        const int Events = 20_000;
        await using RunningRelay relay = await RunningRelay.StartAsync(Redis, RoomFor20000);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Redis);
        TestClient[] clients = await relay.ConnectManyAsync(5);
        Task<string[]>[] receiving = [.. clients.Select(client => client.ReceiveEventsAsync(Events))];

        await publisher.PublishAsync(Numbered.Payloads(0, Events));

        foreach (Task<string[]> received in receiving) Numbered.AssertInOrder(await received);
        Assert.Equal(5L * Events, relay.Get<PumpSet>().Delivered);
        Assert.Equal(0, relay.Get<PumpSet>().Missed);
        await DisposeAllAsync(clients);

        // Clients in the same process as the relay may lag on a busy machine; this test is about order, not speed.
        static RelayOptions RoomFor20000(RelayOptions options) => options with { Fanout = options.Fanout with { BufferBytes = 64 * 1024 * 1024 } };
    }

    private protected static async Task DisposeAllAsync(IEnumerable<TestClient> clients)
    {
        foreach (TestClient client in clients) await client.DisposeAsync();
    }
}

public sealed class DeliveryOverRedisTests(RealRedis redis) : DeliveryTests, IClassFixture<RealRedis>
{
    private protected override RedisUrl Redis => redis.Url;
}

public sealed class DeliveryOverGarnetTests(GarnetRedis redis) : DeliveryTests, IClassFixture<GarnetRedis>
{
    private protected override RedisUrl Redis => redis.Url;
}
