using System.CommandLine;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary>No subcommand: serve until stopped.</summary>
internal static class ServeCommand
{
    public static RootCommand Create(Terminal terminal)
    {
        var command = new RootCommand("Cecelia relay: events PUBLISHed to Redis go to every WebSocket client that wants them.\nWithout a command it serves; with none of the settings given it just works (port 5221, local Redis).");
        SettingOptions.AddTo(command);
        HelpPage.AddTo(command, terminal, "Relay                                   serve; then, in other terminals:", "Relay watch                             see every event", "Relay demo                              let a simulated Brain publish some");
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        EffectiveSettings effective = EffectiveSettings.Load(terminal, SettingOptions.Given(parsed.CommandResult));
        if (effective.Errors.Count == 0) return await RelayHost.RunAsync(effective.Options, effective.Notices, cancellationToken);

        foreach (string line in effective.Errors.Concat(effective.Notices)) await terminal.Error.WriteLineAsync(line);
        await terminal.Error.WriteLineAsync("Nothing was started. `Relay check` shows the whole configuration.");
        return ExitCode.Usage;
    }
}
