using System.Security.Cryptography;
using System.Text;
using Cecelia.Relay.Access;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Access;

/// <summary>Tickets: for clients that cannot send a header, and repeat the same address when they reconnect.</summary>
public sealed class TicketTests : IAsyncLifetime, IDisposable
{
    private readonly TokenIssuer _issuer = new();
    private RedisServer _redis = null!;

    private RedisUrl Url => RedisUrl.For("127.0.0.1", _redis.Port);

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    public void Dispose() => _issuer.Dispose();

    [Fact]
    public async Task Event_stream_survives_five_cuts_and_another_instance_with_one_ticket()
    {
        await using RunningRelay first = await StartAsync();
        await using RunningRelay second = await StartAsync();
        string query = "?ticket=" + await first.CreateTicketAsync(Token());

        EventStreamClient client = await EventStreamClient.ConnectAsync(first, query);
        await client.ReceiveSnapshotAsync();
        for (int cut = 1; cut <= 6; cut++)
        {
            RunningRelay relay = cut < 4 ? first : second;
            foreach (Connection open in OpenOf(first).Concat(OpenOf(second))) open.Abort();
            client = await client.ReconnectAsync(relay, query);
            Assert.Equal(200, (int)client.Response.StatusCode);
            Assert.Equal("relay:hello", (await client.ReceiveAsync()).Name);
            await PublishAsync(relay, cut);
            Assert.Equal(cut, (await client.ReceiveAsync(null)).Number);
        }

        await client.DisposeAsync();
    }

    [Fact]
    public async Task Plain_client_survives_five_cuts_and_another_instance_with_one_ticket()
    {
        await using RunningRelay first = await StartAsync();
        await using RunningRelay second = await StartAsync();
        string address = "/ws?ticket=" + await first.CreateTicketAsync(Token());

        for (int cut = 0; cut <= 6; cut++)
        {
            RunningRelay relay = cut < 4 ? first : second;
            await using TestClient client = await relay.ConnectToAsync(address);
            await PublishAsync(relay, cut);
            Assert.Contains($"\"n\":{cut}", await client.ReceiveAsync(), StringComparison.Ordinal);
            client.Abort();
        }
    }

    [Fact]
    public async Task Known_tickets_stay_valid_while_Redis_is_away_and_others_are_not_refused_for_good()
    {
        await using RunningRelay first = await StartAsync();
        await using RunningRelay second = await StartAsync();
        string ticket = await first.CreateTicketAsync(Token());
        string unused = await first.CreateTicketAsync(Token());
        Assert.Equal(200, await StatusAsync(first, ticket));

        await _redis.StopAsync();

        Assert.Equal(200, await StatusAsync(first, ticket));
        Assert.Equal(200, await StatusAsync(first, ticket));
        RawResponse other = await first.AskAsync("/events?ticket=" + unused);
        Assert.Equal((503, "tickets_unavailable"), (other.Status, other.Error()));
        Assert.True(other.Headers.ContainsKey("Retry-After"));
        Assert.Equal(503, await StatusAsync(second, ticket));
        Assert.Equal(401, await StatusAsync(first, "no-ticket"));
        RawResponse created = await first.AskAsync("/api/v1/tickets", Token(), "POST");
        Assert.Equal((503, "tickets_unavailable"), (created.Status, created.Error()));
    }

