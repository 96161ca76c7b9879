using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>
/// Marks an endpoint as administrative: it shows what clients must not see, such as payloads that were refused. With <c>CECELIA_ADMIN_PORT</c> it exists on
/// that port only, where everything else is served too; on the public port its path is unknown.
/// </summary>
internal sealed class AdminEndpoint
{
    public static AdminEndpoint Mark { get; } = new();

    /// <summary>Maps an administrative endpoint for GET and HEAD.</summary>
    /// <param name="app">The application.</param>
    /// <param name="pattern">The route.</param>
    /// <param name="answer">Writes the response. The server omits the body of a HEAD.</param>
    public static void Map(WebApplication app, string pattern, RequestDelegate answer) =>
        // For every method: routing would answer another one with 405 on the public port too, which shows that the path exists.
        app.Map(
            pattern,
            context => HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)
                ? answer(context)
                : RequestRefusal.NotGetOrHead.AnswerAsync(context)).WithMetadata(Mark, AccessRule.Admin);
}

/// <summary>A feature of the connections that were accepted on the administrative port.</summary>
internal sealed class AdminListener
{
    public static AdminListener Mark { get; } = new();

    /// <summary>Returns whether the request arrived on the administrative port.</summary>
    public static bool Accepted(HttpContext context) => context.Features.Get<AdminListener>() is not null;

    /// <summary>Adds the middleware that hides administrative endpoints on the public port. Without an administrative port there is none.</summary>
    public static void UseAdminPort(WebApplication app, int adminPort)
    {
        if (adminPort == 0) return;
        app.Use(next => context =>
            context.GetEndpoint()?.Metadata.GetMetadata<AdminEndpoint>() is null || Accepted(context) ? next(context) : NotFound.AnswerAsync(context));
    }
}
