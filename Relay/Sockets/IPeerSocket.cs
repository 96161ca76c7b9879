using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cecelia.Relay.Fanout;
using Microsoft.AspNetCore.Connections.Features;

namespace Cecelia.Relay.Sockets;

/// <summary>
/// The socket under a connection: an <see cref="EpollSocket"/> or a <see cref="KestrelSocket"/>. With TLS it carries the encrypted bytes, and with HTTP/2
/// it carries several connections. Any thread.
/// </summary>
internal interface IPeerSocket
{
    /// <summary>Sends the end of the stream after the bytes in the socket's buffer. Nothing may be sent after it. Does nothing if the peer is gone.</summary>
    void EndSending();

    /// <summary>Ends reading as if the peer had closed. Bytes in the socket's buffer are still sent. Does nothing if the peer is gone.</summary>
    void StopReading();

    /// <summary>Limits how long sent bytes may stay unacknowledged, in milliseconds. Only on Linux and only with TCP; otherwise it does nothing.</summary>
    void LimitUnacknowledgedTime(int limitMs);

    /// <summary>
    /// Creates the sink that sends directly to the socket, without TLS or HTTP/2. Called at most once, after the response headers have been sent.
    /// </summary>
    ISink MakeSink(Client client);
}

/// <summary>Finds the socket of a request.</summary>
internal static class PeerSockets
{
    /// <summary>Returns the socket of the request's connection, which other requests share with HTTP/2; null if it has none.</summary>
    public static IPeerSocket? FindPeerSocket(this HttpContext context)
    {
        if (context.Features.Get<EpollConnection>() is { } own) return own.Socket;
        return context.Features.Get<IConnectionSocketFeature>() is { } feature ? new KestrelSocket(feature.Socket) : null;
    }
}

/// <summary>A socket of Kestrel's, which closes it.</summary>
internal sealed class KestrelSocket(Socket socket) : IPeerSocket
{
    public void EndSending() => Shutdown(SocketShutdown.Send);

    public void StopReading() => Shutdown(SocketShutdown.Receive);

    public void LimitUnacknowledgedTime(int limitMs)
    {
        if (!OperatingSystem.IsLinux() || socket.AddressFamily == AddressFamily.Unix) return;
        socket.SetRawSocketOption(Libc.TcpLevel, Libc.TcpUserTimeout, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in limitMs)));
    }

    public ISink MakeSink(Client client) => new SocketSink(socket, client);

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer, or Kestrel, has closed the socket already.
        }
    }
}
