using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Http;

/// <summary>A path below which everything is served, for a proxy that passes it on. What is asked for without it is served as well: health checks need not know it.</summary>
internal static class PathBase
{
    private const string Rule = "must be empty or a path like /relay: a slash, then letters, digits and - . _ ~, no slash at the end";

    /// <summary>The first words of the relay's own addresses, which would be cut off there.</summary>
    private static readonly string[] Taken = ["ws", "events", "api", "assets", "livez", "readyz", "metrics", "asyncapi.json"];

    /// <summary>The text itself, or <see cref="FormatException"/>.</summary>
    public static string Parse(string text)
    {
        if (text.Length == 0) return text;
        string[] words = text.Split('/');
        if (words[0].Length > 0 || words.Length < 2 || !words.Skip(1).All(IsWord)) throw new FormatException($"{Rule}; not '{text}'");
        if (Taken.Contains(words[1], StringComparer.OrdinalIgnoreCase)) throw new FormatException($"must not begin with /{words[1]}, where the relay has addresses of its own");
        return text;
    }

    /// <summary>Takes the base off each address that has it, before routing sees it.</summary>
    public static void UsePathBase(this WebApplication app, RelayOptions options)
    {
        // A step more costs every connection memory for as long as it lasts.
        if (options.PathBase.Length == 0) return;
        app.UsePathBase(options.PathBase);
        // Otherwise it comes first of all.
        app.UseRouting();
    }

    /// <summary>Redirects the bare base to its page, whose own addresses are relative.</summary>
    public static void UsePathBaseRedirect(this WebApplication app, RelayOptions options)
    {
        if (options.PathBase.Length == 0) return;
        app.Use(next => context => context.Request.Path.HasValue || !context.Request.PathBase.HasValue ? next(context) : RedirectAsync(context));
    }

    private static Task RedirectAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        context.Response.Headers.Location = $"{context.Request.PathBase.ToUriComponent()}/{context.Request.QueryString.ToUriComponent()}";
        return Task.CompletedTask;
    }

    private static bool IsWord(string word) => word.Length > 0 && word is not ("." or "..") && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~');
}
