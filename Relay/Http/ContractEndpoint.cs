using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary><c>GET /asyncapi.json</c>: every message there is, for people and for generators of code.</summary>
internal sealed class ContractEndpoint(OriginPolicy origins)
{
    // Read at the first request: it does not delay the start.
    private readonly Lazy<byte[]> _document = new(EmbeddedContracts.ReadAsyncApi);

    public void Map(WebApplication app) => app.Map("/asyncapi.json", AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "no-cache";
        if (!origins.LetRead(context))
        {
            await RequestRefusal.OriginNotAllowed.AnswerAsync(context);
            return;
        }

        if (Preflight.TryGrant(context)) return;
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await RequestRefusal.NotGet.AnswerAsync(context);
            return;
        }

        context.Response.ContentType = "application/json";
        await TimedResponseWriter.WriteAsync(context, _document.Value);
    }
}
