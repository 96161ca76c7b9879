using Cecelia.Relay.Fanout;
using Cecelia.Relay.Sockets;

namespace Cecelia.Relay.Connections;

/// <summary>Selects the transport for the output of a connection.</summary>
internal static class Sinks
{
    /// <summary>
    /// Returns true if there is neither TLS nor HTTP/2 between the socket and the peer, so that the outbound buffer's bytes can be sent unchanged.
    /// </summary>
    public static bool IsBare(HttpContext context) => FindBareSocket(context) is not null;

    /// <summary>Creates the sink of a client.</summary>
    /// <param name="context">The request. Its response headers have been handed to the socket.</param>
    /// <param name="stream">Used if there is no bare socket.</param>
    /// <param name="client">Woken when the sink accepts bytes again.</param>
    public static ISink Make(HttpContext context, Stream stream, Client client) =>
        FindBareSocket(context)?.MakeSink(client) ?? new StreamSink(stream, client, context.RequestAborted);

    private static IPeerSocket? FindBareSocket(HttpContext context) =>
        context.Request.IsHttps || HttpProtocol.IsHttp2(context.Request.Protocol) ? null : context.FindPeerSocket();
}
