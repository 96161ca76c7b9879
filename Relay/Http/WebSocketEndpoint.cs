using System.Net.Sockets;
using System.Net;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Primitives;

namespace Cecelia.Relay.Http;

/// <summary>Answers requests for a WebSocket: refuses them by name, or carries one connection from its handshake to its end.</summary>
internal sealed class WebSocketEndpoint(
    ConnectionOptions options,
    OriginPolicy origins,
    ConnectionTable table,
    Drain drain,
    ReadinessGate recovery,
    PumpSet pumps,
    TimelineReader feed,
    CommandIntake commands,
    Instance instance,
    RelayMetrics metrics,
    TimeProvider time,
    ILogger<WebSocketEndpoint> logger)
{
    private readonly FaultLog _faults = new(time);

    public void Map(WebApplication app)
    {
        app.Map(WebSocketAddress.All, context => InvokeAsync(context, WebSocketAddress.ReadAll)).WithMetadata(this);
        app.Map(WebSocketAddress.Project + RequestPath.Id, context => InvokeAsync(context, WebSocketAddress.ReadProject)).WithMetadata(this);
        app.Map(WebSocketAddress.Execution + RequestPath.Id, context => InvokeAsync(context, WebSocketAddress.ReadExecution)).WithMetadata(this);
    }

    private Task InvokeAsync(HttpContext context, ReadAddress read)
    {
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        return (Refuse(context, read, out Filter filter, out WireFormat format) ?? table.Admit(address, Transport.WebSocket)) is { } refusal ? AnswerAsync(context, refusal) : ServeAsync(context, address, filter, format);
    }

    private Task AnswerAsync(HttpContext context, RequestRefusal refusal)
    {
        metrics.ConnectionRefused(refusal.Reason, Transport.WebSocket.ToWireName());
        ConnectionLog.Refused(logger, refusal.Reason);
        return refusal.AnswerAsync(context);
    }

    private RequestRefusal? Refuse(HttpContext context, ReadAddress read, out Filter filter, out WireFormat format)
    {
        (filter, format) = (Filter.None, WireFormat.Cecelia);
        if (drain.IsClosing) return RequestRefusal.ShuttingDown;
        if (!options.Enabled) return RequestRefusal.Disabled;
        if (Handshake.Check(context) is { } wrong) return wrong;
        if (!origins.Allows(context.Request)) return RequestRefusal.OriginNotAllowed;
        return read(context, out filter, out format);
    }

    /// <summary>One method from the handshake to the end, because each level of awaiting costs every idle connection 150 bytes.</summary>
    private async Task ServeAsync(HttpContext context, IPAddress address, Filter filter, WireFormat format)
    {
        View? view = null;
        StartPoint? start = null;
        WebSocketConnection? connection = null;
        try
        {
            bool deflate = options.Compression && DeflateExtension.CanGrant(context.Request.Headers.SecWebSocketExtensions);
            FrameEncoding encoding = deflate ? FrameEncoding.Deflate : FrameEncoding.Plain;
            // The subprotocol is the other format of those who are spoken to in System A's.
            RelayGreeting? greeting = format == WireFormat.Cecelia && Handshake.OffersSubprotocol(context) ? new RelayGreeting(context.Connection.Id, instance.Name, options, commands.Options.OfferedNames, time, encoding) : null;
            if (recovery.IsClosed)
            {
                await recovery.WaitAsync(context.RequestAborted);
                if (drain.IsClosing)
                {
                    await AnswerAsync(context, RequestRefusal.ShuttingDown);
                    return;
                }
            }

            view = feed.Acquire(new ViewKind(filter, greeting is null ? format : WireFormat.Subprotocol, encoding));
            if (view is null)
            {
                await AnswerAsync(context, RequestRefusal.TooManyFilters);
                return;
            }

            long loads = feed.TakeOvers;
            // The place is taken before the client can know that it is connected: what is published after that reaches it.
            start = greeting is not null ? await feed.ResumeOrResetAsync(view, Since(context), greeting.Hello, context.RequestAborted)
                : format == WireFormat.Execution ? feed.StartWithSnapshot(view)
                : feed.StartAtHead(view);
            if (start is null)
            {
                await AnswerAsync(context, RequestRefusal.Overloaded);
                return;
            }

            Stream stream = await Handshake.AcceptAsync(context, deflate, greeting is not null);
            connection = Open(context, stream, deflate, view, start, greeting);
            // The client has it. Kept here, it would hold its snapshot for as long as the connection lives, and no budget would know of that.
            start = null;
            Start(connection, loads);
            await connection.ReadAsync(stream);
        }
        catch (Exception gone) when (connection is null && gone is (IOException or OperationCanceledException or ObjectDisposedException or SocketException))
        {
            // The peer vanished during the handshake: there has been no connection, and nobody to tell.
        }
        catch (Exception fault)
        {
            connection?.Fail();
            ConnectionLog.Fault(logger, _faults, fault);
        }
        finally
        {
            try
            {
                start?.Snapshot?.Release();
                if (connection is not null) await connection.EndAsync();
            }
            finally
            {
                // Whatever failed before: what is not given back here leaks.
                if (connection is not null) Unregister(connection);
                if (view is not null) feed.Release(view);
                table.Release(address, Transport.WebSocket);
            }
        }
    }

    /// <summary>The position that the client had, if it had one; more than one make none that is known.</summary>
    private static string? Since(HttpContext context) => context.Request.Query.TryGetValue("since", out StringValues since) && since.ToString() is { Length: > 0 } given ? given : null;

    private WebSocketConnection Open(HttpContext context, Stream stream, bool deflate, View view, StartPoint start, RelayGreeting? greeting)
    {
        int pump = pumps.NextIndex();
        var connection = new WebSocketConnection(context, options, time, deflate, feed, pumps.All[pump], view.On(pump), start, greeting, commands);
        connection.Client.Sink = Sinks.Make(context, stream, connection.Client);
        table.Add(connection);
        return connection;
    }

    /// <summary>The connection is in the table, and whatever fails from here on ends it.</summary>
    private void Start(WebSocketConnection connection, long loads)
    {
        metrics.ConnectionOpened(Transport.WebSocket.ToWireName());
        ConnectionLog.Opened(logger);
        // It was greeted with a state that is not true any more, and was not in the table yet when the others were greeted again.
        if (feed.TakeOvers != loads) connection.Resync();
        connection.Client.Wake();
    }

    private void Unregister(WebSocketConnection connection)
    {
        table.Remove(connection);
        metrics.ConnectionClosed(connection.ClosedWith, Transport.WebSocket.ToWireName());
        ConnectionLog.Closed(logger, connection.ClosedWith, connection.Reason, connection.Age.TotalSeconds, connection.Client.Delivered, connection.Client.Missed);
    }
}
