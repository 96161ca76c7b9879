using Microsoft.AspNetCore.Http.Features;

namespace Cecelia.Relay.Http;

/// <summary>The id at the end of an address.</summary>
internal static class RequestPath
{
    /// <summary>What a route's pattern ends in.</summary>
    public const string Id = "{id}";

    /// <summary>
    /// From the request as it was sent: in the path that Kestrel has decoded, <c>%2F</c> stays as it is and cannot be told from <c>%252F</c>.
    /// </summary>
    /// <param name="context">Of a request to <paramref name="prefix"/> and <see cref="Id"/>.</param>
    /// <param name="prefix">What stands before the id.</param>
    public static string IdOf(HttpContext context, string prefix)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int end = target.IndexOf('?', StringComparison.Ordinal);
        if (end >= 0) target = target[..end];
        // The last: what stands before may be anything (CECELIA_PATH_BASE), and the id has no bare slash.
        int start = target.LastIndexOf(prefix, StringComparison.OrdinalIgnoreCase);
        return start >= 0 ? Uri.UnescapeDataString(target[(start + prefix.Length)..].TrimEnd('/')) : (string)context.Request.RouteValues["id"]!;
    }
}
