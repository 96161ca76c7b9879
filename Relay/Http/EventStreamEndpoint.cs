using System.Net.Sockets;
using System.Net;
using System.Runtime.InteropServices;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections.Features;

namespace Cecelia.Relay.Http;

/// <summary>Answers requests for an event stream: refuses them by name, or carries one connection from its request to its end.</summary>
internal sealed class EventStreamEndpoint(
    ConnectionOptions options,
    FanoutOptions fanout,
    OriginPolicy origins,
    ConnectionTable table,
    Drain drain,
    ReadinessGate recovery,
    PumpSet pumps,
    TimelineReader feed,
    Instance instance,
    RelayMetrics metrics,
    TimeProvider time,
    ILogger<EventStreamEndpoint> logger)
{
    private const string LastEventId = "Last-Event-ID";

    // tcp(7): IPPROTO_TCP, TCP_USER_TIMEOUT.
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;

    private readonly FaultLog _faults = new(time);

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store, no-transform";
        if (origins.LetRead(context) && Preflight.TryGrant(context)) return Task.CompletedTask;
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        return (Refuse(context, out Filter filter) ?? table.Admit(address, Transport.EventStream)) is { } refusal ? AnswerAsync(context, refusal) : ServeAsync(context, address, filter);
    }

    private Task AnswerAsync(HttpContext context, RequestRefusal refusal)
    {
        metrics.ConnectionRefused(refusal.Reason, Transport.EventStream.ToWireName());
        ConnectionLog.Refused(logger, refusal.Reason);
        return refusal.AnswerAsync(context);
    }

    private RequestRefusal? Refuse(HttpContext context, out Filter filter)
    {
        filter = Filter.None;
        if (!origins.LetRead(context)) return RequestRefusal.OriginNotAllowed;
        if (!HttpMethods.IsGet(context.Request.Method)) return RequestRefusal.NotGet;
        if (drain.IsClosing) return RequestRefusal.ShuttingDown;
        if (!options.Enabled) return RequestRefusal.Disabled;
        return FilterQuery.Read(context.Request, out filter);
    }

    /// <summary>One method to the end, because each level of awaiting costs every idle connection 150 bytes.</summary>
    private async Task ServeAsync(HttpContext context, IPAddress address, Filter filter)
    {
        View? view = null;
        StartPoint? start = null;
        EventStreamConnection? connection = null;
        try
        {
            FrameEncoding encoding = Sinks.IsBare(context) && HttpProtocol.IsHttp11(context.Request.Protocol) ? FrameEncoding.ChunkedEventStream : FrameEncoding.EventStream;
            var greeting = new RelayGreeting(context.Connection.Id, instance.Name, options, null, time, encoding);
            if (recovery.IsClosed)
            {
                await recovery.WaitAsync(context.RequestAborted);
                if (drain.IsClosing)
                {
                    await AnswerAsync(context, RequestRefusal.ShuttingDown);
                    return;
                }
            }

            view = feed.Acquire(new ViewKind(filter, WireFormat.Subprotocol, encoding));
            if (view is null)
            {
                await AnswerAsync(context, RequestRefusal.TooManyFilters);
                return;
            }

            long loads = feed.TakeOvers;
            start = await feed.ResumeOrResetAsync(view, Since(context.Request), greeting.Hello, context.RequestAborted);
            if (start is null)
            {
                await AnswerAsync(context, RequestRefusal.Overloaded);
                return;
            }

            await BeginAsync(context);
            connection = Open(context, view, start, greeting);
            // The client has it. Kept here, it would hold its snapshot for as long as the connection lives, and no budget would know of that.
            start = null;
            Start(connection, loads);
            await connection.Completion;
        }
        catch (Exception gone) when (connection is null && gone is (IOException or OperationCanceledException or ObjectDisposedException or SocketException))
        {
            // The peer vanished before anything was said.
        }
        catch (Exception fault)
        {
            connection?.Fail();
            ConnectionLog.Fault(logger, _faults, fault);
            connection?.Abort();
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
                table.Release(address, Transport.EventStream);
            }
        }
    }

    /// <summary>The position that the client had, if it had one. A browser that comes back by itself asks for the same address again and says in the header what it had last.</summary>
    private static string? Since(HttpRequest request)
    {
        string header = request.Headers[LastEventId].ToString();
        string since = header.Length > 0 ? header : request.Query["since"].ToString();
        return since.Length > 0 ? since : null;
    }

    private Task BeginAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        // nginx holds answers back until it has some kilobytes of them, unless it is told not to.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket) LimitSilence(socket);
        // Where frames go straight to the socket, the headers are out when this has ended.
        return context.Response.Body.FlushAsync(context.RequestAborted);
    }

    /// <summary>
    /// Such a client says nothing. That the way to it is gone shows only by pings that it does not acknowledge, and the system would wait a quarter of an hour for
    /// those: as long as for a WebSocket's sign of life is enough, or as long as one that takes nothing is kept.
    /// </summary>
    private void LimitSilence(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || options.PingInterval == TimeSpan.Zero) return;
        int limitMs = (int)Math.Max(2 * options.PingInterval.TotalMilliseconds, fanout.SendTimeout.TotalMilliseconds);
        socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in limitMs)));
    }

    private EventStreamConnection Open(HttpContext context, View view, StartPoint start, RelayGreeting greeting)
    {
        int pump = pumps.NextIndex();
        var connection = new EventStreamConnection(context, options, time, feed, pumps.All[pump], view.On(pump), start, greeting);
        connection.Client.Sink = Sinks.Make(context, context.Response.Body, connection.Client);
        table.Add(connection);
        return connection;
    }

    /// <summary>The connection is in the table, and whatever fails from here on ends it.</summary>
    private void Start(EventStreamConnection connection, long loads)
    {
        metrics.ConnectionOpened(Transport.EventStream.ToWireName());
        ConnectionLog.Opened(logger);
        // It was greeted with a state that is not true any more, and was not in the table yet when the others were greeted again.
        if (feed.TakeOvers != loads) connection.Resync();
        connection.Client.Wake();
    }

    private void Unregister(EventStreamConnection connection)
    {
        table.Remove(connection);
        metrics.ConnectionClosed(connection.ClosedWith, Transport.EventStream.ToWireName());
        ConnectionLog.Closed(logger, connection.ClosedWith, connection.Reason, connection.Age.TotalSeconds, connection.Client.Delivered, connection.Client.Missed);
    }
}
