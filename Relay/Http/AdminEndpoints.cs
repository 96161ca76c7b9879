using Cecelia.Relay.Admin;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>
/// Serves traces and connections (PROTOCOL.md, <i>Traces</i> and <i>Connections</i>), of all instances or, with <c>?local</c>, of this one.
/// For administrators.
/// </summary>
internal sealed class AdminEndpoints(AdminDesk desk, AdminBus bus, OriginPolicy origins)
{
    private const string Tasks = "/api/v1/tasks/";
    private const string Executions = "/api/v1/executions/";
    private const string Events = "/api/v1/events/";
    private const string Connections = "/api/v1/connections";
    private const string Trace = "/trace";

    public void Map(WebApplication app)
    {
        Map(app, Tasks + RequestPath.Id + Trace, context => ReadAsync(context, AdminVerb.TraceTask, RequestPath.IdOf(context, Tasks, Trace)));
        Map(app, Executions + RequestPath.Id + Trace, context => ReadAsync(context, AdminVerb.TraceExecution, RequestPath.IdOf(context, Executions, Trace)));
        Map(app, Events + RequestPath.Id + Trace, context => ReadAsync(context, AdminVerb.TraceEvent, RequestPath.IdOf(context, Events, Trace)));
        Map(
            app,
            Connections,
            context => HttpMethods.IsDelete(context.Request.Method) ? CloseUserAsync(context) : ReadAsync(context, AdminVerb.Connections, ""));
        Map(app, Connections + "/" + RequestPath.Id, context => CloseAsync(context, AdminVerb.Close, RequestPath.IdOf(context, Connections + "/")));
    }

    private static void Map(WebApplication app, string pattern, RequestDelegate answer) =>
        app.Map(pattern, answer).WithMetadata(AdminEndpoint.Mark, AccessRule.Admin);

    private async Task ReadAsync(HttpContext context, AdminVerb verb, string key)
    {
        if (!await MayContinueAsync(context)) return;
        if (HttpMethods.IsGet(context.Request.Method)) await AnswerAsync(context, new AdminQuestion(verb, key));
        else await (verb == AdminVerb.Connections ? RequestRefusal.NotGetOrDelete : RequestRefusal.NotGet).AnswerAsync(context);
    }

    private Task CloseUserAsync(HttpContext context) => CloseAsync(context, AdminVerb.CloseUser, context.Request.Query["user"].ToString());

    private async Task CloseAsync(HttpContext context, AdminVerb verb, string key)
    {
        if (!await MayContinueAsync(context)) return;
        if (HttpMethods.IsDelete(context.Request.Method)) await AnswerAsync(context, new AdminQuestion(verb, key));
        else await RequestRefusal.NotDelete.AnswerAsync(context);
    }

    /// <summary>Runs the steps that all endpoints share: origin, preflight and headers. False if the request has been answered.</summary>
    private async Task<bool> MayContinueAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (origins.LetRead(context)) return !Preflight.TryGrant(context, "GET, DELETE");
        await RequestRefusal.OriginNotAllowed.AnswerAsync(context);
        return false;
    }

    private async Task AnswerAsync(HttpContext context, AdminQuestion question)
    {
        if (await desk.AnswerAsync(question, context.RequestAborted) is not { } own)
        {
            await RequestRefusal.BadTraceKey(question.Verb == AdminVerb.CloseUser ? "Name the user: ?user=NAME" : "The key must have 1 to 300 bytes")
                .AnswerAsync(context);
            return;
        }

        AdminAnswers answers = context.Request.Query.ContainsKey("local")
            ? new AdminAnswers([own], [], 0, null)
            : await bus.AskAsync(question, own, context.RequestAborted);
        context.Response.ContentType = "application/json; charset=utf-8";
        await TimedResponseWriter.WriteAsync(context, answers.Write(question.Key.Length > 0 ? question.Key : null));
    }
}
