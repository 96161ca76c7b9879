namespace Cecelia.Relay.Http;

/// <summary>
/// Responds to CORS preflight requests (WHATWG Fetch §4.8), with which a browser asks whether a page may send a request with custom headers.
/// <c>EventSource</c> does not need one; a client that uses <c>fetch</c> and sends <c>Last-Event-ID</c> does.
/// </summary>
internal static class Preflight
{
    /// <summary>Returns true if the request is a preflight.</summary>
    public static bool Is(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>Returns true if the request was a preflight, which has then been granted. Only for allowed origins.</summary>
    /// <param name="context">The request.</param>
    /// <param name="methods">The methods of the endpoint.</param>
    public static bool TryGrant(HttpContext context, string methods = "GET")
    {
        if (!Is(context.Request)) return false;
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowMethods = methods;
        // A page can only send a token that it has, so every header is allowed. The asterisk does not include Authorization.
        headers.AccessControlAllowHeaders = "*, Authorization, Last-Event-ID";
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return true;
    }
}
