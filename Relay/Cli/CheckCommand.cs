using System.CommandLine;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>check</c> command: prints the effective configuration and every error in it.</summary>
internal static class CheckCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of a table." };
        var command = new Command(
            "check",
            "Print the effective configuration, with secrets masked, and every error in it.\nTakes the same settings as the relay and starts "
                + "nothing. Exit code 0: valid, 2: invalid.") { json };
        SettingOptions.AddTo(command);
        HelpPage.AddTo(command, terminal, "Relay check", "CECELIA_WS_PORT=70000 Relay check --json");
        command.SetAction((parsed, _) =>
        {
            EffectiveSettings effective = EffectiveSettings.Load(terminal, SettingOptions.Given(parsed.CommandResult));
            var report = new SettingsReport(effective);
            if (parsed.GetValue(json)) report.WriteJson(terminal.Out);
            else report.WriteTable(terminal.Out);
            return Task.FromResult(effective.Errors.Count == 0 ? ExitCode.Done : ExitCode.Usage);
        });
        return command;
    }
}
