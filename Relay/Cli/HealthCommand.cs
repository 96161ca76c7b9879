using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>health</c> command: requests the liveness of a running relay. Health checks of containers use it, since the image has no curl.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    public static Command Create(Terminal terminal)
    {
        var url = new Argument<string?>("URL")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description =
                "URL to request. Default: /livez of the relay on this machine, at the configured address and port, with HTTPS if a certificate is configured.",
        };
        var command = new Command(
            "health",
            "Request the liveness of a running relay, or any URL.\nExit code 0: the response was a success; 1: it was not, or there was no response.") { url };
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

    /// <summary>Returns the URL of a relay with these options on this machine.</summary>
    private static string OwnAddress(RelayOptions options)
    {
        // "*" and "localhost" include the loopback address.
        IPAddress bound = IPAddress.TryParse(options.Bind, out IPAddress? address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? address
            : IPAddress.Loopback;
        return string.Create(CultureInfo.InvariantCulture, $"{(options.Tls.Enabled ? "https" : "http")}://{new IPEndPoint(bound, options.Port)}/livez");
    }

    /// <summary>
    /// Creates the handler for the relay on this machine. The certificate is for the public name and is not verified, and no HTTP proxy is used.
    /// </summary>
    private static SocketsHttpHandler OwnHandler(RelayOptions options) => new()
    {
        UseProxy = false,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(options.Connections, context.DnsEndPoint, cancellationToken),
#pragma warning disable CA5359 // The request contains no secret and goes to this machine.
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
    };

    /// <summary>Connects, and sends a PROXY protocol header if the relay trusts this machine as a proxy: it would refuse a connection without one.</summary>
    private static async ValueTask<Stream> ConnectAsync(ConnectionOptions options, DnsEndPoint relay, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(relay, cancellationToken);
            if (options.ProxyProtocol && socket.LocalEndPoint is IPEndPoint local && options.Trusts(local.Address))
            {
                await socket.SendAsync("PROXY UNKNOWN\r\n"u8.ToArray(), cancellationToken);
            }

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
            await terminal.Error.WriteLineAsync($"'{address}' is not an http:// or https:// URL.");
            return ExitCode.Usage;
        }

        try
        {
            using HttpResponseMessage response = await client.GetAsync(uri, cancellationToken);
            string body = await response.Content.ReadAsStringAsync(cancellationToken);
            await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {body}"));
            return response.IsSuccessStatusCode ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            string reason = failure is TaskCanceledException
                ? string.Create(CultureInfo.InvariantCulture, $"no response within {Deadline.TotalSeconds} s")
                : failure.Message;
            await terminal.Error.WriteLineAsync($"{uri} does not respond: {reason}");
            return ExitCode.Failed;
        }
    }
}
