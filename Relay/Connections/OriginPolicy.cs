using System.Net;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Which web pages may connect. Browsers let any page open a WebSocket to any host and only tell the server where the page came from, so the
/// server must look (CWE-1385). Clients that are not browsers send no Origin and pass.
/// </summary>
internal sealed class OriginPolicy
{
    private readonly HashSet<string> _allowed;
    private readonly bool _all;

    public OriginPolicy(IReadOnlyList<string> allowed)
    {
        _all = allowed is ["*"];
        _allowed = allowed.ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>True without an Origin, from the host the request is for (any port), from loopback, from the list, or when the list is <c>*</c>.</summary>
    public bool Allows(string? origin, string requestHost)
    {
        if (string.IsNullOrEmpty(origin) || _all || _allowed.Contains(origin)) return true;
        if (!Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https")) return false;
        return string.Equals(uri.Host, requestHost, StringComparison.OrdinalIgnoreCase) || IsLoopback(uri);
    }

    /// <summary>The same for a request whose answer a page wants to read: if it may, the browser is told so (CORS), whatever the answer will be.</summary>
    public bool LetRead(HttpContext context)
    {
        context.Response.Headers.Vary = "Origin";
        string? origin = context.Request.Headers.Origin;
        if (!Allows(origin, context.Request.Host.Host)) return false;
        if (!string.IsNullOrEmpty(origin)) context.Response.Headers.AccessControlAllowOrigin = origin;
        return true;
    }

    private static bool IsLoopback(Uri uri) =>
        string.Equals(uri.Host, "localhost", StringComparison.OrdinalIgnoreCase) ||
        (uri.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 && IPAddress.TryParse(uri.DnsSafeHost, out IPAddress? address) && IPAddress.IsLoopback(address));
}
