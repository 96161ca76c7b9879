namespace Cecelia.Relay.Http;

/// <summary>
/// Responds to CORS preflight requests (WHATWG Fetch §4.8), with which a browser asks whether a page may send a request with custom headers.
/// <c>EventSource</c> does not need one; a client that uses <c>fetch</c> and sends <c>Last-Event-ID</c> does.
/// </summary>
internal static class Preflight
{
    /// <summary>Returns true if the request was a preflight, which has then been granted. Only for allowed origins.</summary>
    public static bool TryGrant(HttpContext context)
    {
        IHeaderDictionary request = context.Request.Headers;
        if (!HttpMethods.IsOptions(context.Request.Method) || request.Origin.Count == 0 || request.AccessControlRequestMethod.Count == 0) return false;
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowMethods = "GET";
        // No request header grants a right, so every header is allowed. The asterisk does not include Authorization, which a proxy may require.
        headers.AccessControlAllowHeaders = "*, Authorization, Last-Event-ID";
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return true;
    }
}
