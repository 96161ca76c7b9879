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
        if (UnixSocket.TryGetPath(options.Bind, out _)) return options.Tls.Enabled ? "https://localhost" : "http://localhost";
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
        ConnectCallback = (context, cancellationToken) => ConnectAsync(options, context.DnsEndPoint, cancellationToken),
#pragma warning disable CA5359 // The request contains no secret and goes to this machine.
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
    };

    /// <summary>Connects, and sends a PROXY protocol header if the relay trusts this machine as a proxy: it would refuse a connection without one.</summary>
    private static async ValueTask<Stream> ConnectAsync(RelayOptions options, DnsEndPoint relay, CancellationToken cancellationToken)
    {
        bool isUnix = UnixSocket.TryGetPath(options.Bind, out string? path);
        Socket socket = isUnix ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(isUnix ? new UnixDomainSocketEndPoint(path!) : relay, cancellationToken);
            IPAddress? own = isUnix ? IPAddress.Loopback : (socket.LocalEndPoint as IPEndPoint)?.Address;
            if (options.Connections.ProxyProtocol && own is not null && options.Connections.Trusts(own))
            {
                await socket.SendAsync("PROXY UNKNOWN\r\n"u8.ToArray(), cancellationToken);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException failure) when (isUnix)
        {
            socket.Dispose();
            string reason = failure.SocketErrorCode switch
            {
                SocketError.AddressNotAvailable => "the file does not exist",
                SocketError.ConnectionRefused => "no process listens on it",
                SocketError.AccessDenied => "permission denied: the file's group or mode does not include this user",
                _ => failure.Message.TrimEnd('.'),
            };
            throw new UnixSocketException($"{UnixSocket.Prefix}{path}: {reason}", failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The Unix socket of the relay on this machine cannot be connected to. The message names it.</summary>
internal sealed class UnixSocketException(string message, Exception cause) : IOException(message, cause);
