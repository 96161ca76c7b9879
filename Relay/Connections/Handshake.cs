using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Cecelia.Relay.Connections;

/// <summary>The server side of the opening handshake (RFC 6455 §4.2, RFC 8441 for HTTP/2).</summary>
internal static class Handshake
{
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const string Version = "13";

    /// <summary>The subprotocol with the relay's own messages (PROTOCOL.md, <i>Subprotocol</i>).</summary>
    public const string Subprotocol = "cecelia.v1";

    /// <summary>Returns null if the request can be upgraded, otherwise the refusal.</summary>
    public static RequestRefusal? Check(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        bool isWebSocket = IsExtendedConnect(context)
            || (
                HttpMethods.IsGet(context.Request.Method)
                    && HttpProtocol.IsHttp11(context.Request.Protocol)
                    && HasToken(headers.Upgrade.ToString(), "websocket")
                    && HasToken(headers.Connection.ToString(), "upgrade"));
        if (!isWebSocket) return RequestRefusal.NotAnUpgrade;
        if (headers.SecWebSocketVersion != Version) return RequestRefusal.WrongVersion;
        if (!IsExtendedConnect(context) && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            return RequestRefusal.BodyNotAllowed;
        }

        if (!IsExtendedConnect(context) && !IsKey(headers.SecWebSocketKey.ToString())) return RequestRefusal.BadKey;
        return null;
    }

    /// <summary>Returns true if the client offers the relay subprotocol, alone or among others.</summary>
    public static bool OffersSubprotocol(HttpContext context) =>
        context.Request.Headers.SecWebSocketProtocol.ToString().Split(',', StringSplitOptions.TrimEntries).Contains(Subprotocol, StringComparer.Ordinal);

    public static bool IsExtendedConnect(HttpContext context) =>
        context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" };

    /// <summary>Accepts the request. Returns the stream of the connection after the response has been handed to the socket.</summary>
    public static async ValueTask<Stream> AcceptAsync(HttpContext context, bool deflate, bool subprotocol)
    {
        if (subprotocol) context.Response.Headers.SecWebSocketProtocol = Subprotocol;
        if (deflate) context.Response.Headers.SecWebSocketExtensions = DeflateExtension.Granted;
        if (IsExtendedConnect(context))
        {
            return await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        }

        IHeaderDictionary headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.Connection = HeaderNames.Upgrade;
        headers.SecWebSocketAccept = AcceptValue(context.Request.Headers.SecWebSocketKey.ToString());
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    /// <summary>
    /// Returns the value of <c>Sec-WebSocket-Accept</c> (RFC 6455 §4.2.2 item 5.4). The protocol specifies SHA-1, and no secret depends on it.
    /// </summary>
    public static string AcceptValue(string key)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // The protocol specifies SHA-1.
        SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid), hash);
#pragma warning restore CA5350
        return Convert.ToBase64String(hash);
    }

    private static bool IsKey(string key)
    {
        Span<byte> decoded = stackalloc byte[24];
        return key.Length == 24 && Convert.TryFromBase64String(key, decoded, out int length) && length == 16;
    }

    private static bool HasToken(string header, string token) =>
        header.Split(',', StringSplitOptions.TrimEntries).Contains(token, StringComparer.OrdinalIgnoreCase);
}
