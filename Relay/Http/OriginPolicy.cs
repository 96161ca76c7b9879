using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>
/// Decides which web pages may connect. A browser lets any page open a WebSocket to any host and only tells the server where the page came from, so the
/// server must check (CWE-1385). Clients that are not browsers send no Origin and pass. Immutable.
/// </summary>
internal sealed class OriginPolicy
{
    private readonly HashSet<WebOrigin> _allowed = [];
    private readonly bool _all;
    private readonly bool _anyPort;

    public OriginPolicy(ConnectionOptions options)
    {
        _all = options.AllowedOrigins is ["*"];
        _anyPort = options.OriginAnyPort;
        foreach (string text in options.AllowedOrigins)
        {
            if (WebOrigin.TryParse(text, out WebOrigin origin)) _allowed.Add(origin);
        }
    }

    /// <summary>
    /// True without an Origin, from the host that the request is for, from loopback, from the list, and when the list is <c>*</c>. Of the first two any port is
    /// allowed, or only the request's own host and port (<see cref="ConnectionOptions.OriginAnyPort"/>).
    /// </summary>
    public bool Allows(HttpRequest request)
    {
        string? given = request.Headers.Origin;
        if (string.IsNullOrEmpty(given) || _all) return true;
        if (!WebOrigin.TryParse(given, out WebOrigin origin)) return false;
        if (_allowed.Contains(origin)) return true;
        if (!origin.IsWeb) return false;
        bool isRead = Authority.TryParse(request.Headers.Host.ToString(), out Authority host);
        if (!_anyPort) return isRead && origin.IsSameHost(host);
        return origin.Authority.IsLoopback || (isRead && origin.Authority.Host == host.Host);
    }

    /// <summary>As <see cref="Allows"/>, for a request whose answer a page wants to read: grants the browser that (CORS), whatever the answer will be.</summary>
    public bool LetRead(HttpContext context)
    {
        context.Response.Headers.Vary = "Origin";
        if (!Allows(context.Request)) return false;
        string? origin = context.Request.Headers.Origin;
        if (!string.IsNullOrEmpty(origin)) context.Response.Headers.AccessControlAllowOrigin = origin;
        return true;
    }
}
