using System.Buffers;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.Access;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Http;

/// <summary>
/// Serves the entity state over HTTP (PROTOCOL.md, <i>State over HTTP</i>): all of it, or one task or execution, with the corresponding position. Serves older
/// events, too (<i>History over HTTP</i>), and the minutes.
/// </summary>
internal sealed class StateEndpoints(TimelineReader timeline, HistoryReader history, MinutesEndpoint minutes, ReadinessGate gate, OriginPolicy origins)
{
    private const string PositionHeader = "Cecelia-Position";
    private const string Tasks = "/api/v1/tasks/";
    private const string Executions = "/api/v1/executions/";

    public void Map(WebApplication app)
    {
        app.Map("/api/v1/state", context => AnswerAsync(context, AnswerStateAsync)).WithMetadata(AccessRule.Read);
        app.Map("/api/v1/history", context => AnswerAsync(context, AnswerHistoryAsync)).WithMetadata(AccessRule.Read);
        app.Map("/api/v1/minutes", context => AnswerAsync(context, minutes.AnswerAsync)).WithMetadata(AccessRule.Read);
        app.Map(Tasks + RequestPath.Id, context => AnswerAsync(context, _ => AnswerEntityAsync(context, EntityKind.Task, Tasks, RequestRefusal.UnknownTask)))
            .WithMetadata(AccessRule.Read);
        app.Map(
            Executions + RequestPath.Id,
            context => AnswerAsync(context, _ => AnswerEntityAsync(context, EntityKind.Execution, Executions, RequestRefusal.UnknownExecution)))
            .WithMetadata(AccessRule.Read);
    }

    /// <summary>Runs the steps that all endpoints share: access, method, headers and readiness.</summary>
    private async Task AnswerAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        IHeaderDictionary headers = context.Response.Headers;
        if (!origins.LetRead(context))
        {
            await RequestRefusal.OriginNotAllowed.AnswerAsync(context);
            return;
        }

        if (Preflight.TryGrant(context)) return;
        if (headers.AccessControlAllowOrigin.Count > 0) headers.AccessControlExposeHeaders = PositionHeader;
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await RequestRefusal.NotGet.AnswerAsync(context);
            return;
        }

        await gate.WaitAsync(context.RequestAborted);
        await answer(context);
    }

    private async Task AnswerStateAsync(HttpContext context)
    {
        if (FilterQuery.Read(context.Request, out Filter filter) is { } refusal)
        {
            await refusal.AnswerAsync(context);
            return;
        }

        Rights? rights = context.FindGrant()?.Rights;
        using StateReading? reading = timeline.Read(rights is null ? filter : filter.Intersect(rights.Visible), rights is { HidesSources: true });
        if (reading is null) await RequestRefusal.Overloaded.AnswerAsync(context);
        else await WriteAsync(context, reading.Position, reading.Body);
    }

    private async Task AnswerHistoryAsync(HttpContext context)
    {
        if (FilterQuery.Read(context.Request, out Filter filter) is { } badFilter)
        {
            await badFilter.AnswerAsync(context);
            return;
        }

        if (HistoryQuery.Read(context.Request, filter, out HistoryRequest request) is { } badQuery)
        {
            await badQuery.AnswerAsync(context);
            return;
        }

        Rights? rights = context.FindGrant()?.Rights;
        if (rights is not null) request = request with { Filter = filter.Intersect(rights.Visible) };
        ResumeFailure? failure = history.TryRead(request, out HistoryPage? page);
        using (page)
        {
            if (failure is { } unknown) await RequestRefusal.PositionNotFound(unknown).AnswerAsync(context);
            else if (page is null) await RequestRefusal.Overloaded.AnswerAsync(context);
            else await WriteAsync(context, page.Position, ToJson(page, rights is { HidesSources: true }));
        }
    }

    private static ReadOnlyMemory<byte> ToJson(HistoryPage page, bool hidesSources)
    {
        var body = new ArrayBufferWriter<byte>(page.BodyBytes);
        using (var json = new Utf8JsonWriter(body)) page.WriteTo(json, hidesSources);
        return body.WrittenMemory;
    }

    private async Task AnswerEntityAsync(HttpContext context, EntityKind kind, string prefix, RequestRefusal unknown)
    {
        using var copy = new StateCopy();
        Filter visible = context.FindGrant()?.Rights.Visible ?? Filter.None;
        if (timeline.TryRead(kind, Encoding.UTF8.GetBytes(RequestPath.IdOf(context, prefix)), visible, copy, out StreamPosition position))
        {
            await WriteAsync(context, position, copy[0].ToArray());
        }
        else await unknown.AnswerAsync(context);
    }

    private static Task WriteAsync(HttpContext context, StreamPosition position, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers[PositionHeader] = position.ToString();
        // The body counts against the memory limit of all snapshots.
        return TimedResponseWriter.WriteAsync(context, body);
    }
}
