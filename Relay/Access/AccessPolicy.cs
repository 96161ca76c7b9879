namespace Cecelia.Relay.Access;

/// <summary>Decides what a token or a ticket grants, and counts the refusals. Registered only if access control is on. Thread-safe.</summary>
internal sealed class AccessPolicy(TokenOptions options, TokenValidator tokens, TicketStore tickets, AccessCounts counts, TimeProvider time)
{
    public TokenOptions Options => options;

    public TimeProvider Time => time;

    /// <summary>Checks a token, and that its role is at least <paramref name="least"/>.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<AccessResult> ValidateAsync(string token, Role least, CancellationToken cancellationToken) =>
        Require(await tokens.ValidateAsync(token, cancellationToken), least);

    /// <summary>As <see cref="ValidateAsync"/>, for a ticket.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<AccessResult> ValidateTicketAsync(string ticket, Role least, CancellationToken cancellationToken) =>
        Require(await tickets.ValidateAsync(ticket, cancellationToken), least);

    /// <summary>Counts a refusal and returns it as a result.</summary>
    public AccessResult Refuse(AccessFailure failure) => new(counts.Count(failure));

    /// <summary>Returns the result if it is a grant whose role is at least <paramref name="least"/>; otherwise counts the refusal and returns it.</summary>
    private AccessResult Require(AccessResult result, Role least)
    {
        if (result.Grant is not { } grant) return Refuse(result.Failure);
        return grant.Rights.Role >= least ? result : Refuse(AccessFailure.Role);
    }
}
