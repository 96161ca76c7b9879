namespace Cecelia.Relay.Bench.Compare;

/// <summary>The kind of idle connections of a measurement.</summary>
/// <param name="Name">Shown in the table.</param>
/// <param name="Clients">Number of connections.</param>
internal sealed record IdleKind(string Name, int Clients)
{
    public bool IsTls { get; init; }

    public bool IsEventStream { get; init; }

    /// <summary>Whether the relay uses the sockets of Kestrel, which TLS does in any case.</summary>
    public bool IsKestrel { get; init; }

    /// <summary>All kinds, in the order in which they are measured.</summary>
    public static IReadOnlyList<IdleKind> All { get; } =
    [
        new("WebSocket", 19_000),
        new("event stream", 19_000) { IsEventStream = true },
        new("WebSocket, Kestrel's sockets", 9000) { IsKestrel = true },
        new("event stream, Kestrel's sockets", 5000) { IsEventStream = true, IsKestrel = true },
        new("WebSocket over TLS", 3000) { IsTls = true },
    ];

    /// <summary>The request of each connection.</summary>
    public string Request => IsEventStream
        ? "GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        : "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
}
