using System.Net;
using Cecelia.Relay.Tests.Delivery;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>PROTOCOL.md, <i>Endpoints</i>: the security headers of every response except a granted upgrade.</summary>
public sealed class ResponseHeaderTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Evil = "evil.example";
    private static readonly string[] Names =
    [
        "X-Content-Type-Options",
        "Cross-Origin-Resource-Policy",
        "Referrer-Policy",
        "Permissions-Policy",
        "Cache-Control",
    ];

    [Theory]
    [InlineData("/")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/api/v1/status")]
    [InlineData("/api/v1/refused")]
    [InlineData("/api/v1/connections")]
    [InlineData("/api/v1/events/e/trace")]
    [InlineData("/api/v1/state")]
    [InlineData("/api/v1/tasks/unknown")]
    [InlineData("/asyncapi.json")]
    [InlineData("/ws")]
    [InlineData("/ws/projects/p")]
    [InlineData("/api/v1/ws/executions/e")]
    [InlineData("/nowhere")]
    [InlineData("/livez", "POST")]
    [InlineData("/events", "POST")]
    public async Task Response_has_the_security_headers(string path, string method = "GET")
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);

        using HttpResponseMessage response = await relay.SendAsync(new HttpMethod(method), path);

        AssertSafe(response.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
        // Browsers ignore it without TLS.
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData(426, "Sec-WebSocket-Version", "12")]
    [InlineData(403, "Origin", "http://" + Evil)]
    [InlineData(421, "Host", Evil)]
    [InlineData(400, "Sec-WebSocket-Key", "short")]
    [InlineData(404, "X-Address", "/nowhere")]
    [InlineData(200, "X-Address", "/livez")]
    public async Task Response_other_than_a_granted_upgrade_has_the_security_headers(int status, string header, string value)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest(header == "X-Address" ? value : "/ws", (header, value)));

        Assert.Equal(status, response.Status);
        AssertSafe(response.Headers);
    }

    [Theory]
    [InlineData(308, "127.0.0.1")]
    [InlineData(421, Evil)]
    public async Task Redirect_of_the_bare_path_base_has_the_security_headers_and_requires_an_allowed_host(int status, string host)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { PathBase = "/relay" });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync($"GET /relay HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal(status, response.Status);
        AssertSafe(response.Headers);
    }

    [Fact]
    public async Task Granted_upgrade_has_no_security_headers()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest());

        Assert.Equal(101, response.Status);
        Assert.DoesNotContain(response.Headers.Keys, name => Names.Contains(name, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("relay.internal", "/livez", true)]
    [InlineData("relay.internal", "/ws", true)]
    [InlineData("localhost", "/livez", false)]
    [InlineData("127.0.0.1", "/ws", false)]
    [InlineData("[::1]", "/livez", false)]
    public async Task Hsts_is_sent_over_tls_except_on_loopback(string host, string path, bool bound)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Tls = options.Tls with { CertificateFile = TestCertificate.File } });
        foreach (Version version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using HttpResponseMessage response = await relay.SendAsync(HttpMethod.Get, path, host: host, version: version);

            Assert.Equal(version, response.Version);
            AssertSafe(response.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
            Assert.Equal(
                bound, response.Headers.TryGetValues("Strict-Transport-Security", out IEnumerable<string>? given) && given.Single() == "max-age=2592000");
        }
    }

    private static void AssertSafe(IReadOnlyDictionary<string, string> headers)
    {
        foreach (string name in Names) Assert.True(headers.ContainsKey(name), $"{name} is missing");
        Assert.Equal("nosniff", headers["X-Content-Type-Options"]);
        Assert.Equal("same-origin", headers["Cross-Origin-Resource-Policy"]);
        Assert.Equal("no-referrer", headers["Referrer-Policy"]);
        Assert.Contains("camera=()", headers["Permissions-Policy"], StringComparison.Ordinal);
        Assert.Contains(headers["Cache-Control"].Split(", "), directive => directive is "no-store" or "no-cache");
    }
}
