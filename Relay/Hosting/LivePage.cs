using System.Reflection;

namespace Cecelia.Relay.Hosting;

/// <summary>The small page at <c>/</c>: connects to <c>/ws</c> and shows what arrives. Three embedded files; nothing from elsewhere may run in it.</summary>
internal static class LivePage
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapLivePage(this WebApplication app)
    {
        Map(app, "/", "live.html", "text/html; charset=utf-8");
        Map(app, "/live.js", "live.js", "text/javascript; charset=utf-8");
        Map(app, "/live.css", "live.css", "text/css; charset=utf-8");
    }

    private static void Map(WebApplication app, string path, string file, string type)
    {
        byte[] content = Read(file);
        app.MapGet(path, async context =>
        {
            context.Response.ContentType = type;
            context.Response.Headers.ContentSecurityPolicy = Policy;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers.CacheControl = "no-cache";
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        });
    }

    private static byte[] Read(string file)
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("Live." + file)
            ?? throw new InvalidOperationException($"The build left out {file}.");
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
