namespace Cecelia.Relay.Access;

/// <summary>
/// The reasons why a token or a ticket grants no access. A closed set: each member is counted under its wire name, which is also the <c>error</c> of the
/// response (PROTOCOL.md, <i>Access</i>).
/// </summary>
internal enum AccessFailure
{
    /// <summary>The request has neither a token nor a ticket: 401.</summary>
    Missing,

    /// <summary>More than one of header, subprotocol and ticket is given: 400.</summary>
    Ambiguous,

    /// <summary>Not a signed JWT, or too long: 401.</summary>
    Malformed,

    /// <summary>No key has the token's <c>kid</c>: 401.</summary>
    UnknownKey,

    /// <summary>The signature is wrong, or the key is not for the token's algorithm: 401.</summary>
    BadSignature,

    /// <summary>The token has another issuer: 401.</summary>
    WrongIssuer,

    /// <summary>The token is for another audience: 401.</summary>
    WrongAudience,

    /// <summary>The token has expired: 401.</summary>
    Expired,

    /// <summary>The token is not valid yet: 401.</summary>
    NotYetValid,

    /// <summary>A claim is missing or invalid: 401.</summary>
    BadClaims,

    /// <summary>The ticket does not exist: it has expired, was not used in time, or was revoked: 401.</summary>
    UnknownTicket,

    /// <summary>The token's role does not suffice: 403.</summary>
    Role,

    /// <summary>The token that was sent on a connection is another user's. Only on a connection.</summary>
    OtherUser,

    /// <summary>The token that was sent on a connection came while the previous one was being checked. Only on a connection.</summary>
    Busy,

    /// <summary>No keys have been loaded yet: 503.</summary>
    KeysUnavailable,

    /// <summary>Redis cannot be asked about the ticket, or cannot store it: 503.</summary>
    TicketsUnavailable,
}

/// <summary>The wire name, status code and text of each <see cref="AccessFailure"/>. Once shipped, a name keeps its meaning.</summary>
internal static class AccessFailures
{
    public static IReadOnlyList<AccessFailure> All { get; } = Enum.GetValues<AccessFailure>();

    /// <summary>Those that a client gets as the response to a token that it sent on its connection.</summary>
    public static IEnumerable<AccessFailure> OnConnections => All.Where(failure => failure is not (
        AccessFailure.Missing or AccessFailure.Ambiguous or AccessFailure.UnknownTicket or AccessFailure.TicketsUnavailable));

    public static string ToWireName(this AccessFailure failure) => failure switch
    {
        AccessFailure.Missing => "token_missing",
        AccessFailure.Ambiguous => "two_tokens",
        AccessFailure.Malformed => "token_malformed",
        AccessFailure.UnknownKey => "token_key",
        AccessFailure.BadSignature => "token_signature",
        AccessFailure.WrongIssuer => "token_issuer",
        AccessFailure.WrongAudience => "token_audience",
        AccessFailure.Expired => "token_expired",
        AccessFailure.NotYetValid => "token_not_yet_valid",
        AccessFailure.BadClaims => "token_claims",
        AccessFailure.UnknownTicket => "ticket_unknown",
        AccessFailure.Role => "role_required",
        AccessFailure.OtherUser => "token_user",
        AccessFailure.Busy => "token_busy",
        AccessFailure.KeysUnavailable => "keys_unavailable",
        _ => "tickets_unavailable",
    };

    /// <summary>Returns the status code of the response.</summary>
    public static int ToStatus(this AccessFailure failure) => failure switch
    {
        AccessFailure.Ambiguous => StatusCodes.Status400BadRequest,
        AccessFailure.Role => StatusCodes.Status403Forbidden,
        AccessFailure.KeysUnavailable or AccessFailure.TicketsUnavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status401Unauthorized,
    };

    /// <summary>Returns the reason as text, without any part of the token.</summary>
    public static string ToMessage(this AccessFailure failure) => failure switch
    {
        AccessFailure.Missing => "A token is required: Authorization: Bearer, the subprotocol bearer.TOKEN, or a ticket in the query",
        AccessFailure.Ambiguous => "A request can have only one of Authorization: Bearer, the subprotocol bearer.TOKEN, and a ticket",
        AccessFailure.Malformed => "The token is not a signed JSON Web Token, or is too long",
        AccessFailure.UnknownKey => "No key of the relay has the token's kid",
        AccessFailure.BadSignature => "The token's signature is not valid for a key of the relay",
        AccessFailure.WrongIssuer => "The token has another issuer than the relay accepts",
        AccessFailure.WrongAudience => "The token is not for this relay (aud)",
        AccessFailure.Expired => "The token has expired",
        AccessFailure.NotYetValid => "The token is not valid yet (nbf)",
        AccessFailure.BadClaims => "A claim that the relay needs is missing or invalid",
        AccessFailure.UnknownTicket => "The ticket is not valid: it has expired, was not used within 30 seconds, or was revoked",
        AccessFailure.Role => "The token's role does not permit this",
        AccessFailure.OtherUser => "The new token is another user's; open a new connection for it",
        AccessFailure.Busy => "The previous token is still being checked",
        AccessFailure.KeysUnavailable => "The relay has no keys to check tokens with yet",
        _ => "Redis cannot be reached, so tickets cannot be checked or created",
    };
}
