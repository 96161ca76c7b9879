using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>PROTOCOL.md, <i>Subprotocol</i>: hello, snapshot and live events, resume, and the messages before a close.</summary>
public sealed partial class SubprotocolTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Hello_describes_the_connection_and_a_snapshot_follows()
    {
        await using RunningRelay relay = await StartAsync();
        await using SubprotocolClient client = await ConnectAsync(relay);

        Assert.Equal("cecelia.v1", client.Hello.GetProperty("protocol").GetString());
        Assert.NotEmpty(client.Hello.GetProperty("connection").GetString()!);
        Assert.Matches("^[0-9a-f]{12}$", client.Hello.GetProperty("instance").GetString());
        Assert.Equal(25_000, client.Hello.GetProperty("pingIntervalMs").GetInt32());
        Assert.Equal((false, false), (client.Hello.GetProperty("wasRecovering").GetBoolean(), client.Hello.GetProperty("recovered").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, client.Hello.GetProperty("missed").ValueKind);
        Assert.Equal("""{"status":"live"}""", client.Hello.GetProperty("link").GetRawText());
        Assert.Equal("""{"messageBytes":65536,"messagesPerSecond":50}""", client.Hello.GetProperty("limits").GetRawText());
        Assert.Equal("""["start_session","pause_session","resume_session","user_input"]""", client.Hello.GetProperty("commands").GetRawText());
        Assert.Null(client.Position);

        Assert.Empty(await client.ReceiveSnapshotAsync());
        Assert.Equal(client.Hello.GetProperty("position").GetString(), client.Position);
    }

    [Fact]
    public async Task Client_without_the_subprotocol_receives_no_relay_messages()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient plain = await relay.ConnectAsync("?since=0123456789abcdef-1a1fd0007fb");
        await using TestClient other = await relay.ConnectAsync(configure: options => options.AddSubProtocol("CECELIA.V1"));
        relay.Get<Feed>().Ping();
        const string Event = """{"event":"task:created","data":{"taskId":"t1","status":"queued"},"timestamp":"2026-02-06T08:30:00.000Z"}""";
        await publisher.PublishAsync(Event);

        Assert.Equal(Event, await plain.ReceiveAsync());
        Assert.Equal(Event, await other.ReceiveAsync());
        await plain.SendAsync("""{"type":"hello","since":"x"}""");
        Assert.StartsWith("""{"type":"error","reason":"unknown_message",""", await plain.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshot_and_later_events_equal_the_state_for_the_clients_filter()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(
        [
            """{"event":"task:created","data":{"taskId":"t1","status":"queued","title":"one"},"project_id":"p1"}""",
            """{"event":"task:progress","data":{"taskId":"t1","status":"running","progress":40}}""",
            """{"event":"task:completed","data":{"taskId":"t2","status":"completed"},"project_id":"p2"}""",
            """{"event":"executor:status","data":{"activeCount":1,"availableSlots":4}}""",
        ]);
        await WaitForAcceptedAsync(relay, 4);

        await using SubprotocolClient all = await ConnectAsync(relay);
        await using SubprotocolClient project = await ConnectAsync(relay, "?project=p1");
        await using SubprotocolClient names = await ConnectAsync(relay, "?events=executor:status");
        Dictionary<string, Dictionary<string, JsonElement>> complete = await all.ReceiveSnapshotAsync();
        Assert.Equal(["t1", "t2"], complete["tasks"].Keys.Order());
        Assert.Equal("running", complete["tasks"]["t1"].GetProperty("status").GetString());
        Assert.Equal(40, complete["tasks"]["t1"].GetProperty("progress").GetInt32());
        Assert.Equal("one", complete["tasks"]["t1"].GetProperty("data").GetProperty("title").GetString());
        Assert.Equal(4, complete["executor"].Single().Value.GetProperty("data").GetProperty("availableSlots").GetInt32());
        Assert.Equal(["t1"], (await project.ReceiveSnapshotAsync())["tasks"].Keys);
        Assert.Equal(["executor"], (await names.ReceiveSnapshotAsync()).Keys);

        await publisher.PublishAsync("""{"event":"task:completed","data":{"taskId":"t1","status":"completed"},"project_id":"p1"}""");
        SubprotocolMessage live = await project.ReceiveAsync();
        Assert.Equal("task:completed", live.Name);
        Assert.NotNull(live.Id);
        Assert.Equal(live.Id, (await all.ReceiveAsync()).Id);
    }

    [Fact]
    public async Task Large_snapshot_is_sent_in_parts_and_the_last_has_the_position()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(
            Enumerable.Range(0, 2000).Select(i => $$$"""{"event":"task:created","data":{"taskId":"t{{{i}}}","note":"{{{new string('n', 100)}}}"}}"""));
        await WaitForAcceptedAsync(relay, 2000);

        await using TestClient client = await relay.ConnectAsync(configure: options => options.AddSubProtocol("cecelia.v1"));
        await client.ReceiveAsync();
        var tasks = new HashSet<string>();
        for (int part = 1; ; part++)
        {
            string text = await client.ReceiveAsync();
            Assert.InRange(text.Length, 1, 66_000);
            var message = SubprotocolMessage.Parse(text);
            Assert.Equal(part, message.Data.GetProperty("part").GetInt32());
            foreach (JsonElement task in message.Data.GetProperty("tasks").EnumerateArray()) Assert.True(tasks.Add(task.GetProperty("id").GetString()!));
            bool last = message.Data.GetProperty("last").GetBoolean();
            Assert.Equal(last, message.Id is not null);
            if (!last) continue;
            Assert.True(part > 3);
            break;
        }

        Assert.Equal(2000, tasks.Count);
    }

    [Fact]
    public async Task Clients_that_connect_at_different_times_reach_the_same_state()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        const int Events = 4000;
        Task publishing = Task.Run(async () =>
        {
            for (int i = 0; i < Events; i += 20)
            {
                await publisher.PublishAsync(
                    Enumerable.Range(i, 20).Select(n => $$$"""{"event":"task:progress","data":{"taskId":"t{{{n % 7}}}","n":{{{n}}}}}"""));
            }
        });

        Task<Dictionary<string, int>>[] clients = [.. Enumerable.Range(0, 20).Select(async i =>
        {
            await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted >= i * Events / 25, TestTimeouts.Default);
            await using SubprotocolClient client = await ConnectAsync(relay);
            Dictionary<string, int> seen = (await client.ReceiveSnapshotAsync()).GetValueOrDefault("tasks")?.ToDictionary(
                task => task.Key,
                task => task.Value.GetProperty("data").GetProperty("n").GetInt32()) ?? [];
            int last = seen.Count == 0 ? -1 : seen.Values.Max();
            while (last < Events - 1)
            {
                SubprotocolMessage message = await client.ReceiveAsync();
                // A snapshot, then the very next event: no gap and no overlap.
                Assert.Equal(last + 1, message.Number);
                last = message.Number;
                seen["t" + (last % 7).ToString(CultureInfo.InvariantCulture)] = last;
            }

            return seen;
        })];

        await publishing.Within();
        foreach (Task<Dictionary<string, int>> client in clients) Assert.Equal(Enumerable.Range(Events - 7, 7), (await client.Within()).Values.Order());
    }

    [Fact]
    public async Task Resumed_client_receives_exactly_the_missed_events_and_no_snapshot()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        string since;
        await using (SubprotocolClient client = await ConnectAsync(relay))
        {
            await client.ReceiveSnapshotAsync();
            await publisher.PublishAsync(Numbered.Payloads(0, 10));
            for (int i = 0; i < 10; i++) Assert.Equal(i, (await client.ReceiveAsync()).Number);
            since = client.Position!;
        }

        await relay.WaitForConnectionsAsync(0);
        await publisher.PublishAsync(Numbered.Payloads(10, 50));
        await WaitForAcceptedAsync(relay, 60);

        await using SubprotocolClient again = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: since);
        Assert.True(again.Hello.GetProperty("wasRecovering").GetBoolean());
        Assert.True(again.Hello.GetProperty("recovered").GetBoolean());
        Assert.Equal(50, again.Hello.GetProperty("missed").GetInt32());
        Assert.Equal(since, again.Position);
        await publisher.PublishAsync(Numbered.Payloads(60, 5));
        for (int i = 10; i < 65; i++) Assert.Equal(i, (await again.ReceiveAsync()).Number);
        Assert.Null(again.Snapshot);
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\u0065e6b4dc457f0c4c0-\\udc001fd21daa2")]
    [InlineData("ee6b4dc457f0c4c0-1a1fd21daa2-and-more")]
    public async Task Hello_with_an_invalid_position_is_handled_like_an_unknown_one(string since)
    {
        await using RunningRelay relay = await StartAsync();
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);

        await client.Socket.SendAsync($$"""{"type":"hello","since":"{{since}}"}""");

        Assert.Equal("relay:hello", (await client.ReceiveAsync()).Name);
        Assert.True(client.Hello.GetProperty("wasRecovering").GetBoolean());
        Assert.False(client.Hello.GetProperty("recovered").GetBoolean());
    }

    [Theory]
    [InlineData("0123456789abcdef-1a1fd0007fb")]
    [InlineData("no-position-at-all")]
    public async Task Client_with_an_unknown_position_is_notified_and_receives_a_snapshot(string since)
    {
        await using RunningRelay relay = await StartAsync();
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: since);

        Assert.True(client.Hello.GetProperty("wasRecovering").GetBoolean());
        Assert.False(client.Hello.GetProperty("recovered").GetBoolean());
        Assert.Equal(JsonValueKind.Null, client.Hello.GetProperty("missed").ValueKind);
        await client.ReceiveSnapshotAsync();
    }

    [Fact]
    public async Task Client_can_resume_on_an_open_connection()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await ConnectAsync(relay);
        await client.ReceiveSnapshotAsync();
        string begin = client.Position!;
        await publisher.PublishAsync(Numbered.Payloads(0, 5));
        for (int i = 0; i < 5; i++) await client.ReceiveAsync();

        await client.Socket.SendAsync($$"""{"type":"hello","since":"{{begin}}"}""");
        Assert.Equal("relay:hello", (await client.ReceiveAsync()).Name);
        Assert.Equal(5, client.Hello.GetProperty("missed").GetInt32());
        for (int i = 0; i < 5; i++) Assert.Equal(i, (await client.ReceiveAsync()).Number);

        await client.Socket.SendAsync("""{"type":"hello"}""");
        Assert.Equal("relay:hello", (await client.ReceiveAsync()).Name);
        Assert.False(client.Hello.GetProperty("wasRecovering").GetBoolean());
        await client.ReceiveSnapshotAsync();
        await client.Socket.SendAsync("""{"type":"ping"}""");
        // The snapshot may have been made for another client a moment ago; then the events since are sent too, as to any client.
        string text;
        do text = await client.Socket.ReceiveAsync();
        while (text.Contains("number", StringComparison.Ordinal));
        Assert.Equal("""{"type":"pong"}""", text);
        await client.Socket.SendAsync("nonsense");
        SubprotocolMessage error = await client.ReceiveAsync("relay:error");
        Assert.Equal(("relay:error", "not_json"), (error.Name, error.Data.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Ping_carries_the_position_of_filtered_events()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await ConnectAsync(relay, "?task=quiet");
        await client.ReceiveSnapshotAsync();
        string before = client.Position!;
        await publisher.PublishAsync(Numbered.Payloads(0, 100));
        await WaitForAcceptedAsync(relay, 100);

        relay.Get<Feed>().Ping();

        Assert.Equal("relay:ping", (await client.ReceiveAsync()).Name);
        Assert.NotEqual(before, client.Position);
        Assert.Equal(relay.Get<Feed>().Position.ToString(), client.Position);
    }

    [Fact]
    public async Task Pings_are_sent_periodically()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Connections = options.Connections with { PingInterval = TimeSpan.FromSeconds(0.2) } });
        // Over an event stream: a WebSocket whose pong is late is closed.
        await using EventStreamClient client = await EventStreamClient.ConnectAsync(relay);
        await client.ReceiveSnapshotAsync();

        for (int i = 0; i < 3; i++) Assert.Equal("relay:ping", (await client.ReceiveAsync()).Name);
    }

    /// <summary>Returns the snapshot of the unfiltered view. A separate method, so that no local of the test holds a reference to it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference? SnapshotOf(TimelineReader feed)
    {
        View view = feed.Acquire(new ViewKind(Filter.None, WireFormat.Subprotocol, FrameEncoding.Plain))!;
        WeakReference? snapshot = view.Snapshot is { } newest ? new WeakReference(newest.Parts) : null;
        feed.Release(view);
        return snapshot;
    }

    private static RelayOptions Small(RelayOptions options) => options with
    {
        Fanout = options.Fanout with { BufferBytes = 256 * 1024, SendBufferBytes = 8 * 1024 },
        Connections = options.Connections with { PingInterval = TimeSpan.Zero },
    };

    private static Task<TimeSpan> WaitForAcceptedAsync(RunningRelay relay, long count) =>
        Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted >= count, TestTimeouts.Default);

    private static Task<SubprotocolClient> ConnectAsync(RunningRelay relay, string query = "") => SubprotocolClient.ConnectAsync(relay.WebSocket, query);

    private Task<RunningRelay> StartAsync() => RunningRelay.StartAsync(redis.Url);
}
