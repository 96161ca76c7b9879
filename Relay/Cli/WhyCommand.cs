using System.CommandLine;
using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>why</c> command: prints what became of an event, or of the events of a task or an execution, at all instances.</summary>
internal static class WhyCommand
{
    public static Command Create(Terminal terminal)
    {
        var key = new Argument<string>("KEY")
        {
            Description = "A position (the id of an event), SOURCE:SEQ, or the publisher's id of an event; with --task or --execution, the id of that.",
        };
        var task = new Option<bool>("--task") { Description = "The key is the id of a task." };
        var execution = new Option<bool>("--execution") { Description = "The key is the id of an execution." };
        var local = new Option<bool>("--local") { Description = "Ask only the instance at the URL." };
        var json = new Option<bool>("--json") { Description = "Print the response of the relay." };
        Option<string?> url = RelayApi.UrlOption();
        var command = new Command(
            "why",
            "Print why clients received an event, or did not: when it came, from which publisher, whether it was refused, and to which connections it was "
                + "given.\nExit code 0: every instance answered; 1: one did not, or the relay did not respond.") { key, task, execution, local, json, url };
        SettingOptions.AddTo(command);
        HelpPage.AddTo(command, terminal, "Relay why brain:1207", "Relay why --task T-17 --url http://localhost:5221", "Relay why --json brain:1207 | jq");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            EffectiveSettings effective = EffectiveSettings.Load(terminal, SettingOptions.Given(parsed.CommandResult));
            using RelayApi? relay = RelayApi.Create(terminal, parsed.GetValue(url), effective);
            if (relay is null) return ExitCode.Usage;
            string kind = parsed.GetValue(task) ? "tasks" : parsed.GetValue(execution) ? "executions" : "events";
            string path = $"/api/v1/{kind}/{Uri.EscapeDataString(parsed.GetValue(key)!)}/trace{(parsed.GetValue(local) ? "?local" : "")}";
            using JsonDocument? response = await relay.GetAsync(path, terminal, cancellationToken);
            if (response is null) return ExitCode.Failed;
            if (parsed.GetValue(json)) await terminal.Out.WriteLineAsync(response.RootElement.GetRawText());
            else WhyText.Write(terminal.Out, response.RootElement);
            return AdminText.IsComplete(response.RootElement) ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }
}
