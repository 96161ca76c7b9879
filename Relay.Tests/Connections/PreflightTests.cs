using System.Net;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>
/// A page that sends <c>Last-Event-ID</c> by <c>fetch</c> causes a preflight request first. If that is refused, the page connects once and cannot resume.
/// </summary>
public sealed class PreflightTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData("/events", "http://localhost:3000")]
    [InlineData("/events", "tauri://localhost")]
    [InlineData("/api/v1/state", "https://xn--bcher-kva.example")]
    [InlineData("/api/v1/tasks/t1", "capacitor://localhost")]
    [InlineData("/asyncapi.json", "http://localhost:3000")]
    public async Task Preflight_of_an_allowed_origin_is_granted(string path, string origin)
    {
        await using RunningRelay relay = await StartAsync();

        using HttpResponseMessage response = await SendPreflightAsync(relay, path, origin);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(origin, response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("GET", response.Headers.GetValues("Access-Control-Allow-Methods").Single());
        Assert.Contains("Last-Event-ID", response.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.Ordinal);
        Assert.Equal("Origin", response.Headers.Vary.Single());
        await relay.WaitForConnectionsAsync(0);
    }

    [Theory]
    [InlineData("/events")]
    [InlineData("/api/v1/state")]
    [InlineData("/asyncapi.json")]
    public async Task Preflight_of_another_origin_is_refused(string path)
    {
        await using RunningRelay relay = await StartAsync();

        using HttpResponseMessage response = await SendPreflightAsync(relay, path, "tauri://elsewhere");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static async Task<HttpResponseMessage> SendPreflightAsync(RunningRelay relay, string path, string origin)
    {
        using var client = new HttpClient { BaseAddress = relay.Http };
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "GET");
        request.Headers.Add("Access-Control-Request-Headers", "last-event-id");
        return await client.SendAsync(request).Within();
    }

    private Task<RunningRelay> StartAsync() => RunningRelay.StartAsync(
        redis.Url,
        options => options with
        {
            Connections = options.Connections with { AllowedOrigins = ["tauri://localhost", "capacitor://localhost", "https://xn--bcher-kva.example"] },
        });
}
