namespace Cecelia.Relay.Http;

/// <summary>
/// The path below which everything is served, for a proxy that does not remove it. Requests without it are served as well, so that health checks do not need
/// it.
/// </summary>
internal static class PathBase
{
    private const string Rule = "must be empty or a path like /relay: a slash, then letters, digits and - . _ ~, no slash at the end";

    /// <summary>The first segments of the relay's own paths, which would be removed.</summary>
    private static readonly string[] Reserved = ["ws", "events", "api", "assets", "livez", "readyz", "metrics", "asyncapi.json", "client.tgz", "client.js", "client.d.ts"];

    /// <summary>Returns the text if it is valid.</summary>
    /// <exception cref="FormatException">The text is invalid.</exception>
    public static string Parse(string text)
    {
        if (text.Length == 0) return text;
        string[] segments = text.Split('/');
        if (segments[0].Length > 0 || segments.Length < 2 || !segments.Skip(1).All(IsSegment)) throw new FormatException($"{Rule}; not '{text}'");
        if (Reserved.Contains(segments[1], StringComparer.OrdinalIgnoreCase))
        {
            throw new FormatException($"must not begin with /{segments[1]}, which the relay uses itself");
        }

        return text;
    }

    /// <summary>Removes the path base from the path of each request that has it, before routing.</summary>
    public static void UsePathBaseStripping(this WebApplication app, string pathBase)
    {
        // Another middleware would cost every connection memory for its whole life.
        if (pathBase.Length == 0) return;
        app.UsePathBase(pathBase);
        // Without this call, routing would be the first middleware.
        app.UseRouting();
    }

    /// <summary>Redirects the path base without a slash to the page, whose own URLs are relative.</summary>
    public static void UsePathBaseRedirect(this WebApplication app, string pathBase)
    {
        if (pathBase.Length == 0) return;
        app.Use(next => context => context.Request.Path.HasValue || !context.Request.PathBase.HasValue ? next(context) : RedirectAsync(context));
    }

    private static Task RedirectAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        context.Response.Headers.Location = $"{context.Request.PathBase.ToUriComponent()}/{context.Request.QueryString.ToUriComponent()}";
        return Task.CompletedTask;
    }

    private static bool IsSegment(string segment) =>
        segment.Length > 0 && segment is not ("." or "..") && segment.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~');
}
