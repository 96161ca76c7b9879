using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>State over HTTP</i>: the response, and resuming from its position.</summary>
public sealed class StateEndpointTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private static readonly string[] Sections = ["tasks", "executor", "executions", "nodes", "agents", "projects"];

    [Fact]
    public async Task State_has_every_section_and_its_position()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await PublishAsync(relay,
            """{"event":"task:progress","data":{"taskId":"t1","status":"running","progress":40,"title":"ü"},"project_id":"p1"}""",
            """{"event":"task:completed","data":{"taskId":"t2","status":"completed"}}""",
            """{"event":"executor:status","data":{"activeCount":1,"availableSlots":4}}""",
            """{"type":"status","execution_id":"e1","status":"running","progress":5}""",
            """{"event":"node_state_change","data":{"status":"running"},"node_id":"n1","execution_id":"e1"}""",
            """{"type":"agent_spawned","project_id":"p1","data":{"agent_id":"a1","status":"idle"}}""",
            """{"type":"plan_generated","project_id":"p1","data":{"steps":[1,2]}}""");

        (HttpStatusCode status, string body, HttpResponseMessage response) = await relay.GetAsync("/api/v1/state");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        JsonElement state = JsonDocument.Parse(body).RootElement;
        Assert.Equal(["position", "timestamp", "link", .. Sections], state.EnumerateObject().Select(member => member.Name));
        Assert.Equal(relay.Get<Feed>().Position.ToString(), state.GetProperty("position").GetString());
        Assert.Equal(state.GetProperty("position").GetString(), response.Headers.GetValues("Cecelia-Position").Single());
        Assert.True(DateTimeOffset.TryParse(state.GetProperty("timestamp").GetString(), CultureInfo.InvariantCulture, out _));
        Assert.Equal("""{"status":"live"}""", state.GetProperty("link").GetRawText());
        Assert.Equal(["t2", "t1"], Ids(state, "tasks"));
        Assert.Equal("ü", state.GetProperty("tasks")[1].GetProperty("data").GetProperty("title").GetString());
        Assert.Equal(["", "e1", "n1", "a1", "p1"], Sections[1..].SelectMany(section => Ids(state, section)));
    }

    [Fact]
    public async Task Task_last_updated_before_a_gap_is_uncertain_everywhere()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await PublishAsync(relay,
            """{"event":"task:started","data":{"taskId":"t1"},"source":"s1","seq":1}""",
            """{"event":"task:started","data":{"taskId":"t2"},"source":"s1","seq":7}""");

        JsonElement state = await relay.GetJsonAsync("/api/v1/state");
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        Dictionary<string, JsonElement> snapshot = (await client.ReceiveSnapshotAsync())["tasks"];

        Assert.Equal(["t1"], state.GetProperty("tasks").EnumerateArray().Where(IsUncertain).Select(task => task.GetProperty("id").GetString()));
        Assert.Equal(["t1"], snapshot.Keys.Where(id => IsUncertain(snapshot[id])));
        Assert.True(IsUncertain(await relay.GetJsonAsync("/api/v1/tasks/t1")));

        static bool IsUncertain(JsonElement entity) => entity.TryGetProperty("uncertain", out JsonElement value) && value.GetBoolean();
    }

    [Fact]
    public async Task Empty_state_has_every_section_and_a_position()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);

        JsonElement state = await relay.GetJsonAsync("/api/v1/state");

        Assert.All(Sections, section => Assert.Empty(Ids(state, section)));
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: state.GetProperty("position").GetString());
        Assert.True(client.Hello.GetProperty("recovered").GetBoolean());
    }

    [Theory]
    [InlineData("?project=p1", "t1 e1")]
    [InlineData("?task=t1,t3", "t1 t3")]
    [InlineData("?execution=e1&execution=e2", "t3 e1")]
    [InlineData("?events=task:*", "t1 t2 t3")]
    [InlineData("?events=status&project=p1", "e1")]
    [InlineData("?project=nowhere", "")]
    public async Task State_accepts_the_filters_of_a_connection(string query, string ids)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await PublishAsync(relay,
            """{"event":"task:created","data":{"taskId":"t1"},"project_id":"p1"}""",
            """{"event":"task:created","data":{"taskId":"t2"},"project_id":"p2"}""",
            """{"event":"task:created","data":{"taskId":"t3","execution_id":"e1"}}""",
            """{"event":"status","data":{"status":"running"},"execution_id":"e1","project_id":"p1"}""");

        JsonElement state = await relay.GetJsonAsync("/api/v1/state" + query);

        Assert.Equal(ids, string.Join(' ', Sections.SelectMany(section => Ids(state, section))));
    }

    [Fact]
    public async Task Client_that_resumes_from_the_state_under_load_gets_every_event_once()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        const int Events = 4000, Tasks = 7, Clients = 12;
        Task publishing = Task.Run(async () =>
        {
            await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
            for (int i = 0; i < Events; i += 20) await publisher.PublishAsync(Enumerable.Range(i, 20).Select(Payload));
        });

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted >= i * Events / Clients, TestTimeouts.Default);
            JsonElement state = await relay.GetJsonAsync("/api/v1/state");
            int[] numbers = [.. state.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("data").GetProperty("n").GetInt32()).Order()];
            int last = numbers.Length == 0 ? -1 : numbers[^1];
            // A consistent moment: the newest event of each task.
            Assert.Equal(Enumerable.Range(last + 1 - numbers.Length, numbers.Length), numbers);

            await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: state.GetProperty("position").GetString());
            Assert.True(client.Hello.GetProperty("recovered").GetBoolean());
            while (last < Events - 1) Assert.Equal(++last, (await client.ReceiveAsync()).Number);
            Assert.Null(client.Snapshot);
        })).Within();
        await publishing.Within();

        static string Payload(int n) => $$$"""{"event":"task:progress","data":{"taskId":"t{{{n % Tasks}}}","n":{{{n}}}}}""";
    }

    [Theory]
    [InlineData("tasks", "t1", """{"event":"task:created","data":{"taskId":"t1"}}""")]
    [InlineData("tasks", "a/b c%2F?ü", """{"event":"task:created","data":{"taskId":"a/b c%2F?ü"}}""")]
    [InlineData("executions", "e1", """{"event":"status","data":{"status":"pending"},"execution_id":"e1"}""")]
    public async Task Single_task_or_execution_equals_its_entry_in_the_state(string section, string id, string payload)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await PublishAsync(relay, payload);

        (HttpStatusCode status, string body, HttpResponseMessage response) = await relay.GetAsync($"/api/v1/{section}/{Uri.EscapeDataString(id)}?x=/");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((await relay.GetJsonAsync("/api/v1/state")).GetProperty(section)[0].GetRawText(), body);
        Assert.Equal(id, JsonDocument.Parse(body).RootElement.GetProperty("id").GetString());
        Assert.Equal(relay.Get<Feed>().Position.ToString(), response.Headers.GetValues("Cecelia-Position").Single());
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
    }

    [Theory]
    [InlineData("GET", "/api/v1/tasks/e1", 404, "unknown_task")]
    [InlineData("GET", "/api/v1/executions/t1", 404, "unknown_execution")]
    [InlineData("GET", "/api/v1/tasks/%FF", 404, "unknown_task")]
    [InlineData("GET", "/api/v1/tasks/", 404, "not_found")]
    [InlineData("GET", "/api/v1/state?task=", 400, "bad_filter")]
    [InlineData("GET", "/api/v1/state?events=a*b", 400, "bad_filter")]
    [InlineData("POST", "/api/v1/state", 405, "method_not_allowed")]
    [InlineData("DELETE", "/api/v1/tasks/t1", 405, "method_not_allowed")]
    public async Task Invalid_request_gets_a_reason(string method, string path, int status, string error)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await PublishAsync(
            relay, """{"event":"task:created","data":{"taskId":"t1"}}""", """{"event":"status","data":{"status":"pending"},"execution_id":"e1"}""");

        HttpResponseMessage response = await relay.SendAsync(new HttpMethod(method), path);

        Assert.Equal(status, (int)response.StatusCode);
        JsonElement body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(error, body.GetProperty("error").GetString());
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
        if (status == 405) Assert.Equal(["GET"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Task_with_the_longest_id_is_found_and_a_longer_id_is_unknown()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        string longest = string.Concat(Enumerable.Repeat("ü", 128));
        await PublishAsync(relay, $$$"""{"event":"task:created","data":{"taskId":"{{{longest}}}"}}""");

        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/api/v1/tasks/" + Uri.EscapeDataString(longest))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await relay.GetAsync("/api/v1/tasks/" + Uri.EscapeDataString(longest + "x"))).Status);
    }

    [Theory]
    [InlineData(null, 200)]
    [InlineData("http://localhost:3000", 200)]
    [InlineData("https://board.example", 200)]
    [InlineData("https://evil.example", 403)]
    public async Task Only_allowed_origins_can_read(string? origin, int status)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Connections = options.Connections with { AllowedOrigins = ["https://board.example"] } });

        HttpResponseMessage response = await relay.SendAsync(HttpMethod.Get, "/api/v1/state", origin);

        Assert.Equal(status, (int)response.StatusCode);
        bool granted = response.Headers.TryGetValues("Access-Control-Allow-Origin", out IEnumerable<string>? allowed);
        Assert.Equal(status == 200 ? origin : null, granted ? allowed!.Single() : null);
        Assert.Equal(
            granted,
            response.Headers.TryGetValues("Access-Control-Expose-Headers", out IEnumerable<string>? exposed) && exposed.Single() == "Cecelia-Position");
    }

    [Fact]
    public async Task State_is_refused_while_snapshots_exceed_their_bound()
    {
        const int SmallBuffer = 8 * 1024;
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url, options => options with
            {
                Fanout = options.Fanout with { SnapshotBytes = 1, SendBufferBytes = SmallBuffer, SendTimeout = TimeSpan.FromHours(1) },
            });
        // Far more than the buffers of a stalled client hold, so that its snapshot stays in memory.
        string note = new('x', 50_000);
        await PublishAsync(
            relay,
            [.. Enumerable.Range(0, 100).Select(i => $$$"""{"event":"task:created","data":{"taskId":"t{{{i}}}","note":"{{{note}}}"}}""")]);
        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/api/v1/state")).Status);
        // The response is complete before its memory is released.
        await Eventually.TrueAsync(() => relay.Get<TimelineReader>().SnapshotBytes == 0);
        await using RawClient holds = await RawClient.ConnectAsync(relay.Port, SmallBuffer);
        await holds.SendAsync(Encoding.ASCII.GetBytes(RawClient.UpgradeRequest(("Sec-WebSocket-Protocol", "cecelia.v1"))));
        await Eventually.TrueAsync(() => relay.Connections == 1 && relay.Get<TimelineReader>().SnapshotBytes >= 100 * note.Length);

        (HttpStatusCode status, string body, HttpResponseMessage response) = await relay.GetAsync("/api/v1/state");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("overloaded", JsonDocument.Parse(body).RootElement.GetProperty("error").GetString());
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
    }

    [Fact]
    public async Task Stalled_reader_is_aborted_after_the_send_timeout_and_releases_its_memory()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Fanout = options.Fanout with { SendTimeout = TimeSpan.FromSeconds(0.5) } });
        // More than the kernel buffers for a client that does not read.
        string note = new('x', 50_000);
        await PublishAsync(
            relay,
            [.. Enumerable.Range(0, 400).Select(i => $$$"""{"event":"task:created","data":{"taskId":"t{{{i}}}","note":"{{{note}}}"}}""")]);
        await using RawClient reader = await RawClient.ConnectAsync(relay.Port, receiveBufferBytes: 8 * 1024);

        await reader.SendAsync(Encoding.ASCII.GetBytes("GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));

        await Eventually.TrueAsync(() => relay.Get<TimelineReader>().SnapshotBytes >= 400 * note.Length);
        await Eventually.TrueAsync(() => relay.Get<TimelineReader>().SnapshotBytes == 0);
    }

    private static IEnumerable<string> Ids(JsonElement state, string section) =>
        state.GetProperty(section).EnumerateArray().Select(entity => entity.GetProperty("id").GetString()!);

    private async Task PublishAsync(RunningRelay relay, params string[] payloads)
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(payloads);
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == payloads.Length, TestTimeouts.Default);
    }
}
