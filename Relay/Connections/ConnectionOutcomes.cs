namespace Cecelia.Relay.Connections;

/// <summary>The closed sets of close codes and refusals by which connections are counted, for each transport.</summary>
internal static class ConnectionOutcomes
{
    /// <summary>Represents every code without a series of its own. A peer may send any code up to 4999.</summary>
    private const int OtherCode = 0;

    private static readonly int[] WebSocketCodes =
        [
            .. Enumerable.Range(1000, 16)
                .Concat(Enumerable.Range(4000, 11))
                .Append(CloseReason.AccessRevoked.ToCloseFrame().Code)
                .Where(code => CloseReasons.MayBeReceived(code) || code is CloseReasons.NoStatus or CloseReasons.Abnormal),
            OtherCode,
        ];

    /// <summary>The client sends nothing, so it cannot violate RFC 6455 or send a close code.</summary>
    private static readonly int[] EventStreamCodes =
        [
            .. new[]
            {
                CloseReason.PeerGone, CloseReason.ShuttingDown, CloseReason.Stalled, CloseReason.InternalError, CloseReason.Overloaded, CloseReason.MaxAge,
                CloseReason.TokenExpired, CloseReason.AccessRevoked,
            }.Select(reason => reason.ToCloseFrame().Code),
        ];

    private static readonly RequestRefusal[] Common =
    [
        RequestRefusal.BadFilter(""), RequestRefusal.OriginNotAllowed, RequestRefusal.Disabled, RequestRefusal.ShuttingDown,
        RequestRefusal.TooManyConnections, RequestRefusal.TooManyFromAddress, RequestRefusal.Overloaded,
    ];

    /// <summary>Returns the possible values of <see cref="Connection.ClosedWith"/>.</summary>
    public static IEnumerable<int> CloseCodes(Transport transport) => transport == Transport.WebSocket ? WebSocketCodes : EventStreamCodes;

    /// <summary>Returns the reasons of <see cref="RequestRefusal"/>.</summary>
    public static IEnumerable<string> Refusals(Transport transport) =>
        Common.Concat(
            transport == Transport.WebSocket
                ? [RequestRefusal.NotAnUpgrade, RequestRefusal.WrongVersion, RequestRefusal.BodyNotAllowed, RequestRefusal.BadKey]
                : [RequestRefusal.NotGet])
            .Select(refusal => refusal.Reason);
}
