using System.Diagnostics;
using System.Globalization;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>PROTOCOL.md, <i>Event stream</i>: what a page receives through EventSource, directly through the socket or through TLS and HTTP/2.</summary>
public abstract class EventStreamTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int SmallBuffer = 8 * 1024;

    private protected abstract bool Tls { get; }

    private protected abstract Version HttpVersion { get; }

    [Fact]
    public async Task Stream_starts_with_retry_hello_and_snapshot_followed_by_events()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync("""{"event":"task:progress","data":{"taskId":"t1","progress":40}}""");
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 1);
        await using EventStreamClient client = await ConnectAsync(relay);

        Assert.Equal(200, (int)client.Response.StatusCode);
        Assert.Equal("text/event-stream; charset=utf-8", client.Response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store, no-transform", string.Join(", ", client.Response.Headers.GetValues("Cache-Control")));
        Assert.Equal("no", client.Response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal("nosniff", client.Response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("Origin", client.Response.Headers.Vary.Single());
        SubprotocolMessage hello = await client.ReceiveAsync();
        Assert.Equal("relay:hello", hello.Name);
        Assert.Equal("none", client.LastEventId);
        Assert.InRange(client.ReconnectionMs!.Value, 1000, 3000);
        Assert.Equal("cecelia.v1", hello.Data.GetProperty("protocol").GetString());
        Assert.False(hello.Data.GetProperty("wasRecovering").GetBoolean());
        Assert.Equal("""{"status":"live"}""", hello.Data.GetProperty("link").GetRawText());

        SubprotocolMessage snapshot = await client.ReceiveAsync();
        Assert.Equal("relay:snapshot", snapshot.Name);
        Assert.Equal(40, snapshot.Data.GetProperty("tasks")[0].GetProperty("progress").GetInt32());
        Assert.Equal(hello.Data.GetProperty("position").GetString(), client.LastEventId);

        await publisher.PublishAsync(
            """{"event":"task:completed","data":{"taskId":"t1","status":"completed"},"timestamp":"2026-02-06T08:30:00.000Z","project_id":"p1"}""");
        SubprotocolMessage live = await client.ReceiveAsync();
        Assert.Equal(
            $$$"""{"event":"task:completed","data":"""
            + $$$"""{"taskId":"t1","status":"completed"},"timestamp":"2026-02-06T08:30:00.000Z","project_id":"p1","task_id":"t1","id":"{{{live.Id}}}"}""",
            live.Text);
        Assert.Equal(live.Id, client.LastEventId);
        Assert.NotEqual(snapshot.Id, live.Id);
    }

    [Fact]
    public async Task Relay_messages_are_the_same_as_on_a_WebSocket()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventStreamClient client = await ConnectAsync(relay, "?task=quiet");
        await using SubprotocolClient other = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        await other.ReceiveSnapshotAsync();

        relay.Get<Feed>().NoteGap(new Gap(GapCause.Restart) { FromMs = 1, ToMs = 2 });
        relay.Get<Feed>().SetLink(new LinkStatus(false, null, "a test"));
        relay.Get<Feed>().SetLink(new LinkStatus(true, null, null));
        relay.Get<Feed>().Ping();

        foreach (string name in (string[])["relay:gap", "relay:link", "relay:link", "relay:ping"])
        {
            SubprotocolMessage message = await client.ReceiveAsync();
            Assert.Equal(name, message.Name);
            Assert.Equal((await other.ReceiveAsync()).Text, message.Text);
        }

        Assert.Equal(relay.Get<Feed>().Position.ToString(), client.LastEventId);
    }

    [Fact]
    public async Task Burst_to_several_clients_arrives_complete_and_in_order_from_one_buffer()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        EventStreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ConnectAsync(relay)));
        Assert.Equal(1, relay.Get<ViewTable>().Count);
        Task[] received = [.. clients.Select(async client =>
        {
            await client.ReceiveSnapshotAsync();
            for (int i = 0; i < 3000; i++) Assert.Equal(i, (await client.ReceiveAsync(null)).Number);
        })];

        await publisher.PublishAsync(Numbered.Payloads(0, 2900));
        await publisher.PublishAsync(Numbered.Payloads(2900, 100, padding: new string('ü', 10_000)));

        await Task.WhenAll(received).Within();
        foreach (EventStreamClient client in clients) await client.DisposeAsync();
    }

    [Theory]
    [InlineData("?task=t1,t2&events=task:*", "task:created task:started")]
    [InlineData("?project=p1", "task:created end")]
    [InlineData("?events=executor:status&events=end", "executor:status end")]
    [InlineData("", "task:created task:created log executor:status task:started end")]
    public async Task Filter_passes_events_that_match_every_part(string query, string names)
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using EventStreamClient client = await ConnectAsync(relay, query);

        await publisher.PublishAsync(
        [
            """{"event":"task:created","data":{"taskId":"t3"}}""",
            """{"event":"task:created","project_id":"p1","data":{"taskId":"t1"}}""",
            """{"event":"log","data":{"taskId":"t1"}}""",
            """{"event":"executor:status","data":{"activeCount":1}}""",
            """{"event":"task:started","data":{"taskId":"t2"}}""",
            """{"event":"end","project_id":"p1","data":{}}""",
        ]);

        foreach (string name in names.Split(' ')) Assert.Equal(name, (await client.ReceiveAsync(null)).Name);
    }

    [Theory]
    [InlineData("{\n\"event\" : \"e\",\n\"data\" : {\n\"a\":\n[1,\n\n2]\n}\n}")]
    [InlineData("{\r\n\"event\" : \"e\",\r\n\"data\" : {\r\n\"a\":\r\n[1,\r\n\r\n2]\r\n}\r\n}")]
    [InlineData("{\r\"event\" : \"e\",\r\"data\" : {\r\"a\":\r[1,\r\r2]\r}\r}")]
    [InlineData("{\n\r\"event\" : \"e\",\"data\" : {\r\n\n\r\"a\":[1,\r2\n]\r\r\n}\n\r\n}")]
    [InlineData("{\"event\":\"e\",\"data\":{\n\"a\":[\r\n1\r,2]\n}}")]
    public async Task Event_with_several_lines_is_sent_as_one_event(string payload)
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using EventStreamClient client = await ConnectAsync(relay);
        await using SubprotocolClient other = await SubprotocolClient.ConnectAsync(relay.WebSocket);

        await publisher.PublishAsync([payload, Numbered.Payload(1)]);

        SubprotocolMessage message = await client.ReceiveAsync(null);
        Assert.Equal("[1,2]", string.Concat(message.Data.GetProperty("a").GetRawText().Where(c => !char.IsWhiteSpace(c))));
        // The same text except for the line breaks, which the browser converts to line feeds.
        Assert.Equal((await other.ReceiveAsync(null)).Text.ReplaceLineEndings("\n"), message.Text);
        Assert.Equal(1, (await client.ReceiveAsync(null)).Number);
    }

    [Fact]
    public async Task Paused_client_receives_a_gap_and_a_snapshot()
    {
        const int Batch = 100;
        const int LogEvents = 256;
        await using RunningRelay relay = await StartAsync(options => options with
        {
            Fanout = options.Fanout with { BufferBytes = LogEvents * 1024, SendBufferBytes = SmallBuffer },
            Connections = options.Connections with { PingInterval = TimeSpan.Zero },
        });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using EventStreamClient paused = await ConnectAsync(relay, receiveBufferBytes: SmallBuffer);
        Client stalled = await StalledClient.FindAsync(relay);
        await using TestClient other = await relay.ConnectAsync();
        (int events, _) = await StalledClient.FillAsync(
            stalled,
            async published =>
            {
                await publisher.PublishAsync(Enumerable.Range(published, Batch).Select(Payload));
                // The reading client must not lag: wait for it after each part.
                await other.ReceiveEventsAsync(Batch);
                return Batch;
            },
            atLeast: 4 * LogEvents);

        int next = 0;
        long missed = 0;
        SubprotocolMessage? gap = null;
        while (next < events)
        {
            SubprotocolMessage message = await paused.ReceiveAsync();
            switch (message.Name)
            {
                case "relay:gap":
                    Assert.Equal("slow_client", message.Data.GetProperty("cause").GetString());
                    missed += message.Data.GetProperty("missed").GetInt32();
                    next += message.Data.GetProperty("missed").GetInt32();
                    gap = message;
                    break;
                case "relay:snapshot" when gap is not null:
                    Assert.Equal(
                        next - 1,
                        message.Data.GetProperty("tasks").EnumerateArray().Max(task => task.GetProperty("data").GetProperty("n").GetInt32()));
                    break;
                case "task:progress":
                    Assert.Equal(next++, message.Number);
                    break;
            }
        }

        Assert.True(missed > 0, "no event was missed: the client did not lag");
        Assert.Equal(missed, relay.Get<PumpSet>().Missed);

        static string Payload(int n) =>
            $$$"""{"event":"task:progress","data":{"taskId":"t{{{n % 5}}}","n":{{{n}}},"padding":"{{{new string('w', 1000)}}}"}}""";
    }

    [Fact]
    public async Task Stalled_client_is_disconnected_after_the_send_timeout_and_not_earlier()
    {
        var limit = TimeSpan.FromSeconds(8);
        await using RunningRelay relay = await StartAsync(options => options with
        {
            Fanout = options.Fanout with { SendTimeout = limit, SendBufferBytes = SmallBuffer },
            Connections = options.Connections with { PingInterval = TimeSpan.Zero },
        });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using EventStreamClient stalled = await ConnectAsync(relay, receiveBufferBytes: SmallBuffer);

        (_, long lastTaken) = await StalledClient.FillAsync(relay, publisher);

        await relay.WaitForConnectionsAsync(0);
        Assert.Equal([(4001, CloseReason.Stalled)], relay.Logs.Closes);
        Assert.True(Stopwatch.GetElapsedTime(lastTaken) >= limit, $"disconnected after {Stopwatch.GetElapsedTime(lastTaken).TotalSeconds} s");
    }

    [Fact]
    public async Task Shutdown_sends_bye_with_a_retry_delay_and_ends_the_stream_cleanly()
    {
        RunningRelay relay = await StartAsync(options => options with { Connections = options.Connections with { DrainWindow = TimeSpan.FromSeconds(0.3) } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        EventStreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ConnectAsync(relay)));
        foreach (EventStreamClient client in clients) await client.ReceiveSnapshotAsync();
        await publisher.PublishAsync(Numbered.Payloads(0, 100));
        await Eventually.TrueAsync(() => relay.Get<PumpSet>().Delivered == 500);
        Task stopped = relay.DisposeAsync().AsTask();

        foreach (EventStreamClient client in clients)
        {
            for (int i = 0; i < 100; i++) Assert.Equal(i, (await client.ReceiveAsync(null)).Number);
            SubprotocolMessage bye = await client.ReceiveAsync("relay:bye");
            Assert.Equal(("shutting_down", 1001), (bye.Data.GetProperty("reason").GetString(), bye.Data.GetProperty("code").GetInt32()));
            Assert.True(bye.Data.GetProperty("reconnect").GetBoolean());
            Assert.InRange(client.ReconnectionMs!.Value, 0, 1300);
            Assert.Equal(bye.Data.GetProperty("retryAfterMs").GetInt32(), client.ReconnectionMs);
            Assert.Null(await client.ReadAsync());
            await client.DisposeAsync();
        }

        await stopped.Within();
        Assert.Equal(5, relay.Logs.Closes.Count(close => close == (1001, CloseReason.ShuttingDown)));
    }

    [Fact]
    public async Task Client_that_does_not_read_the_bye_delays_shutdown_at_most_by_the_close_timeout()
    {
        await using RunningRelay relay = await StartAsync(options => options with
        {
            Fanout = options.Fanout with { SendBufferBytes = SmallBuffer },
            Connections = options.Connections with { ShutdownGrace = TimeSpan.FromHours(1), CloseTimeout = TimeSpan.FromSeconds(0.5) },
        });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using EventStreamClient mute = await ConnectAsync(relay, receiveBufferBytes: SmallBuffer);
        await StalledClient.FillAsync(relay, publisher);

        // If the grace period decided, this would not end in time.
        await relay.StopAsync();

        Assert.Equal([(1001, CloseReason.ShuttingDown)], relay.Logs.Closes);
    }

    [Fact]
    public async Task Stream_at_its_maximum_age_ends_and_its_connection_is_reusable()
    {
        await using RunningRelay relay =
            await StartAsync(options => options with { Connections = options.Connections with { MaxAge = TimeSpan.FromSeconds(0.5) } });
        await using EventStreamClient client = await ConnectAsync(relay);

        SubprotocolMessage bye = await client.ReceiveAsync("relay:bye");

        Assert.Equal(("max_age", 4004), (bye.Data.GetProperty("reason").GetString(), bye.Data.GetProperty("code").GetInt32()));
        Assert.Equal(bye.Data.GetProperty("retryAfterMs").GetInt32(), client.ReconnectionMs);
        Assert.Null(await client.ReadAsync());
        await relay.WaitForConnectionsAsync(0);
        Assert.Equal([(4004, CloseReason.MaxAge)], relay.Logs.Closes);
        await using EventStreamClient again = await client.ReconnectAsync(relay);
        Assert.True((await again.ReceiveAsync()).Data.GetProperty("recovered").GetBoolean());
    }

    [Fact]
    public async Task Disconnected_clients_are_removed_and_release_everything()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventStreamClient remaining = await ConnectAsync(relay);
        for (int i = 0; i < 20; i++)
        {
            EventStreamClient leaving = await ConnectAsync(relay, string.Create(CultureInfo.InvariantCulture, $"?task=t{i}"));
            if (i % 2 == 0) await leaving.ReceiveAsync();
            await leaving.DisposeAsync();
        }

        await relay.WaitForConnectionsAsync(1);
        await Eventually.TrueAsync(() => relay.Get<ViewTable>().Count == 1);
        Assert.All(relay.Logs.Closes, close => Assert.Equal((1006, CloseReason.PeerGone), close));
    }

    private Task<EventStreamClient> ConnectAsync(RunningRelay relay, string query = "", int receiveBufferBytes = 0) =>
        EventStreamClient.ConnectAsync(relay, query, version: HttpVersion, receiveBufferBytes: receiveBufferBytes);

    private Task<RunningRelay> StartAsync(Func<RelayOptions, RelayOptions>? change = null) => RunningRelay.StartAsync(redis.Url, options =>
    {
        if (Tls) options = options with { Tls = new TlsOptions { CertificateFile = TestCertificate.File } };
        return change?.Invoke(options) ?? options;
    });
}

/// <summary>Directly through the socket, in chunks.</summary>
public sealed class SocketEventStreamTests(RealRedis redis) : EventStreamTests(redis)
{
    private protected override bool Tls => false;

    private protected override Version HttpVersion => System.Net.HttpVersion.Version11;
}

/// <summary>Directly through the socket with HTTP/1.0, which has no chunks; proxies still use it.</summary>
public sealed class Http10EventStreamTests(RealRedis redis) : EventStreamTests(redis)
{
    private protected override bool Tls => false;

    private protected override Version HttpVersion => System.Net.HttpVersion.Version10;
}

/// <summary>Through Kestrel's TLS.</summary>
public sealed class TlsEventStreamTests(RealRedis redis) : EventStreamTests(redis)
{
    private protected override bool Tls => true;

    private protected override Version HttpVersion => System.Net.HttpVersion.Version11;
}

/// <summary>As a stream of an HTTP/2 connection.</summary>
public sealed class Http2EventStreamTests(RealRedis redis) : EventStreamTests(redis)
{
    private protected override bool Tls => true;

    private protected override Version HttpVersion => System.Net.HttpVersion.Version20;
}
