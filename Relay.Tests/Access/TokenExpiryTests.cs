using System.Text.Json;
using System.Text.Json.Nodes;
using Cecelia.Relay.Access;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Access;

/// <summary>The end of a token during its connection, and new tokens on an open connection.</summary>
public sealed class TokenExpiryTests(GuardedRelay guarded) : IClassFixture<GuardedRelay>
{
    [Fact]
    public async Task Client_is_warned_and_then_closed_with_the_reason()
    {
        await using SubprotocolClient client = await ConnectAsync(TokenFor(TimeSpan.FromSeconds(4)));

        SubprotocolMessage warning = await client.ReceiveAsync("relay:token");
        SubprotocolMessage bye = await client.ReceiveAsync("relay:bye");

        Assert.Equal("expiring", warning.Data.GetProperty("status").GetString());
        Assert.Equal("token_expired", bye.Data.GetProperty("reason").GetString());
        Assert.True(bye.Data.GetProperty("reconnect").GetBoolean());
        Assert.Equal((4005, "the token has expired"), await client.Socket.ReceiveCloseAsync());
    }

    [Fact]
    public async Task Plain_client_gets_the_close_code_and_an_event_stream_the_reason()
    {
        string token = TokenFor(TimeSpan.FromSeconds(4));
        string ticket = await guarded.CreateTicketAsync(token);
        await using TestClient plain = await guarded.Relay.ConnectAsync("?ticket=" + ticket);
        await using EventStreamClient stream = await EventStreamClient.ConnectAsync(guarded.Relay, "?ticket=" + ticket);

        Assert.Equal("expiring", (await stream.ReceiveAsync("relay:token")).Data.GetProperty("status").GetString());
        Assert.Equal("token_expired", (await stream.ReceiveAsync("relay:bye")).Data.GetProperty("reason").GetString());
        Assert.Null(await stream.ReadAsync());
        Assert.Equal((4005, "the token has expired"), await plain.ReceiveCloseAsync());
    }

    [Fact]
    public async Task New_token_with_the_same_rights_extends_the_connection_without_a_snapshot()
    {
        await using SubprotocolClient client = await ConnectAsync(TokenFor(TimeSpan.FromSeconds(3)));
        await client.ReceiveSnapshotAsync();

        SubprotocolMessage accepted = await RenewAsync(client, TokenFor(TimeSpan.FromMinutes(5)));
        // The sweeper, which runs each second, would have closed it by then.
        await Eventually.TrueAsync(() => TimeHasCome(accepted));
        await guarded.PublishAsync("""{"event":"tick","data":{"n":1},"project_id":"p1"}""");

        SubprotocolMessage next;
        do next = await client.ReceiveAsync();
        while (next.Name == "relay:ping");
        Assert.Equal(1, next.Number);
    }

    [Fact]
    public async Task New_token_with_other_rights_resynchronizes_the_client()
    {
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(TokenIssuer.OfProjects("read", false, "p1")));
        Assert.Equal(["t1"], (await client.ReceiveSnapshotAsync())["tasks"].Keys);
        int views = guarded.Relay.Get<ViewTable>().Count;

        await RenewAsync(client, guarded.Issuer.Issue(TokenIssuer.OfProjects("command", false, "p2")));
        SubprotocolMessage hello = await client.ReceiveAsync("relay:hello");
        Dictionary<string, Dictionary<string, JsonElement>> snapshot = await client.ReceiveSnapshotAsync();
        await guarded.PublishAsync(
            """{"event":"tick","data":{"n":1},"project_id":"p1"}""", """{"event":"tick","data":{"n":2},"project_id":"p2"}""");

