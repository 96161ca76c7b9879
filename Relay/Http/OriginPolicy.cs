using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>
/// Decides which web pages may connect. A browser allows any page to open a WebSocket to any host and only sends the page's origin to the server, so the
/// server must check it (CWE-1385). Clients other than browsers send no Origin and are allowed. Immutable.
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
    /// Returns true if there is no Origin, if the origin is the host that the request is for, loopback or in the list, or if the list is <c>*</c>. For the
    /// request's host and loopback, any port is allowed, or only the request's own host and port (<see cref="ConnectionOptions.OriginAnyPort"/>).
    /// </summary>
    public bool Allows(HttpRequest request)
    {
        string? header = request.Headers.Origin;
        if (string.IsNullOrEmpty(header) || _all) return true;
        if (!WebOrigin.TryParse(header, out WebOrigin origin)) return false;
        if (_allowed.Contains(origin)) return true;
        if (!origin.IsWeb) return false;
        bool isRead = Authority.TryParse(request.Headers.Host.ToString(), out Authority host);
        if (!_anyPort) return isRead && origin.IsSameHost(host);
        return origin.Authority.IsLoopback || (isRead && origin.Authority.Host == host.Host);
    }

    /// <summary>
    /// As <see cref="Allows"/>, for a request whose response a page reads: also sets the CORS headers that allow the page to read any response.
    /// </summary>
    public bool LetRead(HttpContext context)
    {
        context.Response.Headers.Vary = "Origin";
        if (!Allows(context.Request)) return false;
        string? origin = context.Request.Headers.Origin;
        if (!string.IsNullOrEmpty(origin)) context.Response.Headers.AccessControlAllowOrigin = origin;
        return true;
    }
}
