using System.CommandLine;
using System.Globalization;

namespace Cecelia.Relay.Cli;

/// <summary><c>watch</c>: a terminal client that prints what the relay sends.</summary>
internal static class WatchCommand
{
    public static Command Create(Terminal terminal)
    {
        var address = new Argument<string?>("url")
        {
            HelpName = "URL",
            Arity = ArgumentArity.ZeroOrOne,
            Description = "Address to watch; default ws://localhost:5221/ws (the configured port, when CECELIA_WS_PORT is set).",
        };
        var json = new Option<bool>("--json") { Description = "Print each message as one line of JSON, as is done anyway when the output is not a terminal." };
        var once = new Option<int?>("--once") { HelpName = "N", Description = "Exit after N events." };
        once.Validators.Add(result =>
        {
            string text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
            bool good = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0;
            if (!good) result.AddError($"--once must be a whole number of at least 1, not '{text}'");
        });
        var command = new Command("watch", "Print every event that the relay sends, one a line, until Ctrl+C.\nReconnects by itself; how the connection stands goes to standard error.") { address, json, once };
        HelpPage.AddTo(command, terminal, "Relay watch", "Relay watch wss://relay.example/ws", "Relay watch --json | jq -r .event");
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetValue(address), parsed.GetValue(json) || !terminal.OutIsTerminal, parsed.GetValue(once), terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? address, bool json, int? once, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!WatchUrl.TryParse(address ?? DefaultAddress(terminal), out Uri? url))
        {
            await terminal.Error.WriteLineAsync($"'{address}' is no WebSocket address; it must look like ws://localhost:5221/ws or wss://relay.example/ws");
            return ExitCode.Usage;
        }

        var format = new EventFormat(terminal.Time.LocalTimeZone, terminal.Colour);
        int left = once ?? int.MaxValue;
        // Jitter wants no secrecy.
#pragma warning disable CA5394
        var backoff = new Backoff(Random.Shared.NextDouble);
#pragma warning restore CA5394
        return await new WatchClient(url, Show, backoff, terminal).RunAsync(cancellationToken);

        bool Show(ReadOnlyMemory<byte> message)
        {
            terminal.Out.WriteLine(json ? RawLine.Format(message) : format.Format(message, terminal.Time.GetUtcNow(), terminal.Width()));
            return once is null || --left > 0;
        }
    }

    private static string DefaultAddress(Terminal terminal)
    {
        int port = EffectiveSettings.Load(terminal).Options.Port;
        return string.Create(CultureInfo.InvariantCulture, $"ws://localhost:{(port == 0 ? 5221 : port)}/ws");
    }
}
