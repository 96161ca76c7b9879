using System.Globalization;
using System.Net;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>History over HTTP</i>: pages of older events.</summary>
public sealed class HistoryEndpointTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Pages_have_every_event_once_and_in_order_as_a_client_received_it()
    {
        await using RunningRelay relay = await StartAsync();
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        await PublishAsync(relay, [.. Enumerable.Range(0, 700).Select(i => Progress(i, i % 3))]);
        var received = new List<string>();
        for (int i = 0; i < 700; i++)
        {
            await client.ReceiveAsync();
            received.Add(client.Position!);
        }

        JsonElement newest = await relay.GetJsonAsync("/api/v1/history?limit=300");
        JsonElement middle = await relay.GetJsonAsync($"/api/v1/history?limit=300&before={Before(newest)}");
        JsonElement oldest = await relay.GetJsonAsync($"/api/v1/history?limit=300&before={Before(middle)}");

        Assert.Equal([300, 300, 100], ((JsonElement[])[newest, middle, oldest]).Select(page => page.GetProperty("events").GetArrayLength()));
        Assert.Equal(received, ((JsonElement[])[oldest, middle, newest]).SelectMany(page => Texts(page, "id")));
        Assert.Null(Before(oldest));
        Assert.All((JsonElement[])[newest, middle, oldest], page => Assert.True(page.GetProperty("complete").GetBoolean()));
        Assert.Equal(received[^1], newest.GetProperty("position").GetString());
        Assert.All(Texts(newest, "received"), time => Assert.True(DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out _)));
        Assert.Equal(399, middle.GetProperty("events")[299].GetProperty("data").GetProperty("n").GetInt32());
        // The snapshot of the client is released a moment later.
        await Eventually.TrueAsync(() => relay.Get<SnapshotMaker>().Budget.Bytes == 0);
    }

    [Fact]
    public async Task Filter_selects_events_and_the_next_page_continues_before_those_that_were_examined()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, [.. Enumerable.Range(0, 40).Select(i => Progress(i, i % 4))]);

        JsonElement newest = await relay.GetJsonAsync("/api/v1/history?task=t1&limit=4");
        JsonElement rest = await relay.GetJsonAsync($"/api/v1/history?task=t1&before={Before(newest)}");

        Assert.Equal([25, 29, 33, 37], Numbers(newest));
        Assert.Equal([1, 5, 9, 13, 17, 21], Numbers(rest));
        Assert.Null(Before(rest));
    }

    [Fact]
    public async Task Page_ends_at_a_gap_and_the_next_one_begins_before_it()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay,
            """{"event":"log","data":{"n":1},"source":"s1","seq":1}""",
            """{"event":"log","data":{"n":2},"source":"s1","seq":7}""",
            """{"event":"log","data":{"n":3},"source":"s1","seq":8}""");

        JsonElement behind = await relay.GetJsonAsync("/api/v1/history");
        JsonElement before = await relay.GetJsonAsync($"/api/v1/history?before={Before(behind)}");

        Assert.Equal([2, 3], Numbers(behind));
        Assert.False(behind.GetProperty("complete").GetBoolean());
        Assert.Equal("publisher_gap", behind.GetProperty("gap").GetProperty("cause").GetString());
        Assert.Equal(5, behind.GetProperty("gap").GetProperty("missed").GetInt32());
        Assert.Equal([1], Numbers(before));
        Assert.True(before.GetProperty("complete").GetBoolean());
        Assert.False(before.TryGetProperty("gap", out _));
    }

    [Fact]
    public async Task Client_resumes_from_the_position_of_a_page_and_receives_every_later_event_once()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, """{"event":"log","data":{"n":1}}""");
        JsonElement page = await relay.GetJsonAsync("/api/v1/history");
        await PublishAsync(relay, """{"event":"log","data":{"n":2}}""");

        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: page.GetProperty("position").GetString());

        Assert.True(client.Hello.GetProperty("recovered").GetBoolean());
        Assert.Equal(2, (await client.ReceiveAsync()).Data.GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task History_before_the_snapshot_and_the_messages_after_it_have_every_event_once()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, [.. Enumerable.Range(0, 5).Select(i => Progress(i, i))]);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        await PublishAsync(relay, Progress(5, 5));
        int live = (await client.ReceiveAsync()).Data.GetProperty("n").GetInt32();

        JsonElement page = await relay.GetJsonAsync($"/api/v1/history?before={client.Hello.GetProperty("position").GetString()}");

        Assert.Equal([0, 1, 2, 3, 4], Numbers(page));
        Assert.Equal(5, live);
    }

    [Fact]
    public async Task Pages_since_a_position_have_only_the_events_behind_it()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, [.. Enumerable.Range(0, 30).Select(i => Progress(i, 1))]);
        string? tenth = Texts(await relay.GetJsonAsync("/api/v1/history"), "id").ElementAt(9);

        JsonElement newest = await relay.GetJsonAsync($"/api/v1/history?since={tenth}&limit=15");
        JsonElement rest = await relay.GetJsonAsync($"/api/v1/history?since={tenth}&limit=15&before={Before(newest)}");

        Assert.Equal(Enumerable.Range(15, 15), Numbers(newest));
        Assert.Equal(Enumerable.Range(10, 5), Numbers(rest));
        Assert.Null(Before(rest));
        Assert.False(newest.TryGetProperty("base", out _));
    }

    [Fact]
    public async Task Base_is_the_state_before_the_events_of_its_pages()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, Progress(0, 1), Progress(1, 2));
        JsonElement page = await relay.GetJsonAsync("/api/v1/history?base");
        JsonElement stateBase = page.GetProperty("base");

        Assert.Equal([0, 1], Numbers(page));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("before").ValueKind);
        Assert.Equal(0, stateBase.GetProperty("tasks").GetArrayLength());
        Assert.Equal(0, stateBase.GetProperty("evicted").GetArrayLength());
        Assert.Equal(600_000, stateBase.GetProperty("silentAfterMs").GetInt32());
        Assert.True(DateTimeOffset.TryParse(stateBase.GetProperty("at").GetString(), CultureInfo.InvariantCulture, out _));
        JsonElement since = await relay.GetJsonAsync($"/api/v1/history?since={stateBase.GetProperty("position").GetString()}");
        Assert.Equal([0, 1], Numbers(since));
        await Eventually.TrueAsync(() => relay.Get<SnapshotMaker>().Budget.Bytes == 0);
    }

    [Fact]
    public async Task Base_that_has_moved_has_the_selected_entities_as_they_were()
    {
        await using RunningRelay relay = await StartAsync(new JournalOptions { Events = 64 });
        await PublishAsync(relay, [.. Enumerable.Range(0, 200).Select(i => Progress(i, i % 4))]);

        JsonElement page = await relay.GetJsonAsync("/api/v1/history?base&task=t1&limit=1000");
        JsonElement near = await relay.GetJsonAsync("/api/v1/history?base=30&limit=1000");
        JsonElement none = await relay.GetJsonAsync("/api/v1/history?base=1");

        int[] numbers = [.. Numbers(page)];
        Assert.InRange(numbers.Length, 10, 16);
        JsonElement task = Assert.Single(page.GetProperty("base").GetProperty("tasks").EnumerateArray());
        Assert.Equal(numbers[0] - 4, task.GetProperty("data").GetProperty("n").GetInt32());
        Assert.InRange(Numbers(near).Count(), 10, 30);
        Assert.Equal(4, near.GetProperty("base").GetProperty("tasks").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, none.GetProperty("base").ValueKind);
    }

    [Fact]
    public async Task Gap_has_the_id_of_its_message_also_if_no_older_event_is_behind_the_base()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, """{"event":"log","data":{"n":1},"source":"s1","seq":1}""");
        string? first = Texts(await relay.GetJsonAsync("/api/v1/history"), "id").Single();
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        await PublishAsync(relay, """{"event":"log","data":{"n":2},"source":"s1","seq":7}""");
        await client.ReceiveAsync("relay:gap");

        JsonElement page = await relay.GetJsonAsync($"/api/v1/history?since={first}");

        Assert.Equal([2], Numbers(page));
        Assert.Equal("publisher_gap", page.GetProperty("gap").GetProperty("cause").GetString());
        Assert.Equal(client.Position, page.GetProperty("gapId").GetString());
        Assert.Null(Before(page));
    }

    [Fact]
    public async Task Empty_journal_has_an_empty_page()
    {
        await using RunningRelay relay = await StartAsync();

        JsonElement page = await relay.GetJsonAsync("/api/v1/history");

        Assert.Equal(0, page.GetProperty("events").GetArrayLength());
        Assert.Null(Before(page));
        Assert.True(page.GetProperty("complete").GetBoolean());
    }

    [Theory]
    [InlineData("?limit=0", 400, "bad_limit")]
    [InlineData("?limit=1001", 400, "bad_limit")]
    [InlineData("?limit=x", 400, "bad_limit")]
    [InlineData("?limit=1&limit=2", 400, "bad_limit")]
    [InlineData("?before=x", 400, "bad_position")]
    [InlineData("?before=", 400, "bad_position")]
    [InlineData("?before=0123456789abcdef-1a1fd0007fb", 404, "position_unknown")]
    [InlineData("?since=x", 400, "bad_position")]
    [InlineData("?since=0123456789abcdef-1a1fd0007fb", 404, "position_unknown")]
    [InlineData("?base=0", 400, "bad_base")]
    [InlineData("?base=x", 400, "bad_base")]
    [InlineData("?base&base", 400, "bad_base")]
    [InlineData("?base&before=0123456789abcdef-1a1fd0007fb", 400, "bad_base")]
    [InlineData("?base&since=0123456789abcdef-1a1fd0007fb", 400, "bad_base")]
    [InlineData("?project=", 400, "bad_filter")]
    public async Task Invalid_request_is_refused_with_a_reason(string query, int status, string error)
    {
        await using RunningRelay relay = await StartAsync();

        (HttpStatusCode code, string body, _) = await relay.GetAsync("/api/v1/history" + query);

        Assert.Equal((status, error), ((int)code, JsonDocument.Parse(body).RootElement.GetProperty("error").GetString()));
    }

    private Task<RunningRelay> StartAsync(JournalOptions? journal = null) =>
        RunningRelay.StartAsync(
            redis.Url,
            options => options with { Redis = options.Redis with { ChannelPrefix = _prefix }, Journal = journal ?? options.Journal });

    private async Task PublishAsync(RunningRelay relay, params string[] payloads)
    {
        long accepted = relay.Get<Ingestor>().Accepted;
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(payloads, _prefix + "events");
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == accepted + payloads.Length);
    }

    private static string Progress(int number, int task) => $$$"""{"event":"task:progress","data":{"taskId":"t{{{task}}}","n":{{{number}}}}}""";

    private static string? Before(JsonElement page) => page.GetProperty("before").GetString();

    private static IEnumerable<string?> Texts(JsonElement page, string field) =>
        page.GetProperty("events").EnumerateArray().Select(item => item.GetProperty(field).GetString());

    private static IEnumerable<int> Numbers(JsonElement page) =>
        page.GetProperty("events").EnumerateArray().Select(item => item.GetProperty("data").GetProperty("n").GetInt32());
}
