using Cecelia.Relay.Access;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Refuses requests whose token or ticket does not grant them, and passes on the grant of the others as a feature of the request.</summary>
internal sealed class AccessCheck(AccessPolicy policy, OriginPolicy origins)
{
    /// <summary>Adds the middleware, if access control is on.</summary>
    public static void Use(WebApplication app)
    {
        if (app.Services.GetService<AccessCheck>() is { } check) app.Use(next => context => check.InvokeAsync(context, next));
    }

    /// <summary>
    /// Checks a request and passes it on. It is not an async method, because that would cost every connection memory for its whole life. Only what waits for
    /// Redis or for new keys is.
    /// </summary>
    private Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        AccessRule rule = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() ?? AccessRule.Admin;
        // A browser sends no token with a preflight, and an endpoint responds to it with nothing but headers.
        if ((rule.Least == Role.None && !rule.ReadsToken) || Preflight.Is(context.Request)) return next(context);
        ValueTask<AccessResult> checking = CheckAsync(context, rule);
        return checking.IsCompletedSuccessfully ? Continue(checking.Result, rule, context, next) : ContinueAsync(checking, rule, context, next);
    }

    private async Task ContinueAsync(ValueTask<AccessResult> checking, AccessRule rule, HttpContext context, RequestDelegate next)
    {
        AccessResult result;
        try
        {
            result = await checking;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        await Continue(result, rule, context, next);
    }

    private Task Continue(AccessResult result, AccessRule rule, HttpContext context, RequestDelegate next)
    {
        if (result.Grant is { } grant) context.Features.Set(grant);
        else if (rule.Least != Role.None) return RefuseAsync(context, result.Failure);
        return next(context);
    }

    private ValueTask<AccessResult> CheckAsync(HttpContext context, AccessRule rule)
    {
        var given = RequestCredential.Take(context.Request, rule);
        // A probe without a token is not a refusal.
        if (given.Kind == CredentialKind.None && rule.Least == Role.None) return new(new AccessResult(AccessFailure.Missing));
        if (given.Kind == CredentialKind.None) return new(policy.Refuse(AccessFailure.Missing));
        if (given.Kind == CredentialKind.Several) return new(policy.Refuse(AccessFailure.Ambiguous));
        return given.Kind == CredentialKind.Ticket
            ? policy.ValidateTicketAsync(given.Text, rule.Least, context.RequestAborted)
            : policy.ValidateAsync(given.Text, rule.Least, context.RequestAborted);
    }

    private Task RefuseAsync(HttpContext context, AccessFailure failure)
    {
        if (!origins.LetRead(context)) return RequestRefusal.OriginNotAllowed.AnswerAsync(context);
        return RequestRefusal.NoAccess(failure).AnswerAsync(context);
    }
}

/// <summary>The grant of a request.</summary>
internal static class RequestGrant
{
    /// <summary>Returns the grant of a request that was let through; null if access control is off, or the endpoint is for everyone.</summary>
    public static Grant? FindGrant(this HttpContext context) => context.Features.Get<Grant>();
}
