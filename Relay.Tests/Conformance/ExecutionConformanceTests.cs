using System.Text.Json;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Tests.Conformance;

/// <summary>The Execution wire format as its document defines it: address, messages and client behavior. PROTOCOL.md, <i>Execution format</i>.</summary>
public sealed class ExecutionConformanceTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    /// <summary>The status message of the document, verbatim.</summary>
    private const string Running =
        """{"type":"status","execution_id":"execution-uuid","status":"running","progress":50,"message":"执行中...","result":"""
        + """null,"error":null,"execution_time":null}""";

    private readonly string _id = Guid.NewGuid().ToString();

    [Fact]
    public async Task Documented_status_message_is_delivered_verbatim()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient page = await PageAsync(_id);

        await publisher.PublishAsync(Of(Running));

        Assert.Equal(Of(Running), await page.ReceiveAsync());
    }

    [Theory]
    [InlineData("""{"event":"status","execution_id":"ID","data":{"status":"running","progress":50,"message":"执行中..."}}""")]
    [InlineData("""{"type":"status","data":{"execution_id":"ID","status":"running","progress":50,"message":"执行中...","error":null}}""")]
    [InlineData("""{"type":"status","status":"running","executionId":"ID","progress":50,"message":"执行中..."}""")]
    public async Task Status_in_another_envelope_becomes_the_same_flat_message(string payload)
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient page = await PageAsync(_id);

        await publisher.PublishAsync(payload.Replace("ID", _id, StringComparison.Ordinal));

        Assert.Equal(Of(Running), await page.ReceiveAsync());
    }

    [Fact]
    public async Task Documented_ping_gets_a_pong()
    {
        await using TestClient page = await PageAsync(_id);

        await page.SendAsync("""{"type": "ping"}""");

        Assert.Equal("""{"type":"pong"}""", await page.ReceiveAsync());
    }

    [Fact]
    public async Task Documented_error_message_is_delivered_without_the_execution_id()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient page = await PageAsync(_id);

        await publisher.PublishAsync($$"""{"type":"error","message":"错误描述","execution_id":"{{_id}}"}""");

        Assert.Equal("""{"type":"error","message":"错误描述"}""", await page.ReceiveAsync());
    }

    [Fact]
    public async Task Page_receives_only_its_execution_and_each_message_has_the_full_status()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient page = await PageAsync(_id), other = await PageAsync(_id + "2");

        await publisher.PublishAsync(
        [
            Status("pending"), $$"""{"type":"status","execution_id":"{{_id}}2","status":"running"}""", Status("running", "\"progress\":10"),
            $$"""{"event":"task:progress","data":{"taskId":"t","progress":1},"execution_id":"{{_id}}"}""",
            Status("running", "\"message\":\"step 2\""), Status("running", "\"progress\":60"),
        ]);

        JsonElement[] messages = [.. (await page.ReceiveEventsAsync(4)).Select(Parse)];
        Assert.Equal(["pending", "running", "running", "running"], messages.Select(message => message.GetProperty("status").GetString()));
        // The page renders each message alone: it would fall back to zero, or lose its text, if a message held only the change.
        Assert.Equal(["null", "10", "10", "60"], messages.Select(message => message.GetProperty("progress").GetRawText()));
        Assert.Equal(["null", "null", "\"step 2\"", "\"step 2\""], messages.Select(message => message.GetProperty("message").GetRawText()));
        Assert.Equal(_id + "2", Parse(await other.ReceiveAsync()).GetProperty("execution_id").GetString());
    }

    [Theory]
    [InlineData("completed", "result", "{\"answer\":42}")]
    [InlineData("failed", "error", "\"节点失败\"")]
    public async Task Page_is_closed_after_the_end_and_a_later_page_receives_the_same(string status, string field, string value)
    {
        int closed = Finished();
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient first = await PageAsync(_id), second = await PageAsync(_id);
        await publisher.PublishAsync(
        [
            Status("running", "\"progress\":90", "2024-01-19T00:00:00Z"), Status(status, $"\"{field}\":{value},\"progress\":100", "2024-01-19T00:00:12.5Z"),
            // Arrives too late to change anything.
            Status("running", "\"progress\":95", "2024-01-19T00:00:11Z"),
        ]);

        string end = (await first.ReceiveEventsAsync(2))[1];
        Assert.Equal(end, (await second.ReceiveEventsAsync(2))[1]);
        Assert.Equal((1000, "the execution has ended"), await first.ReceiveCloseAsync());
        Assert.Equal((1000, "the execution has ended"), await second.ReceiveCloseAsync());
        await using TestClient late = await PageAsync(_id);
        Assert.Equal(end, await late.ReceiveAsync());
        Assert.Equal(1000, (await late.ReceiveCloseAsync()).Code);

        JsonElement message = Parse(end);
        Assert.Equal(
            [status, value, "100", "12.5"],
            [
                message.GetProperty("status").GetString()!,
                message.GetProperty(field).GetRawText(),
                message.GetProperty("progress").GetRawText(),
                message.GetProperty("execution_time").GetRawText(),
            ]);
        await shared.Relay.WaitForConnectionsAsync(0);
        Assert.Equal(closed + 3, Finished());

        int Finished() => shared.Relay.Logs.Closes.Count(close => close == (1000, CloseReason.Finished));
    }

    [Fact]
    public async Task Publishers_execution_time_is_not_replaced()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient page = await PageAsync(_id);

        await publisher.PublishAsync(
            [Status("running", "\"progress\":1", "2024-01-19T00:00:00Z"), Status("completed", "\"execution_time\":7.25", "2024-01-19T00:00:12Z")]);

        Assert.Equal("7.25", Parse((await page.ReceiveEventsAsync(2))[1]).GetProperty("execution_time").GetRawText());
    }

    [Fact]
    public async Task Page_that_connects_midway_receives_the_current_status_and_each_later_one_once()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient before = await PageAsync(_id);
        await publisher.PublishAsync([Status("running", "\"progress\":10"), Status("running", "\"progress\":50,\"message\":\"执行中...\"")]);
        string current = (await before.ReceiveEventsAsync(2))[1];

        await using TestClient page = await PageAsync(_id);
        Assert.Equal(current, await page.ReceiveAsync());
        await publisher.PublishAsync(Status("running", "\"progress\":60"));

        Assert.Equal("60", Parse(await page.ReceiveAsync()).GetProperty("progress").GetRawText());
    }

    [Fact]
    public async Task Restarted_execution_is_followed_to_its_next_end()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient first = await PageAsync(_id);
        await publisher.PublishAsync(Status("failed", "\"error\":\"x\"", "2024-01-19T00:00:01Z"));
        await first.ReceiveCloseAsync();
        await publisher.PublishAsync(Status("running", "\"progress\":1", "2024-01-19T00:00:02Z"));
        await using TestClient state = await shared.Relay.ConnectAsync($"?execution={_id}", options => options.AddSubProtocol("cecelia.v1"));
        await Eventually.TrueAsync(
            async () => (await shared.Relay.GetJsonAsync($"/api/v1/executions/{_id}")).GetProperty("status").GetString() == "running",
            TestTimeouts.Default);

        await using TestClient second = await PageAsync(_id);
        Assert.Equal(["running", "null"], Members(await second.ReceiveAsync(), "status", "error"));
        await publisher.PublishAsync(Status("completed", "\"result\":1", "2024-01-19T00:00:03Z"));

        Assert.Equal(["completed", "null"], Members(await second.ReceiveAsync(), "status", "error"));
        Assert.Equal(1000, (await second.ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task Unknown_execution_receives_an_error_and_no_status_and_stays_connected()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            shared.Redis,
            options => options with { Connections = options.Connections with { UnknownExecution = TimeSpan.FromMilliseconds(200) } });
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient known = await relay.ConnectToAsync($"/api/v1/ws/executions/{_id}-known"),
            page = await relay.ConnectToAsync($"/api/v1/ws/executions/{_id}");
        await publisher.PublishAsync($$"""{"type":"status","execution_id":"{{_id}}-known","status":"running"}""");
        Assert.Equal(["status", "running"], Members(await known.ReceiveAsync(), "type", "status"));

        // The first message says that the execution is unknown; no status precedes it.
        Assert.Equal(["error", "unknown_execution"], Members(await page.ReceiveAsync(), "type", "reason"));
        await publisher.PublishAsync(Status("running"));
        Assert.Equal(["status", "running"], Members(await page.ReceiveAsync(), "type", "status"));

        // A client that received a status does not receive the error; a pong shows that nothing was in flight.
        await Eventually.TrueAsync(() => relay.Connections == 2, TestTimeouts.Default);
        await known.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await known.ReceiveAsync());
    }

    [Fact]
    public async Task Nodes_and_logs_are_included_on_request()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient plain = await PageAsync(_id),
            nodes = await PageAsync(_id + "?include=nodes"),
            both = await PageAsync(_id + "?include=nodes,logs");

        await publisher.PublishAsync(
        [
            $$"""{"event":"node_state_change","data":{"status":"running"},"timestamp":"2024-01-19T00:00:00Z","node_id":"n1","execution_id":"{{_id}}"}""",
            $$"""{"type":"log","data":{"level":"info","text":"第一行"},"timestamp":"2024-01-19T00:00:01Z","execution_id":"{{_id}}"}""",
            $$"""{"event":"error","data":{"error":"boom"},"timestamp":"2024-01-19T00:00:02Z","node_id":"n1","execution_id":"{{_id}}"}""",
            Status("failed", "\"error\":\"boom\""),
        ]);

        string running =
            $$"""{"type":"node","execution_id":"{{_id}}","node_id":"n1","status":"running","data":{"status":"running"},"timestamp":"2024-01-19T00:00:00Z"}""";
        string log = $$"""{"type":"log","execution_id":"{{_id}}","data":{"level":"info","text":"第一行"},"timestamp":"2024-01-19T00:00:01Z"}""";
        string failed =
            $$"""{"type":"node","execution_id":"{{_id}}","node_id":"n1","status":"failed","data":{"error":"boom"},"timestamp":"2024-01-19T00:00:02Z"}""";
        string end = await plain.ReceiveAsync();
        Assert.Equal("failed", Parse(end).GetProperty("status").GetString());
        Assert.Equal([running, failed, end], await nodes.ReceiveEventsAsync(3));
        Assert.Equal([running, log, failed, end], await both.ReceiveEventsAsync(4));
        // A late client also receives the final status of the nodes.
        await using TestClient late = await PageAsync(_id + "?include=nodes");
        Assert.Equal(["node", "n1", "failed"], Members(await late.ReceiveAsync(), "type", "node_id", "status"));
        Assert.Equal(end, await late.ReceiveAsync());
        Assert.Equal(1000, (await late.ReceiveCloseAsync()).Code);
    }

    [Theory]
    [InlineData("\"paused\"", "running", "\"paused\"", "null")]
    [InlineData("\"queued\"", "pending", "null", "null")]
    [InlineData("\"cancelled\"", "failed", "null", "\"cancelled\"")]
    [InlineData("\"done\"", "completed", "\"done\"", "null")]
    public async Task Unmapped_status_is_sent_as_the_nearest_status(string status, string expected, string message, string error)
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient page = await PageAsync(_id);

        await publisher.PublishAsync($$"""{"event":"execution:{{status.Trim('"')}}","data":{},"execution_id":"{{_id}}"}""");

        JsonElement sent = Parse(await page.ReceiveAsync());
        Assert.Equal(
            [expected, message, error],
            [sent.GetProperty("status").GetString()!, sent.GetProperty("message").GetRawText(), sent.GetProperty("error").GetRawText()]);
    }

    [Fact]
    public async Task Escaped_id_is_read_from_the_address()
    {
        string id = $"a/b ü,{_id}";
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient page = await PageAsync(Uri.EscapeDataString(id));

        await publisher.PublishAsync($$"""{"type":"status","execution_id":"{{id}}","status":"running"}""");

        Assert.Equal(id, Parse(await page.ReceiveAsync()).GetProperty("execution_id").GetString());
    }

    [Theory]
    [InlineData("?include=everything", "include must")]
    [InlineData("?events=status", "This address takes no filter")]
    public async Task Unsupported_query_is_refused(string query, string expected)
    {
        await using RawClient client = await RawClient.ConnectAsync(shared.Relay.Port);

        RawResponse response =
            await client.RequestAsync(RawClient.UpgradeRequest().Replace("/ws ", $"/api/v1/ws/executions/{_id}{query} ", StringComparison.Ordinal));

        Assert.Equal(400, response.Status);
        Assert.Equal("bad_filter", Parse(response.Body).GetProperty("error").GetString());
        Assert.Contains(expected, Parse(response.Body).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static JsonElement Parse(string text) => JsonDocument.Parse(text).RootElement;

    private static IEnumerable<string> Members(string text, params string[] names)
    {
        JsonElement message = Parse(text);
        return names.Select(
            name => message.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : message.GetProperty(name).GetRawText());
    }

    private string Of(string message) => message.Replace("execution-uuid", _id, StringComparison.Ordinal);

    private string Status(string status, string more = "", string? timestamp = null) =>
        $$"""{"type":"status","execution_id":"{{_id}}","status":"{{status}}"{{(more.Length > 0 ? "," : "")}}{{more}}"""
        + $$"""{{(timestamp is null ? "" : $",\"timestamp\":\"{timestamp}\"")}}}""";

    private Task<TestClient> PageAsync(string id) => shared.Relay.ConnectToAsync("/api/v1/ws/executions/" + id);

    private Task<EventPublisher> PublisherAsync() => EventPublisher.ConnectAsync(shared.Redis);
}
