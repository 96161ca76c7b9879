using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Serves <c>GET /asyncapi.json</c>, the description of every message, for people and code generators.</summary>
internal sealed class ContractEndpoint(OriginPolicy origins)
{
    // Read at the first request, so that it does not delay the start.
    private readonly Lazy<byte[]> _document = new(EmbeddedContracts.ReadAsyncApi);

    public void Map(WebApplication app) => app.Map("/asyncapi.json", AnswerAsync).WithMetadata(AccessRule.Read);

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
