using System.Globalization;
using Cecelia.Relay.Tests.Delivery;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Cli;

public sealed class HealthTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    [Fact]
    public async Task Health_of_a_running_relay_succeeds()
    {
        using var terminal = new TestTerminal(environment: ("CECELIA_WS_PORT", shared.Relay.Port.ToString(CultureInfo.InvariantCulture)));

        Assert.Equal(0, await terminal.RunAsync("health"));

        Assert.Equal("""200 {"status":"ok"}""", terminal.OutLines[^1]);
    }

    /// <summary>Runs the health check as the image does, in the environment of the relay, as here.</summary>
    [Theory]
    [InlineData("127.0.0.1", true, "")]
    [InlineData("127.0.0.2", false, "")]
    [InlineData("*", true, "127.0.0.0/8")]
    public async Task Health_uses_the_configured_address_and_protocol(string bind, bool isTls, string proxies)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        (string, string)[] settings =
        [
            ("CECELIA_WS_BIND", bind),
            ("CECELIA_TLS_CERTIFICATE", isTls ? TestCertificate.File : ""),
            ("CECELIA_TRUSTED_PROXIES", proxies),
            ("CECELIA_PROXY_PROTOCOL", proxies.Length > 0 ? "true" : "false"),
        ];
        await using RelayProcess relay = RelayProcess.Start(RedisServer.FreePort(), [("CECELIA_REDIS_URL", redis.Url), .. settings]);
        using var terminal = new TestTerminal(environment: [("CECELIA_WS_PORT", relay.Port.ToString(CultureInfo.InvariantCulture)), .. settings]);

        await Eventually.TrueAsync(async () => await terminal.RunAsync("health") == 0, describe: () => terminal.Error + relay.Output);

        Assert.Equal("""200 {"status":"ok"}""", terminal.OutLines[^1]);
    }

    [Fact]
    public async Task Health_of_an_unknown_path_prints_the_response_and_fails()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(1, await terminal.RunAsync("health", new Uri(shared.Relay.Http, "/nothing").ToString()));

        Assert.StartsWith("404 ", terminal.OutLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_without_a_listener_fails_and_names_the_address()
    {
        int port = RedisServer.FreePort();
        using var terminal = new TestTerminal(environment: ("CECELIA_WS_PORT", port.ToString(CultureInfo.InvariantCulture)));

        Assert.Equal(1, await terminal.RunAsync("health"));

        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/livez does not respond"), terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_with_an_invalid_url_is_a_usage_error()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(2, await terminal.RunAsync("health", "nonsense"));
    }
}
