using System.CommandLine;
using System.Globalization;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Hosting;

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
            Description = "URL to connect to. Default: ws://localhost:5221/ws, the port of CECELIA_WS_PORT, or the Unix socket of CECELIA_WS_BIND.",
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
        RelayOptions own = address is null ? EffectiveSettings.Load(terminal).Options : new RelayOptions();
        bool isUnix = UnixSocket.TryGetPath(own.Bind, out string? path);
        if (!WatchUrl.TryParse(address ?? DefaultAddress(own, isUnix), out Uri? url))
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
        if (isUnix) await terminal.Error.WriteLineAsync($"-- Watching the relay on {UnixSocket.Prefix}{path}");
        return await new WatchClient(url, Show, backoff, terminal, isUnix ? () => OwnRelay.Handler(own) : null).RunAsync(cancellationToken);

        bool Show(ReadOnlyMemory<byte> message)
        {
            terminal.Out.WriteLine(json ? RawLine.Format(message) : format.Format(message, terminal.Time.GetUtcNow(), terminal.Width()));
            return once is null || --remaining > 0;
        }
    }

    private static string DefaultAddress(RelayOptions own, bool isUnix)
    {
        if (isUnix) return own.Tls.Enabled ? "wss://localhost/ws" : "ws://localhost/ws";
        return string.Create(CultureInfo.InvariantCulture, $"ws://localhost:{(own.Port == 0 ? 5221 : own.Port)}/ws");
    }
}
