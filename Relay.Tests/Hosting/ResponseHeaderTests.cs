namespace Cecelia.Relay.Tests.Hosting;

/// <summary>Every answer says that it is not to be sniffed, not to be loaded by other sites, and whether it may be stored.</summary>
public sealed class ResponseHeaderTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/api/v1/status")]
    [InlineData("/api/v1/refused")]
    [InlineData("/api/v1/state")]
    [InlineData("/api/v1/tasks/unknown")]
    [InlineData("/asyncapi.json")]
    [InlineData("/ws")]
    [InlineData("/nowhere")]
    [InlineData("/livez", "POST")]
    [InlineData("/events", "POST")]
    public async Task Response_has_the_security_headers(string path, string method = "GET")
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);

        using HttpResponseMessage response = await relay.SendAsync(new HttpMethod(method), path);

        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.True(response.Headers.CacheControl is { NoStore: true } or { NoCache: true });
        // Without TLS it would be ignored.
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }
}
