using System.Diagnostics;
using System.Text.Json;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>
/// PROTOCOL.md, <i>Commands</i>: an event with <c>reply_to</c> is delivered only only to the connection that sent the command, and is not part of the stream.
/// </summary>
public sealed class ReplyTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reply_reaches_only_the_connection_that_asked_across_two_instances(bool rich)
    {
        await using RunningRelay here = await StartAsync();
        await using RunningRelay there = await StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync();
        // The filter does not apply to replies.
        await using TestClient sender = await ConnectAsync(here, rich, "?task=nothing");
        TestClient[] others =
        [
            await ConnectAsync(here, true),
            await ConnectAsync(here, false),
            await ConnectAsync(there, true),
            await ConnectAsync(there, false),
        ];
        // Sends a command too, so that it has a command number of its own.
        await others[2].SendAsync("""{"cmd":"user_input"}""");
        await brain.ReceiveAsync();
        Assert.Contains("relay:ack", await others[2].ReceiveAsync(), StringComparison.Ordinal);
        string id = await SendCommandAsync(sender, brain, rich);

        await brain.PublishAsync(
            $$"""{"type":"answer","reply_to":"{{id}}","data":{"x":1.50},"project_id":"p1","node_id":"n1","id":"e1","timestamp":"2026-02-06T08:30:00Z"}""",
            Numbered.Payload(1));

        Assert.Equal(
            $$"""{"event":"answer","data":{"x":1.50},"timestamp":"2026-02-06T08:30:00Z","project_id":"p1","node_id":"n1","reply_to":"{{id}}"}""",
            await sender.ReceiveAsync());
        foreach (TestClient other in others)
        {
            Assert.Contains("\"number\"", await other.ReceiveAsync(), StringComparison.Ordinal);
            await other.DisposeAsync();
        }

        Assert.Equal((1, 0, 0), Replies(here));
        await Eventually.TrueAsync(() => Replies(there) == (0, 0, 1));
        JsonElement replies = (await here.GetJsonAsync("/api/v1/status")).GetProperty("commands").GetProperty("replies");
        Assert.Equal(1, replies.GetProperty("delivered").GetInt32());
    }

    [Fact]
    public async Task Reply_to_a_closed_connection_is_counted_and_an_invalid_reply_is_refused()
    {
        await using RunningRelay relay = await StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient remaining = await ConnectAsync(relay, rich: false);
        string id;
        await using (TestClient leaving = await ConnectAsync(relay, rich: true))
        {
            id = await SendCommandAsync(leaving, brain, rich: true);
            await leaving.CloseAsync();
        }

        await relay.WaitForConnectionsAsync(1);
        Assert.Equal(0, relay.Get<ReplyTable>().Connections);
        string[] bad = ["7", "{}", "true", "\"\"", $"\"{new string('x', 257)}\"", "\"\\ud800\""];
        await brain.PublishAsync(
            [.. bad.Select(one => $$"""{"event":"answer","data":{},"reply_to":{{one}}}"""), """{"event":"answer","reply_to":"a-1-1","reply_to":"a-1-1"}"""]);
        await brain.PublishAsync(
            $$"""{"event":"answer","reply_to":"{{id}}"}""", """{"event":"answer","reply_to":"dab4b21b15e6-1-1"}""", """{"event":"answer","reply_to":"whatever"}""",
            $$"""{"event":"answer","reply_to":"{{id[..id.IndexOf('-', StringComparison.Ordinal)]}}-999-1"}""",
            // Null means absent, so this event is for all clients.
            """{"event":"answer","data":{"for":"all"},"reply_to":null}""");

        Assert.Contains("\"for\":\"all\"", await remaining.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Equal((0, 2, 2), Replies(relay));
        Assert.Equal(bad.Length, relay.Get<RefusedLog>().Count(RefusalReason.BadField));
        Assert.Equal(1, relay.Get<RefusedLog>().Count(RefusalReason.DuplicateField));
    }

    [Fact]
    public async Task Reply_is_delivered_in_the_order_of_publication()
    {
        await using RunningRelay relay = await StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync();
        foreach (bool rich in (bool[])[true, false])
        {
            await using TestClient client = await ConnectAsync(relay, rich);
            string id = await SendCommandAsync(client, brain, rich);
            const int Events = 5000;
            await brain.PublishAsync([.. Enumerable.Range(0, Events).SelectMany(n =>
                n % 7 == 0
                    ? (string[])[Numbered.Payload(n), $$$"""{"event":"answer","data":{"n":{{{n}}}},"reply_to":"{{{id}}}"}"""]
                    : [Numbered.Payload(n)])]);

            for (int n = 0; n < Events; n++)
            {
                var message = SubprotocolMessage.Parse(await client.ReceiveAsync());
                Assert.Equal(("number", n), (message.Name, message.Number));
                if (n % 7 != 0) continue;
                var reply = SubprotocolMessage.Parse(await client.ReceiveAsync());
                Assert.Equal(("answer", n), (reply.Name, reply.Number));
                Assert.Null(reply.Id);
            }
        }
    }

    [Fact]
    public async Task Replies_do_not_affect_positions_numbers_or_state()
    {
        await using RunningRelay first = await StartAsync(WithRecovery);
        long begun = Stopwatch.GetTimestamp();
        await using FakeBrain brain = await ConnectBrainAsync();
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(first.WebSocket);
        await client.ReceiveSnapshotAsync();
        await client.Socket.SendAsync("""{"cmd":"user_input"}""");
        string id = (await client.ReceiveAsync()).Data.GetProperty("id").GetString()!;
        int number = 0;
        string[] positions = new string[3];
        RunningRelay? taking = null;
        for (int round = 0; round < positions.Length; round++)
        {
            // Replies are numbered with the events: if they were not counted, the next event would open a gap.
            await brain.PublishAsync(
                [.. Enumerable.Range(round * 40, 40).Select(n => Event(ref number, n, "")), Event(ref number, -1, $"\"reply_to\":\"{id}\",")]);
            for (int n = round * 40; n < (round + 1) * 40; n++) Assert.Equal(n, (await client.ReceiveAsync()).Number);
            positions[round] = client.Position!;
            // After the reply the position is still the one before it.
            Assert.Equal(-1, (await client.ReceiveAsync()).Number);
            Assert.Equal(positions[round], client.Position);
            // The second instance takes over the first round from the other one, and receives the rest itself.
            taking ??= await StartAsync(WithRecovery);
            // Before that, an instance does not recognize the positions of another one (PROTOCOL.md, Positions).
            await Eventually.TrueAsync(() => Stopwatch.GetElapsedTime(begun) > TimeSpan.FromSeconds(2.5));
        }

        await using RunningRelay second = taking!;
        await Eventually.TrueAsync(() => second.Get<Ingestor>().Accepted == 82);
        Assert.Equal(Hash(first), Hash(second));
        for (int round = 0; round < positions.Length; round++)
        {
            await using SubprotocolClient resumed = await SubprotocolClient.ConnectAsync(second.WebSocket, since: positions[round]);
            Assert.True(resumed.Hello.GetProperty("recovered").GetBoolean());
            Assert.Equal((2 - round) * 40, resumed.Hello.GetProperty("missed").GetInt32());
            for (int n = (round + 1) * 40; n < 120; n++) Assert.Equal(n, (await resumed.ReceiveAsync()).Number);
        }

        Assert.Equal((0, 0), (first.Get<Feed>().Gaps, second.Get<Feed>().Gaps));
        JsonElement tasks = (await second.GetJsonAsync("/api/v1/state")).GetProperty("tasks");
        Assert.Equal(119, Assert.Single(tasks.EnumerateArray()).GetProperty("data").GetProperty("n").GetInt32());
        Assert.Equal((3, 0, 0), Replies(first));
        Assert.Equal((0, 0, 2), Replies(second));

        static RelayOptions WithRecovery(RelayOptions options) => options with { Recovery = new RecoveryOptions() };

        static string Event(ref int number, int n, string replyTo) =>
            $$$"""{"event":"task:progress","source":"brain-1","seq":{{{++number}}},{{{replyTo}}}"data":{"taskId":"t1","n":{{{n}}}}}""";

        static string Hash(RunningRelay relay) => relay.Get<Feed>().Position.ToString()[..16];
    }

    [Fact]
    public async Task Instance_that_takes_over_state_still_delivers_replies_to_its_own_connections()
    {
        await using RunningRelay relay = await StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient client = await ConnectAsync(relay, rich: false);
        string id = await SendCommandAsync(client, brain, rich: false);
        // The next two events are already in the state that was taken over. The replies among them are in no state.
        relay.Get<IngestQueue>().Add(() => relay.Get<RecoveryGate>().Skip(2));

        await brain.PublishAsync(Reply(id, 0), Numbered.Payload(0), Reply(id, 1), Numbered.Payload(1), Numbered.Payload(2));

        foreach (string expected in (string[])["answer 0", "answer 1", "number 2"])
        {
            var message = SubprotocolMessage.Parse(await client.ReceiveAsync());
            Assert.Equal(expected, $"{message.Name} {message.Number}");
        }

        Assert.Equal(2, relay.Get<RecoveryGate>().Skipped);
        // Events in a gap that will be reported: a stream may contain the reply, and delivers it later.
        relay.Get<IngestQueue>().Add(() => relay.Get<RecoveryGate>().SkipDiscarded());
        await brain.PublishAsync(Reply(id, 2));
        await Eventually.TrueAsync(() => relay.Get<RecoveryGate>().Discarded == 1);
        relay.Get<IngestQueue>().Add(() => relay.Get<RecoveryGate>().Skip(0));
        await brain.PublishAsync(Numbered.Payload(3));
        Assert.Equal(3, Numbered.Of(await client.ReceiveAsync()));
    }

    [Fact]
    public async Task Lagging_client_gets_the_reply_after_the_state()
    {
        await using RunningRelay relay =
            await StartAsync(options => options with { Fanout = options.Fanout with { BufferBytes = 256 * 1024, SendBufferBytes = 8 * 1024 } });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient client = await ConnectAsync(relay, rich: true);
        string id = await SendCommandAsync(client, brain, rich: true);
        string padding = new('x', 1000);
        (int events, _) = await StalledClient.FillAsync(
            await StalledClient.FindAsync(relay),
            async published =>
            {
                await brain.PublishAsync(
                    [
                        .. Enumerable.Range(published, 100).Select(
                            n => $$$"""{"event":"task:progress","data":{"taskId":"t1","n":{{{n}}},"padding":"{{{padding}}}"}}"""),
                    ]);
                await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == published + 100);
                return 100;
            });
        await brain.PublishAsync(Reply(id, events));
        await Eventually.TrueAsync(() => Replies(relay).Delivered == 1);

        int seen = -1;
        bool skipped = false;
        while (true)
        {
            var message = SubprotocolMessage.Parse(await client.ReceiveAsync());
            if (message.Name == "answer") break;
            skipped |= message.Name == "relay:gap";
            if (message.Name == "task:progress") seen = message.Number;
            if (message.Name == "relay:snapshot" && message.Data.TryGetProperty("tasks", out JsonElement tasks))
            {
                seen = tasks[0].GetProperty("data").GetProperty("n").GetInt32();
            }
        }

        Assert.True(skipped, "nothing was missed: the test did not make the client lag");
        Assert.Equal(events - 1, seen);
    }

    [Fact]
    public async Task Client_that_does_not_read_its_replies_is_closed_and_the_others_are_not_affected()
    {
        await using RunningRelay relay = await StartAsync(options => options with { Fanout = options.Fanout with { SendBufferBytes = 8 * 1024 } });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using RawClient stalled = await relay.ConnectRawAsync(receiveBufferBytes: 8 * 1024);
        await using TestClient healthy = await ConnectAsync(relay, rich: false);
        await stalled.SendAsync(WireFrame.OfText("""{"cmd":"user_input"}"""));
        string id = (await brain.ReceiveAsync()).GetProperty("id").GetString()!;
        string large = $$"""{"event":"answer","data":{"padding":"{{new string('x', 200_000)}}"},"reply_to":"{{id}}"}""";

        await brain.PublishAsync([.. Enumerable.Repeat(large, 20), Numbered.Payload(0)]);

        Assert.Equal(0, Numbered.Of(await healthy.ReceiveAsync()));
        await relay.WaitForConnectionsAsync(1);
        Assert.Equal(4002, relay.Logs.Closes[0].Code);
        await Eventually.TrueAsync(() => Replies(relay).Gone > 0 && Replies(relay).Gone + Replies(relay).Delivered == 20);
    }

    [Fact]
    public async Task Numbered_reply_missed_in_an_outage_is_delivered_once_from_the_stream()
    {
        await using RedisServer own = await RedisServer.StartAsync();
        await using var proxy = new Redis.TcpProxy(own.Port);
        const string Stream = "brain:events";
        await own.CommandAsync("XADD", Stream, "1-1", "p", "");
        await using RunningRelay relay = await RunningRelay.StartAsync(
            RedisUrl.For("127.0.0.1", proxy.Port),
            options => options with { Redis = options.Redis with { StreamKey = Stream } });
        await using FakeBrain brain = await FakeBrain.ConnectAsync(RedisUrl.For("127.0.0.1", own.Port));
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        await client.Socket.SendAsync("""{"cmd":"user_input"}""");
        string id = (await client.ReceiveAsync()).Data.GetProperty("id").GetString()!;
        await StoreAsync(1);
        Assert.Equal(1, (await client.ReceiveAsync()).Number);

        proxy.BlackHole(includeNew: true);
        await client.ReceiveAsync("relay:link");
        for (int seq = 2; seq <= 4; seq++) await StoreAsync(seq);
        proxy.Heal();
        var received = new List<string>();
        do received.Add((await client.ReceiveAsync()) is { IsRelay: false } message ? $"{message.Name} {message.Number}" : "relay");
        while (received.Count < 4);
        await StoreAsync(5);

        // 2 to 4 come from the stream, before the link is reported live again. There is no gap.
        Assert.Equal(["number 2", "answer 3", "number 4", "relay"], received);
        Assert.Equal(5, (await client.ReceiveAsync()).Number);
        Assert.Equal(0, relay.Get<Feed>().Gaps);
        Assert.Equal((1, 0, 0), Replies(relay));

        async Task StoreAsync(int seq)
        {
            string payload = seq == 3
                ? $$$"""{"event":"answer","source":"s","seq":3,"data":{"n":3},"reply_to":"{{{id}}}"}"""
                : $$$"""{"event":"number","source":"s","seq":{{{seq}}},"data":{"n":{{{seq}}}}}""";
            const string Script = "redis.call('XADD', KEYS[1], '*', 'p', ARGV[1]) redis.call('PUBLISH', KEYS[2], ARGV[1]) return 'done'";
            Assert.Equal("done", await own.CommandAsync("EVAL", Script, "2", Stream, EventPublisher.Channel, payload));
        }
    }

    private static string Reply(string id, int n) => $$$"""{"event":"answer","data":{"n":{{{n}}}},"reply_to":"{{{id}}}"}""";

    private static (long Delivered, long Gone, long Elsewhere) Replies(RunningRelay relay)
    {
        CommandCounts replies = relay.Get<CommandCounts>();
        return (replies.Count(ReplyOutcome.Delivered), replies.Count(ReplyOutcome.Gone), replies.Count(ReplyOutcome.Elsewhere));
    }

    /// <summary>Sends a command and returns its id as Brain received it.</summary>
    private static async Task<string> SendCommandAsync(TestClient client, FakeBrain brain, bool rich)
    {
        await client.SendAsync("""{"cmd":"user_input"}""");
        string id = (await brain.ReceiveAsync()).GetProperty("id").GetString()!;
        if (rich) Assert.Contains(id, await client.ReceiveAsync(), StringComparison.Ordinal);
        return id;
    }

    /// <summary>Connects, and reads hello and snapshot if the client gets them.</summary>
    private static async Task<TestClient> ConnectAsync(RunningRelay relay, bool rich, string query = "")
    {
        TestClient client = await relay.ConnectAsync(query, options =>
        {
            if (rich) options.AddSubProtocol("cecelia.v1");
        });
        if (rich) for (int i = 0; i < 2; i++) Assert.Contains("relay:", await client.ReceiveAsync(), StringComparison.Ordinal);
        return client;
    }

    private Task<FakeBrain> ConnectBrainAsync() => FakeBrain.ConnectAsync(redis.Url, _prefix);

    private Task<RunningRelay> StartAsync(Func<RelayOptions, RelayOptions>? change = null) => RunningRelay.StartAsync(redis.Url, options =>
    {
        options = options with { Redis = options.Redis with { ChannelPrefix = _prefix } };
        return change?.Invoke(options) ?? options;
    });
}
