using Cecelia.Relay.Fanout;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Cecelia.Relay.Connections;

/// <summary>Which way out a connection has.</summary>
internal static class Sinks
{
    /// <summary>Nothing stands between the socket and the peer, neither TLS nor HTTP/2: what is in the log can go to it as it is.</summary>
    public static bool IsBare(HttpContext context) =>
        !context.Request.IsHttps && !HttpProtocol.IsHttp2(context.Request.Protocol) && context.Features.Get<IConnectionSocketFeature>() is not null;

    /// <param name="context">The request, whose response so far is on its way to the socket.</param>
    /// <param name="stream">Where there is no bare socket.</param>
    /// <param name="client">Whose way out it is.</param>
    public static ISink Make(HttpContext context, Stream stream, Client client)
    {
        if (!IsBare(context)) return new StreamSink(stream, client, context.RequestAborted);
        return new SocketSink(context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket, client);
    }
}
