using System.Globalization;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Writes the response of a <see cref="RequestRefusal"/>.</summary>
internal static class RequestRefusalResponse
{
    /// <summary>Sends the refusal. A 503 has a random <c>Retry-After</c>, so that clients that were refused together do not retry together.</summary>
    public static Task AnswerAsync(this RequestRefusal refusal, HttpContext context)
    {
        ResponseHeaders.Set(context);
        context.Response.StatusCode = refusal.Status;
        if (refusal.Status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = Random.Shared.Next(1, 6).ToString(CultureInfo.InvariantCulture);
        // RFC 6750 §3. Not Basic, for which a browser would ask its user for a password.
        if (refusal.Status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = $"Bearer error=\"{refusal.Reason}\"";
        if (refusal.Status == StatusCodes.Status405MethodNotAllowed) context.Response.Headers.Allow = refusal.Allow;
        if (refusal.Status == StatusCodes.Status426UpgradeRequired)
        {
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.SecWebSocketVersion = "13";
        }

        return ErrorJson.WriteAsync(context, refusal.Reason, refusal.Message);
    }
}
