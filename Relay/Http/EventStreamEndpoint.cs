using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Sockets;

namespace Cecelia.Relay.Http;

/// <summary>Validates requests for an event stream and hands them to the <see cref="ConnectionLifecycle"/>.</summary>
internal sealed class EventStreamEndpoint(
    ConnectionOptions options, FanoutOptions fanout, OriginPolicy origins, ConnectionAdmission admission, ConnectionLifecycle connections,
    TimelineReader timeline, TimeProvider time)
    : IConnectionEndpoint
{
    private const string LastEventId = "Last-Event-ID";

    public Transport Transport => Transport.EventStream;

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store, no-transform";
        if (origins.LetRead(context) && Preflight.TryGrant(context)) return Task.CompletedTask;
        if (Refuse(context, out Filter filter) is { } refusal) return admission.RefuseAsync(context, refusal, Transport);
        bool isChunked = Sinks.IsBare(context) && HttpProtocol.IsHttp11(context.Request.Protocol);
        FrameEncoding encoding = isChunked ? FrameEncoding.ChunkedEventStream : FrameEncoding.EventStream;
        return connections.RunAsync(this, context, new ViewKind(filter, WireFormat.Subprotocol, encoding));
    }

    /// <summary>
    /// Returns the value of <c>Last-Event-ID</c>, otherwise that of <c>since</c>. A browser that reconnects on its own requests the same address again and
    /// sends the last position that it received in the header.
    /// </summary>
    public string? FindPosition(HttpRequest request)
    {
        string header = request.Headers[LastEventId].ToString();
        string position = header.Length > 0 ? header : request.Query["since"].ToString();
        return position.Length > 0 ? position : null;
    }

    public async ValueTask<Stream> AcceptAsync(HttpContext context, ViewKind kind)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        // By default nginx buffers some kilobytes of a response before it forwards any of it.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        // The connection continues without its request, so Kestrel does not get it back for another one (RFC 9112 §9.6).
        if (context.Features.Get<EpollConnection>() is not null) context.Response.Headers.Connection = "close";
        LimitUnacknowledgedTime(context);
        // Frames that go straight to the socket may be sent only after the headers have been.
        await context.Response.Body.FlushAsync(context.RequestAborted);
        return context.Response.Body;
    }

    public Connection Open(AcceptedConnection accepted) => new EventStreamConnection(accepted, options, time, timeline);

    private RequestRefusal? Refuse(HttpContext context, out Filter filter)
    {
        filter = Filter.None;
        if (!origins.LetRead(context)) return RequestRefusal.OriginNotAllowed;
        if (!HttpMethods.IsGet(context.Request.Method)) return RequestRefusal.NotGet;
        if (admission.Check() is { } closed) return closed;
        return FilterQuery.Read(context.Request, out filter);
    }

    /// <summary>
    /// Limits how long sent bytes may stay unacknowledged. The client of an event stream sends nothing, so a broken network path shows only by pings that TCP
    /// does not deliver, and the operating system would retry those for 15 minutes. The limit is twice the ping interval, as for the heartbeat of a
    /// WebSocket, or the send timeout, whichever is longer.
    /// </summary>
    private void LimitUnacknowledgedTime(HttpContext context)
    {
        if (options.PingInterval == TimeSpan.Zero) return;
        int limitMs = (int)Math.Max(2 * options.PingInterval.TotalMilliseconds, fanout.SendTimeout.TotalMilliseconds);
        context.FindPeerSocket()?.LimitUnacknowledgedTime(limitMs);
    }
}
