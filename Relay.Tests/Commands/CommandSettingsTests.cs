using Cecelia.Relay.Tests.Cli;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>The settings of commands: accepted values, and the errors for others.</summary>
public sealed class CommandSettingsTests
{
    [Theory]
    [InlineData("CECELIA_COMMAND_NAMES", "ping", "ping")]
    [InlineData("CECELIA_COMMAND_NAMES", "start_session,hello", "hello")]
    [InlineData("CECELIA_COMMAND_NAMES", "task_*", "single *")]
    [InlineData("CECELIA_COMMAND_NAMES", "*,start_session", "single *")]
    [InlineData("CECELIA_USER_HEADER", "X User", "valid header name")]
    [InlineData("CECELIA_USER_HEADER", "X-User:", "valid header name")]
    [InlineData("CECELIA_MAX_COMMAND_BYTES", "0", "whole number")]
    [InlineData("CECELIA_MAX_COMMANDS_PER_SECOND", "-1", "whole number")]
    [InlineData("CECELIA_COMMANDS", "perhaps", "true or false")]
    public async Task Invalid_setting_is_an_error(string name, string value, string expectedText)
    {
        using var terminal = new TestTerminal(environment: (name, value));

        Assert.Equal(2, await terminal.RunAsync("check"));

        Assert.Contains(
            terminal.OutLines,
            line => line.StartsWith($"  {name} ", StringComparison.Ordinal) && line.Contains(expectedText, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CECELIA_COMMAND_NAMES", "*")]
    [InlineData("CECELIA_COMMAND_NAMES", "")]
    [InlineData("CECELIA_COMMAND_NAMES", "task_updated,task:created")]
    [InlineData("CECELIA_USER_HEADER", "X-Forwarded-User")]
    [InlineData("CECELIA_MAX_COMMANDS_PER_SECOND", "0")]
    public async Task Valid_setting_is_accepted(string name, string value)
    {
        using var terminal = new TestTerminal(environment: (name, value));

        Assert.Equal(0, await terminal.RunAsync("check"));
    }
}
