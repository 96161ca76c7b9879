using Cecelia.Relay.Access;

namespace Cecelia.Relay.Http;

/// <summary>Says who may use an endpoint. Every endpoint has one in its metadata; one without is for administrators. Immutable.</summary>
/// <param name="Least">The role that is required; <see cref="Role.None"/>: the endpoint is for everyone.</param>
internal sealed record AccessRule(Role Least)
{
    /// <summary>For everyone: what it serves has no data of clients, publishers or operators.</summary>
    public static AccessRule Public { get; } = new(Role.None);

    /// <summary>For everyone; a token of an administrator adds details.</summary>
    public static AccessRule Probe { get; } = new(Role.None) { ReadsToken = true };

    /// <summary>For readers.</summary>
    public static AccessRule Read { get; } = new(Role.Read);

    /// <summary>A WebSocket: for readers, who may also give the token as a subprotocol, or a ticket.</summary>
    public static AccessRule WebSocket { get; } = new(Role.Read) { TakesTicket = true, TakesSubprotocol = true };

    /// <summary>An event stream: for readers, who may also give a ticket.</summary>
    public static AccessRule EventStream { get; } = new(Role.Read) { TakesTicket = true };

    /// <summary>For administrators.</summary>
    public static AccessRule Admin { get; } = new(Role.Admin);

    /// <summary>Whether the request may have a ticket in its query.</summary>
    public bool TakesTicket { get; private init; }

    /// <summary>Whether the request may have a token among its subprotocols.</summary>
    public bool TakesSubprotocol { get; private init; }

    /// <summary>Whether a valid token is used although none is required.</summary>
    public bool ReadsToken { get; private init; }
}
