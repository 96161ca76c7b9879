using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary><c>health</c>: asks a running relay whether it is alive; what a container's health check calls where there is no curl.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    public static Command Create(Terminal terminal)
    {
        var url = new Argument<string?>("URL") { Arity = ArgumentArity.ZeroOrOne, Description = "What to ask. Default: /livez on this machine, at the configured address and port, by HTTPS where a certificate is configured." };
        var command = new Command("health", "Ask a running relay whether it is alive, or whatever URL answers.\nExit code 0: it answered with success; 1: it did not.") { url };
        SettingOptions.AddTo(command);
        HelpPage.AddTo(command, terminal, "Relay health", "Relay health http://localhost:5221/readyz");
        command.SetAction((parsed, cancellationToken) =>
        {
            EffectiveSettings effective = EffectiveSettings.Load(terminal, SettingOptions.Given(parsed.CommandResult));
            return parsed.GetValue(url) is { } given
                ? AskAsync(terminal, given, new SocketsHttpHandler(), cancellationToken)
                : AskAsync(terminal, OwnAddress(effective.Options), OwnHandler(effective.Options), cancellationToken);
        });
        return command;
    }

    /// <summary>Where a relay with these options answers on this machine.</summary>
    private static string OwnAddress(RelayOptions options)
    {
        // "*" and "localhost" are loopback too.
        IPAddress bound = IPAddress.TryParse(options.Bind, out IPAddress? address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) ? address : IPAddress.Loopback;
        return string.Create(CultureInfo.InvariantCulture, $"{(options.Tls.Enabled ? "https" : "http")}://{new IPEndPoint(bound, options.Port)}/livez");
    }

    /// <summary>For the relay on this machine: its certificate is for its public name, and its address needs no HTTP proxy.</summary>
    private static SocketsHttpHandler OwnHandler(RelayOptions options) => new()
    {
        UseProxy = false,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(options.Connections, context.DnsEndPoint, cancellationToken),
#pragma warning disable CA5359 // Nothing secret is sent, and the address is this machine's.
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
    };

    /// <summary>A relay that trusts this machine as a proxy takes no connection without the header of the PROXY protocol.</summary>
    private static async ValueTask<Stream> ConnectAsync(ConnectionOptions options, DnsEndPoint relay, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(relay, cancellationToken);
            if (options.ProxyProtocol && socket.LocalEndPoint is IPEndPoint local && options.Trusts(local.Address)) await socket.SendAsync("PROXY UNKNOWN\r\n"u8.ToArray(), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<int> AskAsync(Terminal terminal, string address, SocketsHttpHandler handler, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(handler) { Timeout = Deadline };
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            await terminal.Error.WriteLineAsync($"'{address}' is no http:// or https:// URL.");
            return ExitCode.Usage;
        }

        try
        {
            using HttpResponseMessage response = await client.GetAsync(uri, cancellationToken);
            string body = await response.Content.ReadAsStringAsync(cancellationToken);
            await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {body}"));
            return response.IsSuccessStatusCode ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception silent) when (silent is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            await terminal.Error.WriteLineAsync($"{uri} does not answer: {silent.Message}");
            return ExitCode.Failed;
        }
    }
}
