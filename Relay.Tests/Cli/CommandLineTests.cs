using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Serve_with_invalid_settings_reports_all_errors_and_does_not_start()
    {
        using var terminal = new TestTerminal(environment: [("CECELIA_WS_PORT", "70000"), ("CECELIA_WS_ENABLED", "perhaps"), ("CECELIA_WS_PRT", "1")])
            .WithAppSettings("""{ "Cecelia": { "OutboundBufferAgeSeconds": "long", "WsBind": { } } }""");

        int exitCode = await terminal.RunAsync("--max-fragments", "0");

        Assert.Equal(2, exitCode);
        Assert.Contains(terminal.ErrorLines, line => line.StartsWith("CECELIA_WS_PORT must be a whole number", StringComparison.Ordinal));
        Assert.Contains(terminal.ErrorLines, line => line.StartsWith("CECELIA_WS_ENABLED must be true or false", StringComparison.Ordinal));
        Assert.Contains(terminal.ErrorLines, line => line.StartsWith("Cecelia:OutboundBufferAgeSeconds must be a number", StringComparison.Ordinal));
        Assert.Contains(terminal.ErrorLines, line => line.Contains("\"WsBind\" must be a string", StringComparison.Ordinal));
        Assert.Contains(terminal.ErrorLines, line => line.StartsWith("--max-fragments must be a whole number", StringComparison.Ordinal));
        Assert.Contains(terminal.ErrorLines, line => line == "CECELIA_WS_PRT is not a setting; did you mean CECELIA_WS_PORT?");
        Assert.Empty(terminal.Out);
    }

    [Fact]
    public async Task Serve_with_malformed_appsettings_reports_file_and_line()
    {
        using TestTerminal terminal = new TestTerminal().WithAppSettings("{\n  \"Cecelia\": {\n");

        Assert.Equal(2, await terminal.RunAsync());

        Assert.Contains("appsettings.json is not valid JSON: line 3", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_option_is_reported_with_a_suggestion_and_the_errors_in_the_settings()
    {
        using var terminal = new TestTerminal(environment: ("CECELIA_WS_PORT", "x"));

        Assert.Equal(2, await terminal.RunAsync("--ws-prt", "3"));

        Assert.Equal("'--ws-prt' is not an option here; did you mean --ws-port?", terminal.ErrorLines[0]);
        Assert.StartsWith("CECELIA_WS_PORT must be", terminal.ErrorLines[1], StringComparison.Ordinal);
        Assert.Equal("See `Relay --help`.", terminal.ErrorLines[2]);
    }

    [Theory]
    [InlineData("wtch", "'wtch' is not a command or argument here; did you mean watch?")]
    [InlineData("--ws-port 1 watch", "--ws-port has no effect before 'watch'")]
    [InlineData("watch --once 0", "--once must be a whole number from 1 to 2,147,483,647, not '0'")]
    [InlineData("watch ftp://x", "'ftp://x' is not a WebSocket URL")]
    [InlineData("demo --slots 0", "--slots must be a whole number from 1")]
    [InlineData("demo --project ,", "--project must name at least one project")]
    [InlineData("publish [1]", "The event is not a JSON object")]
    [InlineData("publish {\"a\":", "The event is not JSON: it ends before")]
    [InlineData("publish {} --redis nowhere", "--redis ")]
    [InlineData("publish {} --number brain --raw", "--number adds fields to the event")]
    [InlineData("publish {\"seq\":1} --number brain", "The event is numbered already: it has a source or seq. Publish it without --number.")]
    public async Task Wrong_usage_is_explained_and_exits_2(string line, string expected)
    {
        using var terminal = new TestTerminal();

        Assert.Equal(2, await terminal.RunAsync(line.Split(' ')));

        Assert.StartsWith(expected, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_without_an_event_at_a_terminal_explains_usage()
    {
        using var terminal = new TestTerminal(isTerminal: true);

        Assert.Equal(2, await terminal.RunAsync("publish"));

        Assert.StartsWith("No event to publish", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_ignores_errors_in_settings_it_does_not_use()
    {
        using var terminal = new TestTerminal(environment: [("CECELIA_WS_PORT", "x"), ("CECELIA_CHANNEL_PREFIX", "a*")]);

        Assert.Equal(2, await terminal.RunAsync("publish", "{}"));

        Assert.StartsWith("CECELIA_CHANNEL_PREFIX must not", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("publish")]
    [InlineData("demo")]
    public async Task Publisher_without_redis_explains_the_failure_and_exits_1(string command)
    {
        // Nothing listens on port 1.
        using var terminal = new TestTerminal("{}\n");

        Assert.Equal(1, await terminal.RunAsync(command, "--redis", "redis://127.0.0.1:1"));

        Assert.Contains("Is Redis running at redis://127.0.0.1:1", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("publish")]
    [InlineData("watch")]
    [InlineData("demo")]
    [InlineData("check")]
    public async Task Help_has_usage_and_an_example(string command)
    {
        using var terminal = new TestTerminal();

        Assert.Equal(0, await terminal.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]));

        Assert.Contains("Usage:\n  Relay", terminal.Out, StringComparison.Ordinal);
        Assert.Matches($"Examples?:\n  .*Relay {command}", terminal.Out);
    }

    [Fact]
    public async Task Help_of_the_relay_lists_every_setting_with_variable_and_default()
    {
        using var terminal = new TestTerminal();

        await terminal.RunAsync("--help");

        // A long default has on a separate line.
        string help = string.Join(' ', terminal.Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        foreach (Setting setting in Settings.All)
        {
            Assert.Contains($"  {setting.CommandLineName} <{setting.Unit}>", terminal.Out, StringComparison.Ordinal);
            Assert.Contains(
                $"{setting.EnvironmentName}, {(setting.Default.Length == 0 ? "empty by default" : $"default {setting.Default}")}",
                help,
                StringComparison.Ordinal);
        }
    }
}
