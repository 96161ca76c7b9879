using System.Globalization;
using System.Net;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Http;
using Cecelia.Relay.Tests.Delivery;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>deploy/CONFIGURATION.md: administrative endpoints on a port of their own (<c>CECELIA_ADMIN_PORT</c>).</summary>
public sealed class AdminPortTests(RealRedis redis) : IClassFixture<RealRedis>, IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly int _port = RedisServer.FreePort();

    public void Dispose() => _http.Dispose();

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("OPTIONS")]
    public async Task Administrative_paths_are_unknown_on_the_public_port(string method)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { AdminPort = _port });
        string[] paths = AdministrativePaths(relay);
        Assert.Superset(new HashSet<string>(["/metrics", "/api/v1/refused"]), paths.ToHashSet());
        using HttpResponseMessage unknown = await relay.SendAsync(new HttpMethod(method), "/api/v1/nowhere");

        foreach (string path in paths)
        {
            using HttpResponseMessage hidden = await relay.SendAsync(new HttpMethod(method), path);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, hidden.StatusCode));
            Assert.Equal(await unknown.Content.ReadAsStringAsync(), await hidden.Content.ReadAsStringAsync());
            Assert.Equal(Names(unknown), Names(hidden));
        }
    }

    [Fact]
    public async Task Administrative_port_serves_everything()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { AdminPort = _port });

        foreach (string path in (string[])["/metrics", "/api/v1/refused", "/api/v1/status", "/api/v1/state", "/livez", "/readyz", "/", "/asyncapi.json"])
        {
            using HttpResponseMessage response = await _http.GetAsync(Admin(path)).Within();
            Assert.Equal((path, HttpStatusCode.OK), (path, response.StatusCode));
        }

        foreach (string path in (string[])["/api/v1/status", "/api/v1/state", "/livez", "/readyz", "/", "/asyncapi.json"])
        {
            Assert.Equal((path, HttpStatusCode.OK), (path, (await relay.GetAsync(path)).Status));
        }

        using HttpResponseMessage posted = await _http.PostAsync(Admin("/metrics"), null).Within();
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "GET, HEAD"), (posted.StatusCode, string.Join(", ", posted.Content.Headers.Allow)));
        await using TestClient client = await TestClient.ConnectAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{_port}/ws")));
        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.ReceiveAsync());
    }

    [Fact]
    public async Task Administrative_port_has_the_host_check_of_the_public_one()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { AdminPort = _port });
        using var request = new HttpRequestMessage(HttpMethod.Get, Admin("/metrics")) { Headers = { Host = "evil.example.com" } };

        using HttpResponseMessage response = await _http.SendAsync(request).Within();

        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
    }

    [Fact]
    public async Task Administrative_port_has_the_certificate_of_the_public_one_and_its_path_base()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { AdminPort = _port, PathBase = "/relay", Tls = new TlsOptions { CertificateFile = TestCertificate.File } });

        Assert.Contains("relay_redis_subscribed 1", await _http.GetStringAsync(Admin("/relay/metrics", "https")).Within(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await relay.GetAsync("/relay/metrics")).Status);
        using var second = new HttpRequestMessage(HttpMethod.Get, Admin("/metrics", "https"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Assert.Equal(HttpStatusCode.OK, (await _http.SendAsync(second).Within()).StatusCode);
    }

    [Fact]
    public async Task Without_an_administrative_port_the_public_one_serves_everything()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);

        foreach (string path in AdministrativePaths(relay).Where(path => !path.Contains("/x", StringComparison.Ordinal)))
        {
            Assert.Equal((path, HttpStatusCode.OK), (path, (await relay.GetAsync(path)).Status));
        }
    }

    [Theory]
    [InlineData("5221", "", "CECELIA_ADMIN_PORT and CECELIA_WS_PORT must be different ports")]
    [InlineData("0", "127.0.0.1", "CECELIA_ADMIN_BIND requires CECELIA_ADMIN_PORT")]
    [InlineData("5222", "127.0.0.1", null)]
    public void Settings_that_contradict_each_other_are_an_error(string port, string bind, string? error)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["CECELIA_ADMIN_PORT"] = port, ["CECELIA_ADMIN_BIND"] = bind }).Build();

        IReadOnlyList<string> errors = SettingsReader.Read(configuration).Errors;

        Assert.Equal(error is null ? [] : [error], errors);
    }

    /// <summary>Returns a path of each endpoint that is marked as administrative.</summary>
    private static string[] AdministrativePaths(RunningRelay relay) =>
    [
        .. relay.Get<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<AdminEndpoint>() is not null)
            .Select(endpoint => string.Concat(endpoint.RoutePattern.PathSegments.Select(
                segment => "/" + (segment.Parts[0] is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x")))),
    ];

    private static string[] Names(HttpResponseMessage response) => [.. response.Headers.Concat(response.Content.Headers).Select(header => header.Key).Order()];

    private Uri Admin(string path, string scheme = "http") => new(string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{_port}{path}"));
}
