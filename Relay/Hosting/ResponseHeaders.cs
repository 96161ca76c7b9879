using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Hosting;

/// <summary>Sets the security headers of every HTTP response. Endpoints replace <c>Cache-Control</c> where a response may be stored.</summary>
internal static class ResponseHeaders
{
    /// <summary>30 days: browsers apply it to all ports of the host.</summary>
    private const string Hsts = "max-age=2592000";

    /// <summary>Adds the headers to the pipeline. An upgrade gets none, since each would cost memory for as long as its connection lives.</summary>
    public static void UseResponseHeaders(this WebApplication app) => app.Use(next => context =>
    {
        if (context.Request.Headers.Upgrade.Count == 0 && !HttpMethods.IsConnect(context.Request.Method)) Set(context);
        return next(context);
    });

    private static void Set(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Not for loopback: it would break what a developer runs there without TLS.
        if (context.Request.IsHttps && Authority.TryParse(context.Request.Headers.Host.ToString(), out Authority host) && !host.IsLoopback) headers.StrictTransportSecurity = Hsts;
    }
}
