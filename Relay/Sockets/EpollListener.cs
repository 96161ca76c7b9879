using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Cecelia.Relay.Sockets;

/// <summary>Accepts connections whose sockets an <see cref="EpollLoop"/> watches. For one caller at a time.</summary>
internal sealed class EpollListener : IConnectionListener
{
    private readonly Socket _socket;
    private readonly EpollLoop _loop;
    private readonly MemoryPool<byte> _pool;
    private readonly int _sendBufferBytes;
    private Socket? _accepted;

    private EpollListener(Socket socket, EpollLoop loop, MemoryPool<byte> pool, int sendBufferBytes)
    {
        (_socket, _loop, _pool, _sendBufferBytes) = (socket, loop, pool, sendBufferBytes);
        EndPoint = socket.LocalEndPoint!;
    }

    public EndPoint EndPoint { get; }

    /// <summary>Binds a socket and listens.</summary>
    /// <param name="endpoint">The address.</param>
    /// <param name="options">Creates the socket; its backlog.</param>
    /// <param name="loop">Watches the accepted sockets. The caller owns it.</param>
    /// <param name="pool">Holds what the connections send and receive. The listener owns it.</param>
    /// <param name="sendBufferBytes">SO_SNDBUF of every socket; zero keeps the operating system's default.</param>
    /// <exception cref="AddressInUseException">Another process listens on the address.</exception>
    /// <exception cref="SocketException">The address cannot be listened on for another reason.</exception>
    public static EpollListener Bind(EndPoint endpoint, SocketTransportOptions options, EpollLoop loop, MemoryPool<byte> pool, int sendBufferBytes)
    {
        Socket? socket = null;
        try
        {
            socket = options.CreateBoundListenSocket(endpoint);
            socket.Listen(options.Backlog);
            return new EpollListener(socket, loop, pool, sendBufferBytes);
        }
        catch (Exception failure)
        {
            socket?.Dispose();
            pool.Dispose();
            // Kestrel tries the other address of "localhost" unless it is this exception.
            if (failure is not SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }) throw;
            throw new AddressInUseException(failure.Message, failure);
        }
    }

    /// <summary>Returns the next connection, or null when the listener is unbound.</summary>
    /// <exception cref="SocketException">The process is out of descriptors or memory. A peer that has been accepted is returned by a later call.</exception>
    /// <exception cref="IOException">The process is out of descriptors or memory. A peer that has been accepted is returned by a later call.</exception>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                _accepted ??= await _socket.AcceptAsync(cancellationToken);
            }
            catch (Exception unbound) when (unbound is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return null;
            }

            // If this throws because the process is out of descriptors, the accepted socket is kept for the next call.
            EpollConnection? connection = TryOpen(_accepted);
            _accepted.Dispose();
            _accepted = null;
            if (connection is not null) return connection;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _accepted?.Dispose();
        _pool.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Returns the connection of an accepted socket, with a descriptor of its own, or null if the peer is gone.</summary>
    private EpollConnection? TryOpen(Socket accepted)
    {
        EndPoint? local;
        EndPoint? remote;
        try
        {
            (local, remote) = (accepted.LocalEndPoint, accepted.RemoteEndPoint);
            if (local is IPEndPoint) accepted.NoDelay = true;
            if (_sendBufferBytes > 0) accepted.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, _sendBufferBytes);
        }
        catch (SocketException)
        {
            return null;
        }

        // .NET has not waited for this socket yet, and so its own epoll set does not have it. Closing its descriptor leaves ours alone.
        int descriptor = Libc.Control((int)accepted.Handle, Libc.DuplicateCloseOnExec, 0);
        if (descriptor < 0) throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        var connection = new EpollConnection(_loop, _pool, descriptor, local, remote);
        try
        {
            connection.Start();
            return connection;
        }
        catch (IOException)
        {
            connection.Socket.Close();
            throw;
        }
    }
}