        Assert.Equal("relay:hello", hello.Name);
        Assert.Equal("command", hello.Data.GetProperty("access").GetProperty("role").GetString());
        Assert.Equal(["t2"], snapshot["tasks"].Keys);
        Assert.Equal(2, (await client.ReceiveAsync(null)).Number);
        // The previous view is released.
        await Eventually.TrueAsync(() => guarded.Relay.Get<ViewTable>().Count == views);
    }

    [Fact]
    public async Task Client_changes_its_rights_again_and_again_without_a_loss()
    {
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(TokenIssuer.OfProjects("read", false, "p1")));
        await client.ReceiveSnapshotAsync();
        for (int i = 0; i < 20; i++)
        {
            string project = i % 2 == 0 ? "p2" : "p1";
            await RenewAsync(client, guarded.Issuer.Issue(TokenIssuer.OfProjects("read", false, project)));
            await client.ReceiveSnapshotAfterHelloAsync();
            await guarded.PublishAsync($$$"""{"event":"tick","data":{"n":{{{i}}}},"project_id":"{{{project}}}"}""");
            Assert.Equal(i, (await client.ReceiveAsync(null)).Number);
        }
    }

    [Fact]
    public async Task Views_are_released_when_the_connection_ends_after_a_change_of_rights()
    {
        int views = guarded.Relay.Get<ViewTable>().Count;
        await using (SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(TokenIssuer.OfProjects("read", false, "p1"))))
        {
            await client.ReceiveSnapshotAsync();
            await RenewAsync(client, guarded.Issuer.Issue(TokenIssuer.OfProjects("read", false, "p7")));
        }

        await Eventually.TrueAsync(() => guarded.Relay.Get<ViewTable>().Count == views);
    }

    [Theory]
    [InlineData("expired", "token_expired")]
    [InlineData("malformed", "token_malformed")]
    [InlineData("user", "token_user")]
    [InlineData("role", "role_required")]
    public async Task New_token_that_is_not_valid_is_refused_and_changes_nothing(string kind, string reason)
    {
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(TokenIssuer.OfProjects("read", false, "p1")));
        await client.ReceiveSnapshotAsync();

        await SendTokenAsync(client, kind switch
        {
            "expired" => TokenFor(TimeSpan.FromSeconds(-1)),
            "user" => guarded.Issuer.Issue(TokenIssuer.Everything("admin"), user: "grace"),
            "role" => guarded.Issuer.Issue(TokenIssuer.Everything(null)),
            _ => "no token",
        });
        SubprotocolMessage error = await client.ReceiveAsync("relay:error");
        await guarded.PublishAsync(
            """{"event":"tick","data":{"n":1},"project_id":"p2"}""", """{"event":"tick","data":{"n":2},"project_id":"p1"}""");

        Assert.Equal(reason, error.Data.GetProperty("reason").GetString());
        Assert.Equal(2, (await client.ReceiveAsync(null)).Number);
    }

    [Fact]
    public async Task Token_message_of_a_plain_client_is_an_error()
    {
        await using TestClient client = await guarded.Relay.ConnectAsync(
            configure: options => options.SetRequestHeader("Authorization", "Bearer " + guarded.Issuer.Issue(TokenIssuer.Everything("read"))));

        await client.SendAsync("""{"type":"token","token":"x"}""");

        Assert.Contains("unknown_message", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Warning_comes_at_half_of_a_short_life_and_a_minute_before_a_long_one()
    {
        await using SubprotocolClient client = await ConnectAsync(TokenFor(TimeSpan.FromSeconds(6)));
        await client.ReceiveSnapshotAsync();
        long expiresIn = (await client.ReceiveAsync("relay:token")).Data.GetProperty("expiresInMs").GetInt64();
        Assert.InRange(expiresIn, 0, 3000);

        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UtcNow);
        var options = new TokenOptions { ClockSkew = TimeSpan.Zero };
        var policy = new AccessPolicy(options, null!, null!, new AccessCounts(), time);
        var access = new ConnectionAccess(
            new Grant("ada", Rights.None, time.GetUtcNow().AddMinutes(10)), default, null!, policy, null!);
        time.Advance(TimeSpan.FromMinutes(9) - TimeSpan.FromSeconds(1));
        Assert.Equal(AccessDue.Nothing, access.CheckDeadlines());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AccessDue.Warning, access.CheckDeadlines());
        Assert.Equal(AccessDue.Nothing, access.CheckDeadlines());
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(AccessDue.Expired, access.CheckDeadlines());
    }

    private static bool TimeHasCome(SubprotocolMessage accepted) =>
        DateTimeOffset.UtcNow > accepted.Data.GetProperty("expires").GetDateTimeOffset() - TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(5);

    private static Task SendTokenAsync(SubprotocolClient client, string token) =>
        client.Socket.SendAsync(new JsonObject { ["type"] = "token", ["token"] = token }.ToJsonString());

    private static async Task<SubprotocolMessage> RenewAsync(SubprotocolClient client, string token)
    {
        await SendTokenAsync(client, token);
        SubprotocolMessage accepted = await client.ReceiveAsync("relay:token");
        Assert.Equal("accepted", accepted.Data.GetProperty("status").GetString());
        return accepted;
    }

    private string TokenFor(TimeSpan life) => guarded.Issuer.IssueFor(life, TokenIssuer.OfProjects("read", false, "p1"));

    private Task<SubprotocolClient> ConnectAsync(string token) => SubprotocolClient.ConnectAsync(guarded.Relay.WebSocket, token: token);
}
