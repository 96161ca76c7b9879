using System.CommandLine;
using System.Globalization;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>watch</c> command: a terminal client that prints the events of a relay.</summary>
internal static class WatchCommand
{
    public static Command Create(Terminal terminal)
    {
        var address = new Argument<string?>("url")
        {
            HelpName = "URL",
            Arity = ArgumentArity.ZeroOrOne,
            Description = "URL to connect to. Default: ws://localhost:5221/ws, or the port of CECELIA_WS_PORT if it is set.",
        };
        var json = new Option<bool>("--json") { Description = "Print each message as one line of JSON. This is the default if the output is not a terminal." };
        Option<int?> once = NumberOption.CreateOptional("--once", "N", 1, int.MaxValue, "Exit after N events.");
        var command = new Command(
            "watch",
            "Print every event that the relay sends, one per line, until you press Ctrl+C.\nReconnects automatically, and reports the status "
                + "of the connection on standard error. Events that were published while it was disconnected, or that it read too slowly to receive, "
                + "are missing from the output without a message.") { address, json, once };
        HelpPage.AddTo(command, terminal, "Relay watch", "Relay watch wss://relay.example/ws", "Relay watch --json | jq -r .event");
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetValue(address), parsed.GetValue(json) || !terminal.OutIsTerminal, parsed.GetValue(once), terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? address, bool json, int? once, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!WatchUrl.TryParse(address ?? DefaultAddress(terminal), out Uri? url))
        {
            await terminal.Error.WriteLineAsync($"'{address}' is not a WebSocket URL. Examples: ws://localhost:5221/ws, wss://relay.example/ws");
            return ExitCode.Usage;
        }

        var format = new EventFormat(terminal.Time.LocalTimeZone, terminal.Color);
        int remaining = once ?? int.MaxValue;
        // Jitter does not need a cryptographic generator.
#pragma warning disable CA5394
        var backoff = new Backoff(Random.Shared.NextDouble);
#pragma warning restore CA5394
        return await new WatchClient(url, Show, backoff, terminal).RunAsync(cancellationToken);

        bool Show(ReadOnlyMemory<byte> message)
        {
            terminal.Out.WriteLine(json ? RawLine.Format(message) : format.Format(message, terminal.Time.GetUtcNow(), terminal.Width()));
            return once is null || --remaining > 0;
        }
    }

    private static string DefaultAddress(Terminal terminal)
    {
        int port = EffectiveSettings.Load(terminal).Options.Port;
        return string.Create(CultureInfo.InvariantCulture, $"ws://localhost:{(port == 0 ? 5221 : port)}/ws");
    }
}
