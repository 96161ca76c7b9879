using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cecelia.Relay.Tests.Access;

/// <summary>Events and entities that a token does not include are not sent in any way, and look like those that do not exist.</summary>
public sealed class AccessLeakTests(GuardedRelay guarded) : IClassFixture<GuardedRelay>
{
    private static int s_number;

    private string OfFirst => guarded.Issuer.Issue(TokenIssuer.OfProjects("read", false, "p1"));

    private string OfFirstAndShared => guarded.Issuer.Issue(TokenIssuer.OfProjects("read", true, "p1"));

    [Fact]
    public async Task Live_events_are_those_of_the_projects_of_the_token()
    {
        await using SubprotocolClient client = await ConnectAsync(OfFirst);
        await using SubprotocolClient shared = await ConnectAsync(OfFirstAndShared);
        await client.ReceiveSnapshotAsync();
        await shared.ReceiveSnapshotAsync();

        int[] numbers = await PublishAsync("p2", null, "p1");

        Assert.Equal(numbers[2], (await client.ReceiveAsync(null)).Number);
        Assert.Equal(numbers[1], (await shared.ReceiveAsync(null)).Number);
        Assert.Equal(numbers[2], (await shared.ReceiveAsync(null)).Number);
    }

    [Theory]
    [InlineData("/ws?format=tasktree")]
    [InlineData("/ws?project=p1,p2")]
    [InlineData("/ws")]
    [InlineData("/ws/projects/p1")]
    public async Task Plain_clients_get_the_same_part_whatever_they_ask_for(string address)
    {
        await using TestClient client = await ConnectPlainAsync(address, OfFirst);

        int[] numbers = await PublishAsync("p2", null, "p1");

        Assert.Contains($"\"n\":{numbers[2]}", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/ws/projects/p2")]
    [InlineData("/ws?project=p2")]
    public async Task Page_of_another_project_is_empty_like_that_of_an_unknown_one(string address)
    {
        await using TestClient other = await ConnectPlainAsync(address, OfFirst);
        await using TestClient unknown = await ConnectPlainAsync(address.Replace("p2", "unknown", StringComparison.Ordinal), OfFirst);

        await PublishAsync("p2", null, "p1");
        foreach (TestClient client in (TestClient[])[other, unknown]) await client.SendAsync("""{"type":"ping"}""");

        Assert.Contains("pong", await other.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Contains("pong", await unknown.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_of_another_execution_is_like_that_of_an_unknown_one()
    {
        await using TestClient other = await ConnectPlainAsync("/api/v1/ws/executions/e2", OfFirst);
        await using TestClient own = await ConnectPlainAsync("/api/v1/ws/executions/e1", OfFirst);

        await guarded.PublishAsync("""{"event":"status","data":{"execution_id":"e2","status":"running","progress":9},"project_id":"p2"}""");
        await other.SendAsync("""{"type":"ping"}""");

        Assert.Contains("\"execution_id\":\"e1\"", await own.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Contains("pong", await other.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshot_and_state_have_only_entities_of_the_token()
    {
        await using SubprotocolClient client = await ConnectAsync(OfFirst);
        await using SubprotocolClient shared = await ConnectAsync(OfFirstAndShared);

        Dictionary<string, Dictionary<string, JsonElement>> snapshot = await client.ReceiveSnapshotAsync();
        RawResponse state = await guarded.AskAsync("/api/v1/state", OfFirst);

        Assert.Equal(["t1"], snapshot["tasks"].Keys);
        Assert.Equal(["e1"], snapshot["executions"].Keys);
        Assert.Equal(["t0", "t1"], (await shared.ReceiveSnapshotAsync())["tasks"].Keys.Where(id => id is "t0" or "t1" or "t2").Order());
        Assert.Contains("of-p1", state.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("of-p2", state.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("of-none", state.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/tasks/", "t1", "t2")]
    [InlineData("/api/v1/executions/", "e1", "e2")]
    public async Task Entity_of_another_project_is_answered_like_an_unknown_one(string path, string own, string other)
    {
        RawResponse hidden = await guarded.AskAsync(path + other, OfFirst);
        RawResponse unknown = await guarded.AskAsync(path + "unknown", OfFirst);

        Assert.Equal(200, (await guarded.AskAsync(path + own, OfFirst)).Status);
        Assert.Equal(404, hidden.Status);
        Assert.Equal(unknown.Body, hidden.Body);
        Assert.Equal(unknown.Headers.Keys.Order(), hidden.Headers.Keys.Order());
    }

    [Fact]
    public async Task Resume_sends_and_counts_only_what_the_token_includes()
    {
        string position;
        await using (SubprotocolClient before = await ConnectAsync(OfFirst))
        {
            await before.ReceiveSnapshotAsync();
            position = before.Position!;
        }

        int[] numbers = await PublishAsync("p2", "p1", "p2", null, "p1");
        await using SubprotocolClient after = await ConnectAsync(OfFirst, since: position);

        Assert.True(after.Hello.GetProperty("recovered").GetBoolean());
        Assert.Equal(2, after.Hello.GetProperty("missed").GetInt32());
        Assert.Equal(numbers[1], (await after.ReceiveAsync(null)).Number);
        Assert.Equal(numbers[4], (await after.ReceiveAsync(null)).Number);
    }

    [Theory]
    [InlineData("read", false)]
    [InlineData("command", true)]
    public async Task Gap_names_its_publisher_except_to_readers(string role, bool hasSource)
    {
        string source = "publisher-" + Guid.NewGuid().ToString("n");
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(TokenIssuer.OfProjects(role, false, "p1")));
        await client.ReceiveSnapshotAsync();

        await guarded.PublishAsync(
            $$"""{"event":"tick","source":"{{source}}","seq":1,"project_id":"p2"}""", $$"""{"event":"tick","source":"{{source}}","seq":5,"project_id":"p2"}""");
        SubprotocolMessage gap = await client.ReceiveAsync("relay:gap");

        Assert.Equal("publisher_gap", gap.Data.GetProperty("cause").GetString());
        Assert.Equal(hasSource, gap.Text.Contains(source, StringComparison.Ordinal));
        Assert.Equal(hasSource, gap.Data.TryGetProperty("fromSeq", out _));
        Assert.Equal(hasSource ? JsonValueKind.Number : JsonValueKind.Null, gap.Data.GetProperty("missed").ValueKind);
    }

    [Theory]
    [InlineData("read", false)]
    [InlineData("command", true)]
    public async Task History_has_the_projects_of_the_token_and_names_publishers_except_to_readers(string role, bool hasSource)
    {
        string token = guarded.Issuer.Issue(TokenIssuer.OfProjects(role, false, "p1"));
        string source = "publisher-" + Guid.NewGuid().ToString("n");
        await guarded.PublishAsync(
            $$"""{"event":"tick","source":"{{source}}","seq":1,"project_id":"p2"}""",
            $$"""{"event":"tick","source":"{{source}}","seq":5,"project_id":"p2"}""",
            $$$"""{"event":"tick","data":{"of":"{{{source}}}"},"project_id":"p1"}""");

        RawResponse page = await guarded.AskAsync("/api/v1/history?limit=10", token);

        JsonElement root = JsonDocument.Parse(page.Body).RootElement;
        JsonElement only = Assert.Single(root.GetProperty("events").EnumerateArray());
        Assert.Equal(source, only.GetProperty("data").GetProperty("of").GetString());
        JsonElement gap = root.GetProperty("gap");
        Assert.Equal(hasSource, gap.TryGetProperty("source", out _));
        Assert.Equal(hasSource, gap.TryGetProperty("fromSeq", out _));
        Assert.Equal(hasSource ? JsonValueKind.Number : JsonValueKind.Null, gap.GetProperty("missed").ValueKind);
    }

    [Fact]
    public async Task Minutes_have_the_projects_of_the_token_and_no_sums_of_others()
    {
        JsonElement limited = await MinutesAsync(TokenIssuer.OfProjects("read", false, "p1"));
        JsonElement shared = await MinutesAsync(TokenIssuer.OfProjects("read", true, "p1"));
        JsonElement everything = await MinutesAsync(TokenIssuer.Everything("read"));
        JsonObject ofExecution = TokenIssuer.Everything("read");
        ofExecution["executions"] = new JsonArray("e1");
        JsonObject ofNames = TokenIssuer.Everything("read");
        ofNames["events"] = new JsonArray("task:*");

        Assert.Equal(["p1"], Projects(limited));
        Assert.Equal(["p1"], Projects(shared));
        Assert.Equal(["p1", "p2"], Projects(everything));
        Assert.All((string[])["all", "others", "none", "slots"], name => Assert.False(limited.TryGetProperty(name, out _)));
        Assert.False(shared.TryGetProperty("all", out _));
        Assert.True(shared.TryGetProperty("none", out _) && shared.TryGetProperty("slots", out _));
        Assert.True(everything.TryGetProperty("all", out _) && everything.TryGetProperty("none", out _));
        Assert.Equal((true, true, false), (IsLimited(limited), IsLimited(shared), IsLimited(everything)));
        foreach (JsonObject partial in (JsonObject[])[ofExecution, ofNames])
        {
            JsonElement nothing = await MinutesAsync(partial);
            Assert.Empty(Projects(nothing));
            Assert.True(IsLimited(nothing));
            Assert.False(nothing.TryGetProperty("all", out _) || nothing.TryGetProperty("none", out _));
        }

        Assert.Empty(Projects(await MinutesAsync(TokenIssuer.OfProjects("read", false, "p1"), "&project=p2")));

        async Task<JsonElement> MinutesAsync(JsonObject claim, string query = "") =>
            JsonDocument.Parse((await guarded.AskAsync("/api/v1/minutes?minutes=60" + query, guarded.Issuer.Issue(claim))).Body).RootElement;
        static string[] Projects(JsonElement page) =>
            [.. page.GetProperty("projects").EnumerateObject().Select(one => one.Name).Where(name => name is "p1" or "p2")];
        static bool IsLimited(JsonElement page) => page.GetProperty("limited").GetBoolean();
    }

    [Theory]
    [InlineData("events", "task:*", "task:created", "log")]
    [InlineData("events", "log", "log", "task:created")]
    [InlineData("executions", "e1", "e1", "e2")]
    public async Task Other_lists_limit_too(string list, string value, string visible, string hidden)
    {
        JsonObject claim = TokenIssuer.Everything("read");
        claim[list] = new JsonArray(value);
        await using TestClient client = await ConnectPlainAsync("/ws", guarded.Issuer.Issue(claim));
        string Event(string part) => list == "events"
            ? $$$"""{"event":"{{{part}}}","data":{"taskId":"t9","part":"{{{part}}}"}}"""
            : $$$"""{"event":"tick","data":{"part":"{{{part}}}"},"execution_id":"{{{part}}}"}""";

        await guarded.PublishAsync(Event(hidden), Event(visible));

        Assert.Contains($"\"part\":\"{visible}\"", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("projects")]
    [InlineData("executions")]
    [InlineData("events")]
    public async Task Absent_list_grants_nothing(string list)
    {
        JsonObject claim = TokenIssuer.Everything("read");
        claim["shared"] = false;
        claim.Remove(list);
        await using TestClient client = await ConnectPlainAsync("/ws", guarded.Issuer.Issue(claim));

        await PublishAsync("p1", null);
        await client.SendAsync("""{"cmd":"ping"}""");

        Assert.Contains("pong", await client.ReceiveAsync(), StringComparison.Ordinal);
        RawResponse state = await guarded.AskAsync("/api/v1/state", guarded.Issuer.Issue(claim.DeepClone().AsObject()));
        Assert.DoesNotContain("of-", state.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readiness_gives_reasons_to_administrators_only()
    {
        string admin = guarded.Issuer.Issue(TokenIssuer.Everything("admin"));
        string command = guarded.Issuer.Issue(TokenIssuer.Everything("command"));

        Assert.Contains("\"why\"", (await guarded.AskAsync("/readyz", admin)).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"why\"", (await guarded.AskAsync("/readyz", command)).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"why\"", (await guarded.AskAsync("/readyz")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_have_no_names_of_projects_publishers_and_users()
    {
        string metrics = (await guarded.AskAsync("/metrics", guarded.Issuer.Issue(TokenIssuer.Everything("admin"), user: "user-in-no-label"))).Body;

        Assert.Contains("relay_access_refused_total", metrics, StringComparison.Ordinal);
        foreach (string name in (string[])["user-in-no-label", "brain-1", "\"p1\"", "\"t1\"", "127.0.0.1"])
            Assert.DoesNotContain(name, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hello_has_the_rights()
    {
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(TokenIssuer.Everything("command"), user: "grace"));

        JsonElement access = client.Hello.GetProperty("access");

        Assert.Equal("grace", access.GetProperty("user").GetString());
        Assert.Equal("command", access.GetProperty("role").GetString());
        Assert.InRange(access.GetProperty("expiresInMs").GetInt64(), 1, 300_000);
    }

    private Task<SubprotocolClient> ConnectAsync(string token, string? since = null) =>
        SubprotocolClient.ConnectAsync(guarded.Relay.WebSocket, since: since, token: token);

    private Task<TestClient> ConnectPlainAsync(string address, string token) =>
        guarded.Relay.ConnectToAsync(address, options => options.SetRequestHeader("Authorization", "Bearer " + token));

    /// <summary>Publishes one numbered event for each project; null omits the project. Returns the numbers.</summary>
    private async Task<int[]> PublishAsync(params string?[] projects)
    {
        int[] numbers = [.. projects.Select(_ => Interlocked.Increment(ref s_number))];
        await guarded.PublishAsync([.. projects.Zip(numbers).Select(pair =>
            $$$"""{"event":"tick","data":{"n":{{{pair.Second}}}},"project_id":{{{(pair.First is null ? "null" : $"\"{pair.First}\"")}}}}""")]);
        return numbers;
    }
}
