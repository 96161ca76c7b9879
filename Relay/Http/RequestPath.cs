using Microsoft.AspNetCore.Http.Features;

namespace Cecelia.Relay.Http;

/// <summary>The id in a path.</summary>
internal static class RequestPath
{
    /// <summary>The end of a route's pattern.</summary>
    public const string Id = "{id}";

    /// <summary>
    /// Returns the id from the raw request target: in the path that Kestrel has decoded, <c>%2F</c> is not decoded and cannot be distinguished from
    /// <c>%252F</c>.
    /// </summary>
    /// <param name="context">A request to <paramref name="prefix"/> and <see cref="Id"/>.</param>
    /// <param name="prefix">The path before the id.</param>
    /// <param name="suffix">The path behind the id.</param>
    public static string IdOf(HttpContext context, string prefix, string suffix = "")
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int end = target.IndexOf('?', StringComparison.Ordinal);
        if (end >= 0) target = target[..end];
        target = target.TrimEnd('/');
        if (suffix.Length > 0 && target.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) target = target[..^suffix.Length];
        // The last occurrence: any path may precede it (CECELIA_PATH_BASE), and the id contains no unescaped slash.
        int start = target.LastIndexOf(prefix, StringComparison.OrdinalIgnoreCase);
        return start >= 0 ? Uri.UnescapeDataString(target[(start + prefix.Length)..]) : (string)context.Request.RouteValues["id"]!;
    }
}
