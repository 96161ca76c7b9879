using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Net;
using System.Text.Json;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Http;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Delivery;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>
/// PROTOCOL.md, <i>Hosts</i>. A page of <c>evil.example</c>, whose owner pointed that name at the relay (DNS rebinding), read the state and sent commands:
/// its Origin matched the Host of the request.
/// </summary>
public sealed class HostTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Evil = "evil.example";

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3:5221", true)]
    [InlineData("[::1]:5221", true)]
    [InlineData("localhost:5221", true)]
    [InlineData("LocalHost.", true)]
    [InlineData("relay", true)]
    [InlineData("a.localhost", true)]
    [InlineData("board.local", true)]
    [InlineData("relay.internal:80", true)]
    [InlineData("relay.team.svc", true)]
    [InlineData("relay.team.svc.cluster.local", true)]
    [InlineData("", true)]
    [InlineData("Relay.Example:8443", true)]
    [InlineData("relay.example.", true)]
    [InlineData("page.example", true)]
    [InlineData("xn--bcher-kva.example", true)]
    [InlineData(Evil, false)]
    [InlineData(Evil + ":5221", false)]
    [InlineData("relay.example.evil.example", false)]
    [InlineData("a.relay.example", false)]
    [InlineData("local.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("2130706433", false)]
    [InlineData("127.1", false)]
    [InlineData("0x7f.0.0.1", false)]
    public void Host_is_allowed_where_no_foreign_page_can_have_that_name(string host, bool allowed)
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers.Host = host;

        Assert.Equal(allowed, Policy("relay.example,bücher.example", "https://page.example:8443").Allows(context));
        Assert.True(Policy("*", "").Allows(context));
    }

    [Fact]
    public async Task Request_for_a_disallowed_host_is_refused_except_for_probes()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        foreach (
            string path in (string[])
            [
                "/", "/api/v1/state", "/api/v1/tasks/t", "/api/v1/executions/e", "/api/v1/status", "/api/v1/refused", "/api/v1/connections",
                "/api/v1/events/e/trace", "/metrics", "/asyncapi.json", "/events", "/nowhere",
            ])
            AssertRefused(await client.RequestAsync(Get(path)));
        foreach (string path in (string[])["/ws", "/ws/projects/p", "/api/v1/ws/executions/e"])
            AssertRefused(
                await client.RequestAsync(
                    RawClient.UpgradeRequest(("Host", Evil), ("Origin", "http://" + Evil)).Replace("/ws", path, StringComparison.Ordinal)));
        foreach (string path in (string[])["/livez", "/readyz"])
            Assert.Equal(200, (await client.RequestAsync(Get(path))).Status);

        await relay.WaitForConnectionsAsync(0);
        Assert.Contains("relay_requests_refused_total{reason=\"host_not_allowed\"} 15\n", (await relay.GetAsync("/metrics")).Body, StringComparison.Ordinal);
        // One line for all of them: a peer can send any number.
        LogLine line = Assert.Single(relay.Logs.Lines, line => line.Id.Id == EventIds.HostRefused);
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Contains(Evil, line.Text, StringComparison.Ordinal);
        Assert.Contains("CECELIA_ALLOWED_HOSTS", line.Text, StringComparison.Ordinal);

        static string Get(string path) => $"GET {path} HTTP/1.1\r\nHost: {Evil}\r\n\r\n";
    }

    [Fact]
    public async Task Http_2_authority_is_checked_like_the_host()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Tls = options.Tls with { CertificateFile = TestCertificate.File } });
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        http.DefaultRequestHeaders.Host = Evil;

        HttpResponseMessage response = await http.GetAsync(new Uri(relay.Http, "/api/v1/state")).Within();

        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
        Assert.Equal("host_not_allowed", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => relay.ConnectAsync(configure: options =>
        {
            options.HttpVersion = HttpVersion.Version20;
            options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            options.SetRequestHeader("Host", Evil);
        }));
        Assert.Contains("421", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_below_a_path_base_is_checked_except_for_probes()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { PathBase = "/relay" });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        AssertRefused(await client.RequestAsync($"GET /relay/api/v1/status HTTP/1.1\r\nHost: {Evil}\r\n\r\n"));
        Assert.Equal(200, (await client.RequestAsync($"GET /relay/livez HTTP/1.1\r\nHost: {Evil}\r\n\r\n")).Status);
    }

    [Theory]
    [InlineData("relay.internal", "http://relay.internal", 101)]
    [InlineData("relay.internal", "https://relay.internal", 101)]
    [InlineData("relay.internal:443", "https://relay.internal", 101)]
    [InlineData("relay.internal:8080", "http://relay.internal:8080", 101)]
    [InlineData("relay.internal:8080", "http://relay.internal", 403)]
    [InlineData("relay.internal", "http://relay.internal:8080", 403)]
    [InlineData("localhost:5221", "http://localhost:5221", 101)]
    [InlineData("localhost:5221", "http://localhost:3000", 403)]
    [InlineData("127.0.0.1:5221", "http://localhost:5221", 403)]
    [InlineData("127.0.0.1:5221", "http://page.example:3000", 101)]
    public async Task Other_ports_of_the_same_host_can_be_disallowed(string host, string origin, int status)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Connections = options.Connections with { OriginAnyPort = false, AllowedOrigins = ["http://page.example:3000"] } },
            untilReady: false);
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        Assert.Equal(status, (await client.RequestAsync(RawClient.UpgradeRequest(("Host", host), ("Origin", origin)))).Status);
    }

    [Theory]
    [InlineData("https://relay.example")]
    [InlineData("relay.example:5221")]
    [InlineData("relay.example/x")]
    [InlineData("*.example")]
    [InlineData("a,*")]
    [InlineData("10.1")]
    public void Invalid_allowed_hosts_setting_is_an_error(string text) =>
        Assert.Throws<FormatException>(() => Settings.All.Single(setting => setting.Name == "ALLOWED_HOSTS").Apply(new RelayOptions(), text));

    private static void AssertRefused(RawResponse response)
    {
        Assert.Equal(421, response.Status);
        Assert.Contains("\"host_not_allowed\"", response.Body, StringComparison.Ordinal);
        Assert.Contains("CECELIA_ALLOWED_HOSTS", response.Body, StringComparison.Ordinal);
    }

    private static HostPolicy Policy(string hosts, string origins)
    {
        RelayOptions options = Settings.All.Single(setting => setting.Name == "ALLOWED_HOSTS").Apply(new RelayOptions(), hosts);
        options = Settings.All.Single(setting => setting.Name == "ALLOWED_ORIGINS").Apply(options, origins);
        return new HostPolicy(options.Connections, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<HostPolicy>.Instance);
    }
}
