using System.Text.Json;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Access;

/// <summary>The information about servers that clients get while Redis is away.</summary>
public sealed class AccessOutageTests
{
    [Theory]
    [InlineData("read", false)]
    [InlineData("command", true)]
    public async Task Address_of_Redis_is_not_for_readers(string role, bool hasReason)
    {
        using var issuer = new TokenIssuer();
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", redis.Port), issuer.Require);
        string token = issuer.Issue(TokenIssuer.Everything(role));
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket, token: token);
        await client.ReceiveSnapshotAsync();

        await redis.StopAsync();
        SubprotocolMessage link = await client.ReceiveAsync("relay:link");
        await using SubprotocolClient late = await SubprotocolClient.ConnectAsync(relay.WebSocket, token: token);
        JsonElement state = JsonDocument.Parse((await relay.AskAsync("/api/v1/state", token)).Body).RootElement.GetProperty("link");

        foreach (JsonElement status in (JsonElement[])[link.Data, late.Hello.GetProperty("link"), state])
        {
            Assert.Equal("degraded", status.GetProperty("status").GetString());
            Assert.Equal(hasReason, status.GetProperty("reason").ValueKind == JsonValueKind.String);
            Assert.Equal(hasReason, status.GetRawText().Contains("127.0.0.1", StringComparison.Ordinal));
        }
    }
}
