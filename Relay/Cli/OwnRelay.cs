using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary>The relay on this machine, found by its settings.</summary>
internal static class OwnRelay
{
    /// <summary>Returns the URL of a relay with these options on this machine.</summary>
    public static string Address(RelayOptions options)
    {
        // "*" and "localhost" include the loopback address.
        IPAddress bound = IPAddress.TryParse(options.Bind, out IPAddress? address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? address
            : IPAddress.Loopback;
        return string.Create(CultureInfo.InvariantCulture, $"{(options.Tls.Enabled ? "https" : "http")}://{new IPEndPoint(bound, options.Port)}");
    }

    /// <summary>
    /// Creates the handler for the relay on this machine. The certificate is for the public name and is not verified, and no HTTP proxy is used.
    /// </summary>
    public static SocketsHttpHandler Handler(RelayOptions options) => new()
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
}
