using System.CommandLine;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary>The root command: serves until stopped.</summary>
internal static class ServeCommand
{
    public static RootCommand Create(Terminal terminal)
    {
        var command = new RootCommand(
            "Cecelia relay: delivers the events that are published to Redis to WebSocket and server-sent-event clients.\nWithout a command it serves. "
                + "All settings are optional: the defaults are port 5221 and a local or embedded Redis.");
        SettingOptions.AddTo(command);
        HelpPage.AddTo(
            command,
            terminal,
            "Relay                                   serve; then, in other terminals:",
            "Relay watch                             print every event",
            "Relay demo                              publish the events of a simulated Brain");
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        EffectiveSettings effective = EffectiveSettings.Load(terminal, SettingOptions.Given(parsed.CommandResult));
        if (effective.Errors.Count == 0) return await RelayHost.RunAsync(effective.Options, effective.Notices, cancellationToken);

        foreach (string line in effective.Errors.Concat(effective.Notices)) await terminal.Error.WriteLineAsync(line);
        await terminal.Error.WriteLineAsync("The relay was not started. `Relay check` prints the effective configuration.");
        return ExitCode.Usage;
    }
}
