using System.Net;

namespace Cecelia.Relay.Tests.Health;

/// <summary>HEAD requests, as monitors send them.</summary>
public sealed class HeadTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/api/v1/status")]
    [InlineData("/api/v1/refused")]
    public async Task Head_is_answered_like_get_without_a_body(string path)
    {
        using HttpResponseMessage response = await shared.Relay.SendAsync(HttpMethod.Head, path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 0);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }
}
