using System.Globalization;

namespace Cecelia.Relay.Tests.Cli;

public sealed class HealthTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    [Fact]
    public async Task Health_of_a_running_relay_answers_with_success()
    {
        using var terminal = new TestTerminal(environment: ("CECELIA_WS_PORT", shared.Relay.Port.ToString(CultureInfo.InvariantCulture)));

        Assert.Equal(0, await terminal.RunAsync("health"));

        Assert.Equal("""200 {"status":"ok"}""", terminal.OutLines[^1]);
    }

    [Fact]
    public async Task Health_of_an_address_that_does_not_exist_there_fails_with_its_answer()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(1, await terminal.RunAsync("health", new Uri(shared.Relay.Http, "/nothing").ToString()));

        Assert.StartsWith("404 ", terminal.OutLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_where_nobody_listens_fails_and_names_the_address()
    {
        int port = RedisServer.FreePort();
        using var terminal = new TestTerminal(environment: ("CECELIA_WS_PORT", port.ToString(CultureInfo.InvariantCulture)));

        Assert.Equal(1, await terminal.RunAsync("health"));

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/livez does not answer"), terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_of_what_is_no_address_is_a_mistake_of_use()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(2, await terminal.RunAsync("health", "nonsense"));
    }
}
