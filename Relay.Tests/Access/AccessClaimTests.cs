using System.Text.Json.Nodes;

namespace Cecelia.Relay.Tests.Access;

/// <summary>The configurable names of claims, and the tolerated difference of clocks.</summary>
public sealed class AccessClaimTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Rights_can_be_claims_of_the_token_itself_and_the_user_another_claim()
    {
        using var issuer = new TokenIssuer();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url, options => options with { Tokens = issuer.Options with { Claim = "", UserClaim = "email" } });
        JsonObject claims = TokenIssuer.Claims(null, all =>
        {
            all.Remove("sub");
            all["email"] = "ada@example";
            foreach ((string name, JsonNode? value) in TokenIssuer.Everything("read").ToArray()) all[name] = value?.DeepClone();
        });
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket, token: issuer.Sign(claims));

        Assert.Equal("ada@example", client.Hello.GetProperty("access").GetProperty("user").GetString());
        Assert.Equal("read", client.Hello.GetProperty("access").GetProperty("role").GetString());
    }

    [Theory]
    [InlineData("exp", -100, null)]
    [InlineData("exp", -700, "token_expired")]
    [InlineData("nbf", 100, null)]
    [InlineData("nbf", 700, "token_not_yet_valid")]
    public async Task Clocks_may_differ_by_the_setting(string claim, int seconds, string? error)
    {
        using var issuer = new TokenIssuer();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url, options => options with { Tokens = issuer.Options with { ClockSkew = TimeSpan.FromMinutes(10) } });
        string token = issuer.Issue(TokenIssuer.Everything("read"), claims => claims[claim] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds);

        Assert.Equal(error, (await relay.AskAsync("/api/v1/state", token)).Error());
    }
}
