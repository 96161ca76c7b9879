namespace Cecelia.Relay.Connections;

/// <summary>The closed sets that connections are counted by: what can end one, and what can refuse one, for each transport.</summary>
internal static class ConnectionOutcomes
{
    /// <summary>Stands for every code that has no series of its own. A peer may send any code up to 4999.</summary>
    private const int OtherCode = 0;

    private static readonly int[] WebSocketCodes =
        [.. Enumerable.Range(1000, 16).Concat(Enumerable.Range(4000, 11)).Where(code => CloseReasons.MayBeReceived(code) || code is CloseReasons.NoStatus or CloseReasons.Abnormal), OtherCode];

    /// <summary>Its client sends nothing, so that no rule of WebSocket can be broken and no code be received.</summary>
    private static readonly int[] EventStreamCodes =
        [.. new[] { CloseReason.PeerGone, CloseReason.ShuttingDown, CloseReason.Stalled, CloseReason.InternalError, CloseReason.Overloaded, CloseReason.MaxAge }.Select(reason => reason.ToCloseFrame().Code)];

    private static readonly RequestRefusal[] Common =
    [
        RequestRefusal.BadFilter(""), RequestRefusal.OriginNotAllowed, RequestRefusal.Disabled, RequestRefusal.ShuttingDown,
        RequestRefusal.TooManyConnections, RequestRefusal.TooManyFromAddress, RequestRefusal.Overloaded,
    ];

    /// <summary>The codes of <see cref="Connection.ClosedWith"/>.</summary>
    public static IEnumerable<int> CloseCodes(Transport transport) => transport == Transport.WebSocket ? WebSocketCodes : EventStreamCodes;

    /// <summary>The words of <see cref="RequestRefusal"/>.</summary>
    public static IEnumerable<string> Refusals(Transport transport) =>
        Common.Concat(transport == Transport.WebSocket ? [RequestRefusal.NotAnUpgrade, RequestRefusal.WrongVersion, RequestRefusal.BodyNotAllowed, RequestRefusal.BadKey] : [RequestRefusal.NotGet])
            .Select(refusal => refusal.Reason);
}
