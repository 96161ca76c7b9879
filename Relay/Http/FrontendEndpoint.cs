using Cecelia.Relay.Connections;
using Microsoft.Net.Http.Headers;

namespace Cecelia.Relay.Http;

/// <summary>Serves the page at <c>/</c> and the files that it loads. The page may not run code of other origins and may not be framed.</summary>
internal static class FrontendEndpoint
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; worker-src "
            + "'self'; manifest-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapFrontend(this WebApplication app, IReadOnlyList<FrontendFile> files)
    {
        // For everyone: a browser cannot give a token with the address of a page, and the page has no data. It asks for a token itself.
        foreach (FrontendFile file in files)
            app.Map(file.Path == FrontendFile.Index ? "/" : "/" + file.Path, context => AnswerAsync(context, file)).WithMetadata(AccessRule.Public);
    }

    private static Task AnswerAsync(HttpContext context, FrontendFile file)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return AnswerFileAsync(context, file);
    }

    /// <summary>Sends a file in the coding that the client accepts, or 304 if the client has it. Other methods than GET and HEAD are refused.</summary>
    public static async Task AnswerFileAsync(HttpContext context, FrontendFile file)
    {
        IHeaderDictionary headers = context.Response.Headers;
        bool isHead = HttpMethods.IsHead(context.Request.Method);
        if (!isHead && !HttpMethods.IsGet(context.Request.Method))
        {
            await RequestRefusal.NotGetOrHead.AnswerAsync(context);
            return;
        }

        FrontendBody body = await file.GetAsync(ContentCodings.Choose(context.Request.Headers.AcceptEncoding));
        headers.CacheControl = file.CacheControl;
        if (file.IsCompressible) headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        headers.ETag = body.ETag;
        if (Has(context.Request, body.ETag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = file.Type;
        if (body.Encoding is { } encoding) headers.ContentEncoding = encoding;
        if (isHead) context.Response.ContentLength = body.Bytes.Length;
        else await TimedResponseWriter.WriteAsync(context, body.Bytes);
    }

    /// <summary>Returns true if the client has this version. The comparison is weak, because a proxy may have made the ETag weak (RFC 9110, 13.1.2).</summary>
    private static bool Has(HttpRequest request, string etag)
    {
        if (!EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out IList<EntityTagHeaderValue>? known)) return false;
        return known.Any(value => value.Tag == "*" || value.Tag == etag);
    }
}
