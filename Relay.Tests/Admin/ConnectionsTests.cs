using System.Net;
using System.Text.Json;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Tests.Cli;
using Cecelia.Relay.Tests.Contracts;

namespace Cecelia.Relay.Tests.Admin;

/// <summary>PROTOCOL.md, <i>Connections</i>: those of all instances are listed and can be closed, by id or by user.</summary>
public sealed class ConnectionsTests(RealRedis redis) : IClassFixture<RealRedis>, IAsyncLifetime
{
    private readonly List<RunningRelay> _relays = [];

    public async Task InitializeAsync()
    {
        for (int i = 0; i < 2; i++)
        {
            _relays.Add(await RunningRelay.StartAsync(redis.Url, options => options with { Commands = new CommandOptions { UserHeader = "X-User" } }));
        }
    }

    public async Task DisposeAsync()
    {
        foreach (RunningRelay relay in _relays) await relay.DisposeAsync();
    }

    [Fact]
    public async Task Connections_of_all_instances_are_listed()
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient first = await _relays[0].ConnectAsync("?project=P&events=task:*", options => options.SetRequestHeader("X-User", "alice"));
        await using TestClient second = await _relays[1].ConnectAsync();
        await publisher.PublishAsync("""{"event":"task:created","data":{"taskId":"T"},"project_id":"P"}""");
        await first.ReceiveAsync();
        await second.ReceiveAsync();

        JsonElement response = await ListAsync(all => all.Count == 2 && all.All(one => one.GetProperty("delivered").GetInt32() == 1));
        List<JsonElement> all = Connections(response);

        JsonElement alice = all.Single(one => one.GetProperty("user").GetString() == "alice");
        Assert.Equal("127.0.0.1", alice.GetProperty("address").GetString());
        Assert.Equal(("websocket", "cecelia"), (alice.GetProperty("transport").GetString(), alice.GetProperty("format").GetString()));
        Assert.Equal("""{"project":["P"],"events":["task:*"]}""", alice.GetProperty("filter").GetRawText());
        Assert.Equal("""{"events":0,"bytes":0}""", alice.GetProperty("lag").GetRawText());
        Assert.Equal((0, 0), (alice.GetProperty("skipped").GetInt32(), alice.GetProperty("resumes").GetInt32()));
        Assert.Equal(2, response.GetProperty("instances").EnumerateArray().Sum(one => one.GetProperty("open").GetInt32()));
    }

    [Fact]
    public async Task Connection_is_closed_at_another_instance()
    {
        await using TestClient first = await _relays[0].ConnectAsync();
        await using TestClient second = await _relays[0].ConnectAsync();
        List<JsonElement> all = Connections(await ListAsync(all => all.Count == 2));
        string id = all[0].GetProperty("id").GetString()!;

        await DeleteAsync($"/api/v1/connections/{id}", closed: id);

        await _relays[0].WaitForConnectionsAsync(1);
        Assert.Equal([(4006, CloseReason.ClosedByOperator)], _relays[0].Logs.Closes);
        Assert.NotEqual(id, Connections(await ListAsync(all => all.Count == 1))[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task All_connections_of_a_user_are_closed_and_no_others()
    {
        await using TestClient first = await _relays[0].ConnectAsync("", options => options.SetRequestHeader("X-User", "bob"));
        await using TestClient second = await _relays[1].ConnectAsync("", options => options.SetRequestHeader("X-User", "bob"));
        await using TestClient other = await _relays[1].ConnectAsync();
        await ListAsync(all => all.Count == 3);

        await DeleteAsync("/api/v1/connections?user=bob", closed: null);

        await _relays[0].WaitForConnectionsAsync(0);
        await _relays[1].WaitForConnectionsAsync(1);
        Assert.Equal("", Connections(await ListAsync(all => all.Count == 1))[0].GetProperty("user").GetString());
    }

    [Theory]
    [InlineData("DELETE", "/api/v1/connections", HttpStatusCode.BadRequest)]
    [InlineData("DELETE", "/api/v1/connections?user=", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/api/v1/connections", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/api/v1/connections/x", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/api/v1/events/x/trace", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/api/v1/connections/unknown?local", HttpStatusCode.OK)]
    public async Task Request_that_is_not_valid_is_refused(string method, string path, HttpStatusCode expected)
    {
        using HttpResponseMessage response = await _relays[0].SendAsync(new HttpMethod(method), path);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Page_of_another_origin_may_not_close_a_connection()
    {
        await using TestClient client = await _relays[0].ConnectAsync();

        using HttpResponseMessage response = await _relays[0].SendAsync(HttpMethod.Delete, "/api/v1/connections?user=", origin: "https://evil.example");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(1, _relays[0].Connections);
    }

    [Fact]
    public async Task Top_prints_one_line_without_a_terminal_and_a_table_on_request()
    {
        await using TestClient first = await _relays[0].ConnectAsync("?task=T", options => options.SetRequestHeader("X-User", "carol"));
        await ListAsync(all => all.Count == 1);
        using var line = new TestTerminal();
        using var table = new TestTerminal();

        Assert.Equal(0, await line.RunAsync("top", "--url", _relays[1].Http.ToString(), "--local"));
        Assert.Equal(0, await table.RunAsync("top", "--url", _relays[0].Http.ToString(), "--local", "--once"));

        Assert.Equal("0 connections, 0 behind, 0 events skipped; 1 of 1 instance answered", Assert.Single(line.OutLines));
        Assert.Equal(3, table.OutLines.Length);
        Assert.Matches(@"^ID +ADDRESS +USER +FORMAT +LAG +BYTES +DELIVERED +SKIPPED +RESUMES +AGE +FILTER$", table.OutLines[1]);
        Assert.Matches(@"^\w+-\d+ +127\.0\.0\.1 +carol +cecelia +0 +0 +0 +0 +0 +\d+s +task=T$", table.OutLines[2]);
    }

    [Fact]
    public async Task Top_without_a_relay_fails()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(1, await terminal.RunAsync("top", "--url", $"http://127.0.0.1:{RedisServer.FreePort()}"));
        Assert.Contains("does not respond", terminal.Error, StringComparison.Ordinal);
    }

    private async Task<JsonElement> ListAsync(Func<List<JsonElement>, bool> isExpected)
    {
        JsonElement response = default;
        await Eventually.TrueAsync(
            async () =>
            {
                response = await _relays[1].GetJsonAsync("/api/v1/connections");
                Contract.Holds("ConnectionsResponse", response.GetRawText());
                return response.GetProperty("answered").GetInt32() == 2 && isExpected(Connections(response));
            },
            describe: () => response.ToString());
        return response;
    }

    /// <summary>Closes connections through the second instance. The first may not answer in time, and closes them nevertheless.</summary>
    private async Task DeleteAsync(string path, string? closed)
    {
        using HttpResponseMessage response = await _relays[1].SendAsync(HttpMethod.Delete, path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string body = await response.Content.ReadAsStringAsync();
        Contract.Holds("ClosedResponse", body);
        if (closed is not null && JsonDocument.Parse(body).RootElement.GetProperty("answered").GetInt32() == 2)
            Assert.Contains($"\"{closed}\"", body, StringComparison.Ordinal);
    }

    private static List<JsonElement> Connections(JsonElement response) =>
        [.. response.GetProperty("instances").EnumerateArray().SelectMany(instance => instance.GetProperty("connections").EnumerateArray())];
}
