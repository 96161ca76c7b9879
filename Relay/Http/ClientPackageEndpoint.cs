using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>
/// Serves the client package (<c>frontend/</c>): <c>/client.tgz</c> for npm, <c>/client.js</c>, a module that a page of an allowed origin can import, and
/// <c>/client.d.ts</c>, its types. For everyone, as the page at <c>/</c> is: they have no data.
/// </summary>
internal static class ClientPackageEndpoint
{
    /// <summary>The archive that <c>npm install</c> takes the address of.</summary>
    public const string Archive = "client.tgz";

    /// <summary>The module for pages without a bundler.</summary>
    public const string Module = "client.js";

    /// <summary>The types of <see cref="Module"/>.</summary>
    public const string Types = "client.d.ts";

    private const string TypesHeader = "X-TypeScript-Types";

    /// <param name="app">The relay.</param>
    /// <param name="files">The embedded files; empty if the build had no front end.</param>
    /// <param name="origins">The origins whose pages may import the module.</param>
    public static void MapClientPackage(this WebApplication app, IReadOnlyList<FrontendFile> files, OriginPolicy origins)
    {
        foreach (string name in (string[])[Archive, Module, Types])
        {
            FrontendFile? file = files.FirstOrDefault(file => file.Path == name);
            app.Map("/" + name, context => AnswerAsync(context, file, origins)).WithMetadata(AccessRule.Public);
        }
    }

    private static Task AnswerAsync(HttpContext context, FrontendFile? file, OriginPolicy origins)
    {
        if (!origins.LetRead(context)) return RequestRefusal.OriginNotAllowed.AnswerAsync(context);
        if (Preflight.TryGrant(context, "GET, HEAD")) return Task.CompletedTask;
        if (file is null) return RequestRefusal.ClientNotBuilt.AnswerAsync(context);
        if (file.Path == Module)
        {
            // As esm.sh and Deno have it. Relative to the module, because a proxy may have removed a prefix of the path.
            context.Response.Headers[TypesHeader] = "./" + Types;
            context.Response.Headers.AccessControlExposeHeaders = TypesHeader;
        }

        return FrontendEndpoint.AnswerFileAsync(context, file);
    }
}
