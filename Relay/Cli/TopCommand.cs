using System.CommandLine;
using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>top</c> command: shows the connections of all instances, those that are furthest behind first.</summary>
internal static class TopCommand
{
    public static Command Create(Terminal terminal)
    {
        var local = new Option<bool>("--local") { Description = "Ask only the instance at the URL." };
        var once = new Option<bool>("--once") { Description = "Print the table once." };
        Option<int> rows = NumberOption.Create("--rows", "N", 1, 2000, 20, "Number of connections in the table.");
        Option<double> interval = NumberOption.Create("--interval", "SECONDS", 0.5, 3600, 2.0, "Time between two requests.");
        Option<string?> url = RelayApi.UrlOption();
        var command = new Command(
            "top",
            "Show the connections of all instances, those that are furthest behind first, until you press Ctrl+C.\nIf the output is not a terminal, print one "
                + "line and exit. Exit code 1: the relay did not respond.") { local, once, rows, interval, url };
        SettingOptions.AddTo(command);
        HelpPage.AddTo(command, terminal, "Relay top", "Relay top --once --rows 100 --url http://localhost:5221");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            EffectiveSettings effective = EffectiveSettings.Load(terminal, SettingOptions.Given(parsed.CommandResult));
            using RelayApi? relay = RelayApi.Create(terminal, parsed.GetValue(url), effective);
            if (relay is null) return ExitCode.Usage;
            string path = parsed.GetValue(local) ? "/api/v1/connections?local" : "/api/v1/connections";
            bool isOnce = parsed.GetValue(once) || !terminal.OutIsTerminal;
            int count = parsed.GetValue(once) || terminal.OutIsTerminal ? parsed.GetValue(rows) : 0;
            try
            {
                while (true)
                {
                    using JsonDocument? response = await relay.GetAsync(path, terminal, cancellationToken);
                    if (response is null) return ExitCode.Failed;
                    // Home and clear; a terminal without these sequences gets one table below the other.
                    if (!isOnce && terminal.Environment.GetValueOrDefault("TERM") != "dumb") await terminal.Out.WriteAsync("\u001b[H\u001b[2J");
                    foreach (string line in TopTable.Lines(response.RootElement, count, terminal.Time.GetUtcNow())) await terminal.Out.WriteLineAsync(line);
                    if (isOnce) return ExitCode.Done;
                    await Task.Delay(TimeSpan.FromSeconds(parsed.GetValue(interval)), terminal.Time, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return ExitCode.Done;
            }
        });
        return command;
    }
}
