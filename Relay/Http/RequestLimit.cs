using System.Globalization;
using System.Net;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>
/// Refuses requests of an address beyond <see cref="RequestRate"/>, except probes, connections, which have limits of their own, and requests on the
/// administrative port. Requests with a token count, too: the limit is applied before the token is checked, since the check costs more than the request.
/// </summary>
internal static class RequestLimit
{
    /// <summary>Adds the middleware. It is not an async method, because that would cost every connection memory for its whole life.</summary>
    public static void UseRequestLimit(this WebApplication app)
    {
        RequestRate rate = app.Services.GetRequiredService<RequestRate>();
        app.Use(next => context =>
            !IsExempt(context) && rate.Count(context.Connection.RemoteIpAddress ?? IPAddress.None) is { } wait ? RefuseAsync(context, wait) : next(context));
    }

    private static bool IsExempt(HttpContext context) =>
        context.GetEndpoint()?.Metadata is { } metadata
            && (metadata.GetMetadata<ProbeEndpoint>() is not null || metadata.GetMetadata<IConnectionEndpoint>() is not null)
        || AdminListener.Accepted(context);

    private static Task RefuseAsync(HttpContext context, TimeSpan wait)
    {
        context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return RequestRefusal.TooManyRequests.AnswerAsync(context);
    }
}
