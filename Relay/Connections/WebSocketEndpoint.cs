using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections.Features;

namespace Cecelia.Relay.Connections;

/// <summary>Answers requests for a WebSocket: refuses them by name, or carries one connection from its handshake to its end.</summary>
internal sealed partial class WebSocketEndpoint(
    ConnectionOptions options,
    FanoutOptions fanout,
    OriginPolicy origins,
    ConnectionTable table,
    Drain drain,
    PumpSet pumps,
    View view,
    RelayMetrics metrics,
    TimeProvider time,
    ILogger<WebSocketEndpoint> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if ((Refuse(context) ?? Admit(address)) is { } refusal)
        {
            metrics.UpgradeRefused(refusal.Word);
            LogRefused(logger, refusal.Word);
            await refusal.AnswerAsync(context);
            return;
        }

        try
        {
            await ServeAsync(context);
        }
        finally
        {
            table.Release(address);
        }
    }

    private UpgradeRefusal? Refuse(HttpContext context)
    {
        if (drain.Begun) return UpgradeRefusal.ShuttingDown;
        if (!options.Enabled) return UpgradeRefusal.Disabled;
        if (Handshake.Check(context) is { } wrong) return wrong;
        return origins.Allows(context.Request.Headers.Origin, context.Request.Host.Host) ? null : UpgradeRefusal.OriginNotAllowed;
    }

    private UpgradeRefusal? Admit(IPAddress address) => table.Admit(address) switch
    {
        Admission.Full => UpgradeRefusal.TooManyConnections,
        Admission.AddressFull => UpgradeRefusal.TooManyFromAddress,
        _ => null,
    };

    private async Task ServeAsync(HttpContext context)
    {
        // The position is taken before the client can know that it is connected: what is published after that reaches it.
        LogPosition position = view.Log.End;
        Stream stream;
        Connection connection;
        try
        {
            stream = await Handshake.AcceptAsync(context);
            int pumpIndex = pumps.NextIndex();
            connection = new Connection(context, options, time, pumps.All[pumpIndex], view.Pumped[pumpIndex], position);
            connection.Client.Sink = MakeSink(context, stream, connection.Client);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The peer vanished during the handshake: there has been no connection, and nobody to tell.
            return;
        }

        table.Add(connection);
        metrics.ConnectionOpened();
        LogOpened(logger);
        try
        {
            connection.Client.Writable();
            await connection.ReadAsync(stream);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogFault(logger, fault);
            connection.Close(CloseReason.InternalError);
        }
        finally
        {
            await connection.Client.RemoveAsync();
            table.Remove(connection);
            metrics.ConnectionClosed(connection.ClosedWith);
            LogClosed(logger, connection.ClosedWith, connection.Reason, connection.Age.TotalSeconds, connection.Client.Delivered, connection.Client.Missed);
        }
    }

    private ISink MakeSink(HttpContext context, Stream stream, Client client)
    {
        // A bare socket carries the frames only where nothing stands between it and the peer: HTTP/1.1 without TLS.
        bool bare = !context.Request.IsHttps && HttpProtocol.IsHttp11(context.Request.Protocol);
        if (bare && context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            if (fanout.SendBufferBytes > 0) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, fanout.SendBufferBytes);
            return new SocketSink(socket, client.Writable, context.Abort);
        }

        return new StreamSink(stream, client.Writable, context.Abort, context.RequestAborted);
    }
}
