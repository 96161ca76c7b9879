using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Sockets;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Cecelia.Relay.Connections;

/// <summary>Accepts connections while there is capacity for them (<see cref="AcceptedSockets"/>). For one caller at a time, such as Kestrel.</summary>
/// <param name="inner">The listener of Kestrel's own transport, or of the epoll transport, which this object owns.</param>
/// <param name="sockets">Counts the accepted sockets.</param>
/// <param name="sendBufferBytes">SO_SNDBUF of every socket; zero keeps the operating system's default.</param>
/// <param name="time">The clock that limits the rate of log messages.</param>
/// <param name="logger">Logs failures to accept.</param>
internal sealed partial class CountedListener(
    IConnectionListener inner,
    AcceptedSockets sockets,
    int sendBufferBytes,
    TimeProvider time,
    ILogger<CountedListener> logger)
    : IConnectionListener
{
    private readonly CancellationTokenSource _unbound = new();
    private readonly ReasonLog _failures = new(time);

    public EndPoint EndPoint => inner.EndPoint;

    /// <summary>Returns the next connection, or null when the listener is unbound. Never fails, because Kestrel would stop accepting.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ConnectionContext? accepted = null;
            try
            {
                await sockets.WaitForRoomAsync(_unbound.Token);
                accepted = await inner.AcceptAsync(cancellationToken);
                return accepted is null ? null : sockets.Add(accepted, Prepare(accepted));
            }
            catch (OperationCanceledException) when (_unbound.IsCancellationRequested)
            {
                return null;
            }
            catch (Exception failed) when (failed is SocketException or IOException or ObjectDisposedException or OutOfMemoryException)
            {
                // The peer has disconnected, or no descriptor, memory or thread was available.
                if (accepted is not null) await accepted.DisposeAsync();
                else sockets.AcceptFailed();
                if (_failures.MayLog(failed.Message)) LogAcceptFailed(logger, failed.Message);
            }
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbound.CancelAsync();
        await inner.UnbindAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        _unbound.Dispose();
    }

    /// <summary>Sets the socket's options and returns the number of its descriptor, or zero if it has none.</summary>
    private long Prepare(ConnectionContext accepted)
    {
        // Its options have been set already.
        if (accepted.Features.Get<EpollConnection>() is { } own) return own.Socket.Descriptor;
        if (accepted.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return 0;
        if (sendBufferBytes > 0) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, sendBufferBytes);
        return socket.Handle;
    }

    [LoggerMessage(EventIds.AcceptFailed, LogLevel.Warning, "A connection could not be accepted: {Reason}", EventName = "AcceptFailed")]
    private static partial void LogAcceptFailed(ILogger logger, string reason);
}
