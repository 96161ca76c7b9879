namespace Cecelia.Relay.Access;

/// <summary>The user, rights and expiry that a valid token or ticket gives to a request. Immutable, except that its ticket may be revoked.</summary>
/// <param name="User">The user, from the token's <c>sub</c>.</param>
/// <param name="Rights">The rights.</param>
/// <param name="Expires">The token's <c>exp</c>.</param>
internal sealed record Grant(string User, Rights Rights, DateTimeOffset Expires)
{
    /// <summary>The ticket that the request had; null if it had a token.</summary>
    public Ticket? Ticket { get; init; }
}

/// <summary>A grant, or the reason why there is none.</summary>
internal readonly record struct AccessResult(Grant? Grant, AccessFailure Failure)
{
    public AccessResult(AccessFailure failure)
        : this(null, failure)
    {
    }
}
