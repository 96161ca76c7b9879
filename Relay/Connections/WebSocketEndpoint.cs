using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Views;
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
    ViewTable views,
    RelayMetrics metrics,
    TimeProvider time,
    ILogger<WebSocketEndpoint> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if ((Refuse(context, out Filter filter) ?? Admit(address)) is { } refusal)
        {
            metrics.UpgradeRefused(refusal.Word);
            LogRefused(logger, refusal.Word);
            await refusal.AnswerAsync(context);
            return;
        }

        try
        {
            await ServeAsync(context, filter);
        }
        finally
        {
            table.Release(address);
        }
    }

    private UpgradeRefusal? Refuse(HttpContext context, out Filter filter)
    {
        filter = Filter.None;
        if (drain.Begun) return UpgradeRefusal.ShuttingDown;
        if (!options.Enabled) return UpgradeRefusal.Disabled;
        if (Handshake.Check(context) is { } wrong) return wrong;
        if (!origins.Allows(context.Request.Headers.Origin, context.Request.Host.Host)) return UpgradeRefusal.OriginNotAllowed;
        if (!context.Request.QueryString.HasValue) return null;
        IQueryCollection query = context.Request.Query;
        return Filter.TryMake(query["project"], query["task"], query["execution"], query["events"], out filter, out string? why) ? null : UpgradeRefusal.BadFilter(why!);
    }

    private UpgradeRefusal? Admit(IPAddress address) => table.Admit(address) switch
    {
        Admission.Full => UpgradeRefusal.TooManyConnections,
        Admission.AddressFull => UpgradeRefusal.TooManyFromAddress,
        _ => null,
    };

    private async Task ServeAsync(HttpContext context, Filter filter)
    {
        bool deflate = options.Compression && DeflateExtension.CanGrant(context.Request.Headers.SecWebSocketExtensions);
        // The position is taken before the client can know that it is connected: what is published after that reaches it.
        View view = views.Acquire(filter, deflate ? FrameEncoding.Deflate : FrameEncoding.Plain, out LogPosition position);
        try
        {
            await ServeAsync(context, await Handshake.AcceptAsync(context, deflate), deflate, view, position);
        }
        finally
        {
            views.Release(view);
        }
    }

    private async Task ServeAsync(HttpContext context, Stream stream, bool deflate, View view, LogPosition position)
    {
        int pump = pumps.NextIndex();
        var connection = new Connection(context, options, time, deflate, pumps.All[pump], view.On(pump), position);
        connection.Client.Sink = MakeSink(context, stream, connection.Client);
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