    [Fact]
    public async Task Ticket_is_stored_as_a_hash_and_expires_soon_until_its_first_use()
    {
        await using RunningRelay relay = await StartAsync();
        string ticket = await relay.CreateTicketAsync(Token());
        string key = "cecelia:relay:tickets:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(ticket)));

        long before = long.Parse(await _redis.CommandAsync("PTTL", key), null);
        Assert.Equal(200, await StatusAsync(relay, ticket));
        long after = long.Parse(await _redis.CommandAsync("PTTL", key), null);
        string keys = await _redis.CommandAsync("KEYS", "*");

        Assert.InRange(before, 1, TicketStore.FirstUse.TotalMilliseconds);
        Assert.InRange(after, (2 * before) + 1, 300_000);
        Assert.DoesNotContain(ticket, keys, StringComparison.Ordinal);
        Assert.DoesNotContain(ticket, await _redis.CommandAsync("GET", key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ticket_that_was_not_used_in_time_is_refused()
    {
        await using RunningRelay relay = await StartAsync();
        string ticket = await relay.CreateTicketAsync(Token());

        // As Redis does after that time.
        await _redis.CommandAsync("DEL", "cecelia:relay:tickets:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(ticket))));

        RawResponse refused = await relay.AskAsync("/events?ticket=" + ticket);
        Assert.Equal((401, "ticket_unknown"), (refused.Status, refused.Error()));
    }

    [Fact]
    public async Task Ticket_expires_with_its_token()
    {
        await using RunningRelay relay = await StartAsync();
        string ticket = await relay.CreateTicketAsync(_issuer.IssueFor(TimeSpan.FromSeconds(2), TokenIssuer.Everything("read")));
        Assert.Equal(200, await StatusAsync(relay, ticket));

        await Eventually.TrueAsync(async () => await StatusAsync(relay, ticket) == 401);
    }

    [Fact]
    public async Task Ticket_of_an_expired_token_is_refused_while_Redis_is_away()
    {
        await using RunningRelay relay = await StartAsync();
        string ticket = await relay.CreateTicketAsync(_issuer.IssueFor(TimeSpan.FromSeconds(3), TokenIssuer.Everything("read")));
        Assert.Equal(200, await StatusAsync(relay, ticket));

        await _redis.StopAsync();

        await Eventually.TrueAsync(async () => await StatusAsync(relay, ticket) == 401);
    }

    [Fact]
    public async Task Revoked_tickets_are_refused_at_every_instance_and_their_connections_are_closed()
    {
        await using RunningRelay first = await StartAsync();
        await using RunningRelay second = await StartAsync();
        string ticket = await first.CreateTicketAsync(Token("ada"));
        string others = await first.CreateTicketAsync(Token("grace"));
        await using TestClient open = await second.ConnectToAsync("/ws?ticket=" + ticket);
        await using TestClient stays = await second.ConnectToAsync("/ws?ticket=" + others);
        string admin = _issuer.Issue(TokenIssuer.Everything("admin"));

        RawResponse revoked = await first.AskAsync("/api/v1/tickets?user=ada", admin, "DELETE");

        Assert.Equal((200, """{"revoked":1}"""), (revoked.Status, revoked.Body));
        Assert.Equal(401, await StatusAsync(first, ticket));
        Assert.Equal((4500, "access was revoked"), await open.ReceiveCloseAsync());
        Assert.Equal(401, await StatusAsync(second, ticket));
        Assert.Equal(200, await StatusAsync(second, others));
        await stays.SendAsync("""{"cmd":"ping"}""");
        Assert.Contains("pong", await stays.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Equal("bad_user", (await first.AskAsync("/api/v1/tickets", admin, "DELETE")).Error());
    }

    [Fact]
    public async Task Revoked_ticket_is_refused_at_its_next_use()
    {
        // Without the periodic check.
        await using RunningRelay relay = await StartAsync(TimeSpan.FromHours(1));
        string ticket = await relay.CreateTicketAsync(Token());
        Assert.Equal(200, await StatusAsync(relay, ticket));

        await relay.AskAsync("/api/v1/tickets?user=ada", _issuer.Issue(TokenIssuer.Everything("admin")), "DELETE");

        Assert.Equal(401, await StatusAsync(relay, ticket));
    }

    [Fact]
    public async Task Revoked_ticket_is_not_used_again_when_Redis_goes_away()
    {
        await using RunningRelay relay = await StartAsync();
        string ticket = await relay.CreateTicketAsync(Token());
        Assert.Equal(200, await StatusAsync(relay, ticket));
        await relay.AskAsync("/api/v1/tickets?user=ada", _issuer.Issue(TokenIssuer.Everything("admin")), "DELETE");
        await Eventually.TrueAsync(() => relay.Get<TicketStore>().Count == 0);

        await _redis.StopAsync();

        Assert.Equal(503, await StatusAsync(relay, ticket));
    }

    [Fact]
    public async Task Neither_tokens_nor_tickets_are_logged()
    {
        await using RunningRelay relay = await StartAsync();
        string token = Token();
        string ticket = await relay.CreateTicketAsync(token);
        await using (await relay.ConnectToAsync("/ws?ticket=" + ticket))
        {
        }

        await using (await relay.ConnectAsync(configure: options => Offer(options, token)))
        {
        }

        await relay.AskAsync("/events?ticket=" + ticket[..40] + "xyz");
        await relay.AskAsync("/api/v1/state", token[..^4] + "AAAA");
        await relay.WaitForConnectionsAsync(0);

        Assert.DoesNotContain(
            relay.Logs.Lines,
            line => line.Text.Contains(ticket[..40], StringComparison.Ordinal) || line.Text.Contains(token[..^4], StringComparison.Ordinal));
    }

    private static void Offer(System.Net.WebSockets.ClientWebSocketOptions options, string token)
    {
        options.AddSubProtocol("cecelia.v1");
        options.AddSubProtocol("bearer." + token);
    }

    private static List<Connection> OpenOf(RunningRelay relay)
    {
        var open = new List<Connection>();
        relay.Get<ConnectionTable>().CopyTo(open);
        return open;
    }

    private static async Task<int> StatusAsync(RunningRelay relay, string ticket) => (await relay.AskAsync("/events?ticket=" + ticket)).Status;

    private string Token(string user = "ada") => _issuer.Issue(TokenIssuer.Everything("read"), user: user);

    private Task<RunningRelay> StartAsync(TimeSpan? interval = null) => RunningRelay.StartAsync(
        Url, options => options with { Tokens = _issuer.Options with { TicketInterval = interval ?? TimeSpan.FromSeconds(0.2) } });

    private async Task PublishAsync(RunningRelay relay, int number)
    {
        long before = relay.Get<Ingestor>().Accepted;
        await _redis.PublishAsync("cecelia:events", $$$"""{"event":"tick","data":{"n":{{{number}}}}}""");
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted > before);
    }
}
