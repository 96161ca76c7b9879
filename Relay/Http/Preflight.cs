namespace Cecelia.Relay.Http;

/// <summary>
/// Answers the question of a browser whether a page may send a request with headers of its own (CORS preflight, WHATWG Fetch §4.8). <c>EventSource</c> needs none;
/// a client on <c>fetch</c> that sends <c>Last-Event-ID</c> does.
/// </summary>
internal static class Preflight
{
    /// <summary>True if the request was a preflight, which has then been granted. To be called for allowed origins alone.</summary>
    public static bool TryGrant(HttpContext context)
    {
        IHeaderDictionary asked = context.Request.Headers;
        if (!HttpMethods.IsOptions(context.Request.Method) || asked.Origin.Count == 0 || asked.AccessControlRequestMethod.Count == 0) return false;
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowMethods = "GET";
        // No header of a request grants anything, so any is allowed. The asterisk does not cover Authorization, which a proxy may want.
        headers.AccessControlAllowHeaders = "*, Authorization, Last-Event-ID";
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return true;
    }
}
