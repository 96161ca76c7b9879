using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>The user of a command.</summary>
public sealed partial class CommandTests
{
    [Fact]
    public async Task User_is_taken_from_the_header_of_the_proxy()
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { UserHeader = "X-User" });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient named = await relay.ConnectAsync(configure: options => options.SetRequestHeader("X-User", "ada@example.org"));
        await using TestClient anonymous = await relay.ConnectAsync();

        await named.SendAsync("""{"cmd":"user_input"}""");
        string first = await brain.ReceiveTextAsync();
        await anonymous.SendAsync("""{"cmd":"user_input"}""");
        JsonElement second = await brain.ReceiveAsync();

        Match match = Published().Match(first);
        Assert.True(match.Success, first);
        Assert.Equal("ada@example.org", match.Groups["user"].Value);
        Assert.False(second.TryGetProperty("user", out _));
    }

    [Theory]
    [InlineData("X-User: ada\r\nX-User: bob\r\n")]
    [InlineData("X-User: LONG\r\n")]
    public async Task Command_with_an_ambiguous_or_overlong_user_is_refused(string headers)
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { UserHeader = "X-User" });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);
        RawResponse response = await client.RequestAsync(
            RawClient.UpgradeRequest().Replace(
                "\r\n\r\n", "\r\n" + headers.Replace("LONG", new string('u', 257), StringComparison.Ordinal) + "\r\n", StringComparison.Ordinal));
        Assert.Equal(101, response.Status);

        await client.SendAsync(WireFrame.OfText("""{"cmd":"user_input"}"""));

        Assert.Contains("\"bad_command\"", (await client.ReadMessageAsync()).Text, StringComparison.Ordinal);
        Assert.Equal(0, brain.Waiting);
    }

    [Fact]
    public async Task User_header_that_is_not_configured_is_not_forwarded()
    {
        await using RunningRelay relay = await StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient client = await relay.ConnectAsync(configure: options => options.SetRequestHeader("X-User", "mallory"));

        await client.SendAsync("""{"cmd":"user_input"}""");

        Assert.DoesNotContain("mallory", await brain.ReceiveTextAsync(), StringComparison.Ordinal);
    }
}
