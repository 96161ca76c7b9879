using System.Text;
using Cecelia.Relay.Access;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Http;

/// <summary>Creates and revokes tickets (PROTOCOL.md, <i>Access</i>). Only with access control.</summary>
internal sealed class TicketEndpoints(TicketStore tickets, AccessPolicy policy, OriginPolicy origins)
{
    private const string Path = "/api/v1/tickets";
    private const string Methods = "POST, DELETE";
    private const int MaxUserBytes = 256;

    /// <summary>Maps the endpoints, if access control is on.</summary>
    public static void Map(WebApplication app)
    {
        if (app.Services.GetService<TicketEndpoints>() is not { } endpoints) return;
        app.MapMethods(Path, [HttpMethods.Post, HttpMethods.Options], context => endpoints.AnswerAsync(context, endpoints.CreateAsync))
            .WithMetadata(AccessRule.Read);
        app.MapMethods(Path, [HttpMethods.Delete], context => endpoints.AnswerAsync(context, endpoints.RevokeAsync)).WithMetadata(AccessRule.Admin);
    }

    private async Task AnswerAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        if (!origins.LetRead(context)) await RequestRefusal.OriginNotAllowed.AnswerAsync(context);
        else if (!Preflight.TryGrant(context, Methods)) await answer(context);
    }

    private async Task CreateAsync(HttpContext context)
    {
        NewTicket? created = context.FindGrant() is { } grant ? await tickets.CreateAsync(grant) : null;
        if (created is null)
        {
            await RequestRefusal.NoAccess(policy.Refuse(AccessFailure.TicketsUnavailable).Failure).AnswerAsync(context);
            return;
        }

        await JsonResponse.WriteAsync(context, StatusCodes.Status201Created, json =>
        {
            json.WriteString("ticket", created.Text);
            json.WriteString("firstUseBy", RelayMessage.Time(created.FirstUseBy.ToUnixTimeMilliseconds()));
            json.WriteString("expires", RelayMessage.Time(created.Expires.ToUnixTimeMilliseconds()));
        });
    }

    private async Task RevokeAsync(HttpContext context)
    {
        string user = context.Request.Query["user"].ToString();
        if (user.Length == 0 || Encoding.UTF8.GetByteCount(user) > MaxUserBytes)
        {
            await RequestRefusal.BadUser.AnswerAsync(context);
            return;
        }

        if (await tickets.RevokeAsync(user, context.RequestAborted) is { } revoked)
            await JsonResponse.WriteAsync(context, StatusCodes.Status200OK, json => json.WriteNumber("revoked", revoked));
        else await RequestRefusal.NoAccess(policy.Refuse(AccessFailure.TicketsUnavailable).Failure).AnswerAsync(context);
    }
}
