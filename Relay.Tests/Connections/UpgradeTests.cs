using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Endpoints</i>, <i>Origins</i> and <i>Limits</i>: which requests are upgraded, and the responses to the others.</summary>
public sealed class UpgradeTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData("", null, 101)]
    [InlineData("", "http://relay.internal", 101)]
    [InlineData("", "https://relay.internal:8443", 101)]
    [InlineData("", "http://RELAY.internal", 101)]
    [InlineData("", "http://localhost:3000", 101)]
    [InlineData("", "http://127.0.0.1:3000", 101)]
    [InlineData("", "http://127.8.8.8", 101)]
    [InlineData("", "http://[::1]:3000", 101)]
    [InlineData("", "https://evil.example", 403)]
    [InlineData("", "http://relay.internal.evil.example", 403)]
    [InlineData("", "http://localhost.evil.example", 403)]
    [InlineData("", "http://relay.internal@evil.example", 403)]
    [InlineData("", "http://evil.example@relay.internal", 403)]
    [InlineData("", "http://2130706433", 403)]
    [InlineData("", "http://0x7f.1", 403)]
    [InlineData("", "tauri://localhost", 403)]
    [InlineData("tauri://localhost,capacitor://localhost", "capacitor://localhost", 101)]
    [InlineData("", "null", 403)]
    [InlineData("", "file://", 403)]
    [InlineData("", "chrome-extension://abcdef", 403)]
    [InlineData("", "nonsense", 403)]
    [InlineData("https://page.example,http://other.example:8080", "https://page.example", 101)]
    [InlineData("https://page.example,http://other.example:8080", "HTTPS://Page.Example", 101)]
    [InlineData("https://page.example,http://other.example:8080", "http://other.example:8080", 101)]
    [InlineData("https://page.example,http://other.example:8080", "http://page.example", 403)]
    [InlineData("https://page.example,http://other.example:8080", "http://other.example", 403)]
    [InlineData("https://page.example,http://other.example:8080", "https://page.example.evil.example", 403)]
    [InlineData("https://page.example", "null", 403)]
    [InlineData("*", "https://evil.example", 101)]
    [InlineData("*", "null", 101)]
    public async Task Origin_decides_whether_a_browser_is_upgraded(string allowed, string? origin, int status)
    {
        await using RunningRelay relay =
            await StartAsync(connections => connections with { AllowedOrigins = allowed.Split(',', StringSplitOptions.RemoveEmptyEntries) });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest(("Host", "relay.internal"), ("Origin", origin)));

        Assert.Equal(status, response.Status);
        if (status == 403) AssertError("origin_not_allowed", response);
        Assert.Equal(status == 101 ? 1 : 0, relay.Connections);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version", "8", 426, "wrong_version")]
    [InlineData("Sec-WebSocket-Version", null, 426, "wrong_version")]
    [InlineData("Sec-WebSocket-Key", null, 400, "bad_key")]
    [InlineData("Sec-WebSocket-Key", "short", 400, "bad_key")]
    [InlineData("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZ!==", 400, "bad_key")]
    [InlineData("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAAA", 400, "bad_key")]
    [InlineData("Content-Length", "5", 400, "body_not_allowed")]
    [InlineData("Transfer-Encoding", "chunked", 400, "body_not_allowed")]
    [InlineData("Upgrade", "h2c", 426, "not_an_upgrade")]
    [InlineData("Upgrade", null, 426, "not_an_upgrade")]
    [InlineData("Connection", "keep-alive", 426, "not_an_upgrade")]
    public async Task Invalid_upgrade_request_gets_a_reason(string header, string? value, int status, string error)
    {
        await using RunningRelay relay = await StartAsync();
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest((header, value)));

        Assert.Equal(status, response.Status);
        AssertError(error, response);
        if (status == 426) Assert.Equal("13", response.Headers["Sec-WebSocket-Version"]);
        await relay.WaitForConnectionsAsync(0);
    }

    [Theory]
    [InlineData("Connection", "keep-alive, Upgrade")]
    [InlineData("Connection", "upgrade")]
    [InlineData("Content-Length", "0")]
    [InlineData("Upgrade", "WebSocket")]
    public async Task Header_variants_of_other_browsers_are_upgraded(string header, string value)
    {
        await using RunningRelay relay = await StartAsync();
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        Assert.Equal(101, (await client.RequestAsync(RawClient.UpgradeRequest((header, value)))).Status);
    }

    [Fact]
    public async Task Http_1_0_request_gets_426()
    {
        await using RunningRelay relay = await StartAsync();
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest().Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal));

        Assert.Equal(426, response.Status);
        await relay.WaitForConnectionsAsync(0);
    }

    [Fact]
    public async Task Plain_request_gets_426_and_a_hint()
    {
        await using RunningRelay relay = await StartAsync();

        (HttpStatusCode status, string body, HttpResponseMessage response) = await relay.GetAsync("/ws");

        Assert.Equal(HttpStatusCode.UpgradeRequired, status);
        Assert.Equal("websocket", response.Headers.Upgrade.Single().Name);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("not_an_upgrade", JsonDocument.Parse(body).RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Unknown_path_gets_404_and_the_list_of_endpoints()
    {
        await using RunningRelay relay = await StartAsync();

        (HttpStatusCode status, string body, _) = await relay.GetAsync("/nowhere");

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("/ws", JsonDocument.Parse(body).RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upgrade_gets_503_when_disabled_and_health_and_metrics_respond()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { Enabled = false });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest());

        Assert.Equal(503, response.Status);
        AssertError("disabled", response);
        foreach (string path in (string[])["/livez", "/readyz", "/metrics", "/api/v1/status", "/"])
        {
            Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync(path)).Status);
        }
    }

    [Fact]
    public async Task Connection_over_the_limit_gets_503_until_another_closes()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { MaxConnections = 3 });
        await using RawClient first = await relay.ConnectRawAsync();
        await using RawClient second = await relay.ConnectRawAsync();
        await using TestClient third = await relay.ConnectAsync();
        await using RawClient refused = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await refused.RequestAsync(RawClient.UpgradeRequest());

        Assert.Equal(503, response.Status);
        AssertError("too_many_connections", response);
        Assert.InRange(int.Parse(response.Headers["Retry-After"], CultureInfo.InvariantCulture), 1, 60);
        await third.CloseAsync();
        await relay.WaitForConnectionsAsync(2);
        Assert.Equal(101, (await refused.RequestAsync(RawClient.UpgradeRequest())).Status);
    }

    [Fact]
    public async Task Connection_over_the_limit_per_address_gets_503_and_other_addresses_do_not()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { MaxConnectionsPerAddress = 2 });
        await using RawClient first = await relay.ConnectRawAsync();
        await using RawClient second = await relay.ConnectRawAsync();
        await using RawClient refused = await RawClient.ConnectAsync(relay.Port);
        await using RawClient elsewhere = await RawClient.ConnectAsync(relay.Port, from: IPAddress.Parse("127.0.0.2"));

        RawResponse response = await refused.RequestAsync(RawClient.UpgradeRequest());

        Assert.Equal(503, response.Status);
        AssertError("too_many_from_address", response);
        Assert.True(response.Headers.ContainsKey("Retry-After"));
        await elsewhere.UpgradeAsync();
        first.Reset();
        await relay.WaitForConnectionsAsync(2);
        await refused.UpgradeAsync();
    }

    [Fact]
    public async Task Peer_that_does_not_finish_its_request_gets_408_and_is_closed()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { HandshakeTimeout = TimeSpan.FromSeconds(0.5) });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync("GET /ws HTTP/1.1\r\nHost: x\r\nUpg");

        Assert.Equal(408, response.Status);
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Peers_that_vanish_during_the_handshake_leave_no_connections_and_no_errors()
    {
        await using RunningRelay relay = await StartAsync();

        for (int i = 0; i < 100; i++)
        {
            await using RawClient client = await RawClient.ConnectAsync(relay.Port);
            await client.SendAsync(Encoding.ASCII.GetBytes(RawClient.UpgradeRequest()));
            client.Reset();
        }

        await using TestClient healthy = await relay.ConnectAsync();
        await relay.WaitForConnectionsAsync(1);
    }

    private static void AssertError(string error, RawResponse response)
    {
        Assert.StartsWith("application/json", response.Headers["Content-Type"], StringComparison.Ordinal);
        JsonElement body = JsonDocument.Parse(response.Body).RootElement;
        Assert.Equal(error, body.GetProperty("error").GetString());
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
    }

    private Task<RunningRelay> StartAsync(Func<ConnectionOptions, ConnectionOptions>? change = null) => RunningRelay.StartAsync(
        redis.Url,
        options => options with { Connections = change?.Invoke(options.Connections) ?? options.Connections });
}
