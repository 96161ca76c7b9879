using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Cecelia.Relay.Connections;

/// <summary>Accepts connections while there is room for them (<see cref="AcceptedSockets"/>). For one caller at a time, as Kestrel is.</summary>
/// <param name="inner">Kestrel's listener; owned from here on.</param>
/// <param name="sockets">The count.</param>
/// <param name="sendBufferBytes">SO_SNDBUF of each socket, whatever it will carry; zero leaves the choice to the system.</param>
/// <param name="time">Spaces the log lines.</param>
/// <param name="logger">Logs failures to accept.</param>
internal sealed partial class CountedListener(IConnectionListener inner, AcceptedSockets sockets, int sendBufferBytes, TimeProvider time, ILogger<CountedListener> logger)
    : IConnectionListener
{
    private readonly CancellationTokenSource _unbound = new();
    private readonly ReasonLog _failures = new(time);

    public EndPoint EndPoint => inner.EndPoint;

    /// <summary>The next connection; null when the listener is unbound. Never fails, because Kestrel would not accept any more.</summary>
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
                // The peer has gone since, or no descriptor, memory or thread could be had.
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

    /// <summary>Returns the number of the socket's descriptor; zero where there is none.</summary>
    private long Prepare(ConnectionContext accepted)
    {
        if (accepted.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return 0;
        if (sendBufferBytes > 0) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, sendBufferBytes);
        return socket.Handle;
    }

    [LoggerMessage(EventIds.AcceptFailed, LogLevel.Warning, "A connection could not be accepted: {Why}", EventName = "AcceptFailed")]
    private static partial void LogAcceptFailed(ILogger logger, string why);
}
