using Cecelia.Relay.Tests.Cli;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>What the settings of commands take, and what they say of a mistake.</summary>
public sealed class CommandSettingsTests
{
    [Theory]
    [InlineData("CECELIA_COMMAND_NAMES", "ping", "ping")]
    [InlineData("CECELIA_COMMAND_NAMES", "start_session,hello", "hello")]
    [InlineData("CECELIA_COMMAND_NAMES", "task_*", "single *")]
    [InlineData("CECELIA_COMMAND_NAMES", "*,start_session", "single *")]
    [InlineData("CECELIA_USER_HEADER", "X User", "request header")]
    [InlineData("CECELIA_USER_HEADER", "X-User:", "request header")]
    [InlineData("CECELIA_MAX_COMMAND_BYTES", "0", "whole number")]
    [InlineData("CECELIA_MAX_COMMANDS_PER_SECOND", "-1", "whole number")]
    [InlineData("CECELIA_COMMANDS", "perhaps", "true or false")]
    public async Task Setting_that_cannot_be_is_a_mistake(string name, string value, string word)
    {
        using var terminal = new TestTerminal(environment: (name, value));

        Assert.Equal(2, await terminal.RunAsync("check"));

        Assert.Contains(terminal.OutLines, line => line.StartsWith($"  {name} ", StringComparison.Ordinal) && line.Contains(word, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CECELIA_COMMAND_NAMES", "*")]
    [InlineData("CECELIA_COMMAND_NAMES", "")]
    [InlineData("CECELIA_COMMAND_NAMES", "task_updated,task:created")]
    [InlineData("CECELIA_USER_HEADER", "X-Forwarded-User")]
    [InlineData("CECELIA_MAX_COMMANDS_PER_SECOND", "0")]
    public async Task Setting_that_can_be_is_taken(string name, string value)
    {
        using var terminal = new TestTerminal(environment: (name, value));

        Assert.Equal(0, await terminal.RunAsync("check"));
    }
}
