using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Microsoft.Extensions.Primitives;

namespace Cecelia.Relay.Http;

/// <summary>Validates requests for a WebSocket and hands them to the <see cref="ConnectionLifecycle"/>.</summary>
internal sealed class WebSocketEndpoint(
    ConnectionOptions options, OriginPolicy origins, ConnectionAdmission admission, ConnectionLifecycle connections,
    TimelineReader timeline, CommandIntake commands, TimeProvider time)
    : IConnectionEndpoint
{
    public Transport Transport => Transport.WebSocket;

    public void Map(WebApplication app)
    {
        app.Map(WebSocketAddress.All, context => InvokeAsync(context, WebSocketAddress.ReadAll)).WithMetadata(this, AccessRule.WebSocket);
        app.Map(
            WebSocketAddress.Project + RequestPath.Id, context => InvokeAsync(context, WebSocketAddress.ReadProject))
            .WithMetadata(this, AccessRule.WebSocket);
        app.Map(
            WebSocketAddress.Execution + RequestPath.Id, context => InvokeAsync(context, WebSocketAddress.ReadExecution))
            .WithMetadata(this, AccessRule.WebSocket);
    }

    /// <summary>
    /// Returns the value of <c>since</c>. If it is given more than once, the joined values are not a valid position, and the client is reset.
    /// </summary>
    public string? FindPosition(HttpRequest request) =>
        request.Query.TryGetValue("since", out StringValues since) && since.ToString() is { Length: > 0 } position ? position : null;

    public ValueTask<Stream> AcceptAsync(HttpContext context, ViewKind kind) =>
        Handshake.AcceptAsync(context, deflate: kind.Encoding == FrameEncoding.Deflate, subprotocol: kind.Format == WireFormat.Subprotocol);

    public Connection Open(AcceptedConnection accepted) => new WebSocketConnection(accepted, options, time, timeline, commands);

    private Task InvokeAsync(HttpContext context, ReadAddress read)
    {
        // A browser does not show why a handshake was refused. The client learns it by a request with its token, which needs a preflight.
        if (origins.LetRead(context) && Preflight.TryGrant(context)) return Task.CompletedTask;
        if (Refuse(context, read, out Filter filter, out WireFormat format) is { } refusal) return admission.RefuseAsync(context, refusal, Transport);
        // The relay subprotocol is an alternative to the Cecelia format only.
        if (format == WireFormat.Cecelia && Handshake.OffersSubprotocol(context)) format = WireFormat.Subprotocol;
        bool deflate = options.Compression && DeflateExtension.CanGrant(context.Request.Headers.SecWebSocketExtensions);
        return connections.RunAsync(this, context, new ViewKind(filter, format, deflate ? FrameEncoding.Deflate : FrameEncoding.Plain));
    }

    private RequestRefusal? Refuse(HttpContext context, ReadAddress read, out Filter filter, out WireFormat format)
    {
        (filter, format) = (Filter.None, WireFormat.Cecelia);
        if (admission.Check() is { } closed) return closed;
        if (Handshake.Check(context) is { } invalid) return invalid;
        if (!origins.Allows(context.Request)) return RequestRefusal.OriginNotAllowed;
        return read(context, out filter, out format);
    }
}
