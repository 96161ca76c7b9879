using System.Net;
using System.Text.Json;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Event stream</i>: admission, refusals, and that a stream place among the connections.</summary>
public sealed class EventStreamEndpointTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData(null, 200)]
    [InlineData("http://localhost:3000", 200)]
    [InlineData("https://board.example", 200)]
    [InlineData("https://evil.example", 403)]
    [InlineData("null", 403)]
    public async Task Only_allowed_origins_can_read(string? origin, int status)
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { AllowedOrigins = ["https://board.example"] });

        await using EventStreamClient client = await EventStreamClient.ConnectAsync(relay, origin: origin);

        Assert.Equal(status, (int)client.Response.StatusCode);
        Assert.Equal("Origin", client.Response.Headers.Vary.Single());
        Assert.Equal(
            status == 200 ? origin : null,
            client.Response.Headers.TryGetValues("Access-Control-Allow-Origin", out IEnumerable<string>? allowed) ? allowed.Single() : null);
        if (status == 403) await AssertErrorAsync("origin_not_allowed", client.Response);
        Assert.Equal(status == 200 ? 1 : 0, relay.Connections);
    }

    [Theory]
    [InlineData("GET", "?events=a*b", 400, "bad_filter")]
    [InlineData("GET", "?task=", 400, "bad_filter")]
    [InlineData("POST", "", 405, "method_not_allowed")]
    [InlineData("OPTIONS", "?task=", 405, "method_not_allowed")]
    public async Task Invalid_request_gets_a_reason_that_its_page_can_read(string method, string query, int status, string error)
    {
        await using RunningRelay relay = await StartAsync();

        HttpResponseMessage response = await relay.SendAsync(new HttpMethod(method), "/events" + query, origin: "http://localhost:3000");

        Assert.Equal(status, (int)response.StatusCode);
        await AssertErrorAsync(error, response);
        Assert.Equal("http://localhost:3000", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        if (status == 405) Assert.Equal(["GET"], response.Content.Headers.Allow);
        await relay.WaitForConnectionsAsync(0);
    }

    [Fact]
    public async Task Head_is_refused_with_the_allowed_method()
    {
        await using RunningRelay relay = await StartAsync();

        HttpResponseMessage response = await relay.SendAsync(HttpMethod.Head, "/events");

        Assert.Equal(405, (int)response.StatusCode);
        Assert.Equal(["GET"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Stream_gets_503_when_disabled()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { Enabled = false });

        await AssertRefusedAsync(relay, "disabled");
    }

    [Fact]
    public async Task Streams_and_websockets_share_the_connection_limit()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { MaxConnections = 2 });
        await using EventStreamClient stream = await EventStreamClient.ConnectAsync(relay);
        TestClient socket = await relay.ConnectAsync();

        await AssertRefusedAsync(relay, "too_many_connections");
        await using RawClient refused = await RawClient.ConnectAsync(relay.Port);
        Assert.Contains("too_many_connections", (await refused.RequestAsync(RawClient.UpgradeRequest())).Body, StringComparison.Ordinal);

        await socket.DisposeAsync();
        await relay.WaitForConnectionsAsync(1);
        await using EventStreamClient admitted = await EventStreamClient.ConnectAsync(relay);
        Assert.Equal(HttpStatusCode.OK, admitted.Response.StatusCode);
    }

    [Fact]
    public async Task Streams_count_towards_the_limit_per_address()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { MaxConnectionsPerAddress = 1 });
        EventStreamClient stream = await EventStreamClient.ConnectAsync(relay);

        await AssertRefusedAsync(relay, "too_many_from_address");

        await stream.DisposeAsync();
        await relay.WaitForConnectionsAsync(0);
        await relay.ConnectRawAsync();
        await AssertRefusedAsync(relay, "too_many_from_address");
    }

    [Fact]
    public async Task Stream_is_refused_while_snapshots_exceed_their_bound()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Fanout = options.Fanout with { SnapshotBytes = 1 } });
        TimelineReader feed = relay.Get<TimelineReader>();
        View view = feed.Acquire(new ViewKind(Filter.None, WireFormat.Subprotocol, FrameEncoding.Plain))!;
        StartPoint? held = await feed.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None);

        await AssertRefusedAsync(relay, "overloaded");
        await relay.WaitForConnectionsAsync(0);
        held!.Snapshot!.Release();
        feed.Release(view);
    }

    [Fact]
    public async Task New_filter_is_refused_while_the_filters_use_all_their_memory()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Fanout = options.Fanout with { FilterBytes = 300 } });
        await using RawClient holds = await RawClient.ConnectAsync(relay.Port);
        Assert.Equal(101, (await holds.RequestAsync(RawClient.UpgradeRequest("/ws?task=t1,t2,t3"))).Status);

        await using RawClient another = await RawClient.ConnectAsync(relay.Port);
        RawResponse refused = await another.RequestAsync(RawClient.UpgradeRequest("/ws?task=t1,t2"));
        await using EventStreamClient stream = await EventStreamClient.ConnectAsync(relay, query: "?task=t4");

        Assert.Equal(503, refused.Status);
        Assert.Contains("CECELIA_FILTER_BYTES", refused.Body, StringComparison.Ordinal);
        Assert.Equal(503, (int)stream.Response.StatusCode);
        await relay.WaitForConnectionsAsync(1);
    }

    [Fact]
    public async Task Stream_is_refused_during_shutdown()
    {
        await using RunningRelay relay =
            await StartAsync(connections => connections with { CloseTimeout = TimeSpan.FromSeconds(20), ShutdownGrace = TimeSpan.FromSeconds(20) });
        await using RawClient delaysShutdown = await relay.ConnectRawAsync();
        await using RawClient late = await RawClient.ConnectAsync(relay.Port);

        Task stopped = relay.StopAsync();
        Assert.Null(await delaysShutdown.ReadAsync());

        RawResponse refused = await late.RequestAsync("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        Assert.Equal(503, refused.Status);
        Assert.Contains("shutting_down", refused.Body, StringComparison.Ordinal);
        Assert.True(refused.Headers.ContainsKey("Retry-After"));
        await delaysShutdown.DisposeAsync();
        await stopped;
    }

    [Fact]
    public async Task Hundred_clients_with_one_filter_share_one_view()
    {
        await using RunningRelay relay = await StartAsync();
        EventStreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => EventStreamClient.ConnectAsync(relay, "?project=p1")));
        Assert.Equal(100, relay.Connections);
        Assert.Equal(1, relay.Get<ViewTable>().Count);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);

        await publisher.PublishAsync("""{"event":"e","project_id":"p1","data":{"n":1}}""");

        foreach (EventStreamClient client in clients)
        {
            Assert.Equal(1, (await client.ReceiveAsync(null)).Number);
            await client.DisposeAsync();
        }

        await relay.WaitForConnectionsAsync(0);
        await Eventually.TrueAsync(() => relay.Get<ViewTable>().Count == 0);
    }

    [Fact]
    public async Task Vanished_peers_leave_no_connections_and_no_errors()
    {
        await using RunningRelay relay = await StartAsync();
        byte[] request = Encoding.ASCII.GetBytes("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        for (int i = 0; i < 100; i++)
        {
            await using RawClient client = await RawClient.ConnectAsync(relay.Port);
            await client.SendAsync(request);
            // At any stage: before the relay has read the request, during the greeting, or as an established stream.
            if (i % 3 == 0) await relay.WaitForConnectionsAsync(1);
            client.Reset();
            if (i % 3 == 0) await relay.WaitForConnectionsAsync(0);
        }

        await using EventStreamClient healthy = await EventStreamClient.ConnectAsync(relay);
        Assert.Equal("relay:hello", (await healthy.ReceiveAsync()).Name);
        await relay.WaitForConnectionsAsync(1);
    }

    [Fact]
    public async Task Connection_closes_after_its_stream_as_the_response_says()
    {
        await using RunningRelay relay = await StartAsync(
            connections => connections with { MaxAge = TimeSpan.FromSeconds(0.3), Sockets = SocketTransport.Epoll });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse stream = await client.RequestAsync("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

        Assert.Equal("close", stream.Headers["Connection"]);
        Assert.Equal("chunked", stream.Headers["Transfer-Encoding"]);
        Assert.Contains("relay:bye", stream.Body, StringComparison.Ordinal);
        Assert.Empty(await client.ReadToEndAsync());
        await relay.WaitForConnectionsAsync(0);
        Assert.Equal((4004, CloseReason.MaxAge), Assert.Single(relay.Logs.Closes));
    }

    [Fact]
    public async Task Connection_serves_the_next_request_after_a_stream_ends_over_the_sockets_of_Kestrel()
    {
        await using RunningRelay relay = await StartAsync(
            connections => connections with { MaxAge = TimeSpan.FromSeconds(0.3), Sockets = SocketTransport.Kestrel });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        for (int i = 0; i < 3; i++)
        {
            RawResponse stream = await client.RequestAsync("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            Assert.Equal("chunked", stream.Headers["Transfer-Encoding"]);
            Assert.EndsWith("}\n\n", stream.Body, StringComparison.Ordinal);
            Assert.Contains("relay:bye", stream.Body, StringComparison.Ordinal);
            Assert.Contains("\"ok\"", (await client.RequestAsync("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Body, StringComparison.Ordinal);
        }

        await relay.WaitForConnectionsAsync(0);
        Assert.All(relay.Logs.Closes, close => Assert.Equal((4004, CloseReason.MaxAge), close));
    }

    private static async Task AssertRefusedAsync(RunningRelay relay, string error)
    {
        await using EventStreamClient refused = await EventStreamClient.ConnectAsync(relay);
        Assert.Equal(503, (int)refused.Response.StatusCode);
        Assert.InRange(refused.Response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
        await AssertErrorAsync(error, refused.Response);
    }

    private static async Task AssertErrorAsync(string error, HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        using JsonDocument document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync()).Within();
        JsonElement body = document.RootElement;
        Assert.Equal(error, body.GetProperty("error").GetString());
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
    }

    private Task<RunningRelay> StartAsync(Func<ConnectionOptions, ConnectionOptions>? change = null) => RunningRelay.StartAsync(
        redis.Url,
        options => options with { Connections = change?.Invoke(options.Connections) ?? options.Connections });
}
