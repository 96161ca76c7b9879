namespace Cecelia.Relay.Http;

/// <summary>Sets the security headers of every HTTP response. Endpoints replace <c>Cache-Control</c> where a response may be stored.</summary>
internal static class ResponseHeaders
{
    /// <summary>30 days. Not longer, because browsers apply it to all ports of the host.</summary>
    private const string Hsts = "max-age=2592000";

    /// <summary>
    /// Adds the middleware. A WebSocket endpoint sets the headers itself when it refuses a request, because a connection would hold their memory for its
    /// whole life.
    /// </summary>
    public static void UseResponseHeaders(this WebApplication app) => app.Use(next => context =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<WebSocketEndpoint>() is null) Set(context);
        return next(context);
    });

    /// <summary>Sets the headers of one response.</summary>
    public static void Set(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        // Not for loopback: it would affect other services that a developer runs there without TLS.
        if (context.Request.IsHttps && Authority.TryParse(context.Request.Headers.Host.ToString(), out Authority host) && !host.IsLoopback)
        {
            headers.StrictTransportSecurity = Hsts;
        }
    }
}
