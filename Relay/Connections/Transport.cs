namespace Cecelia.Relay.Connections;

/// <summary>The transport of a connection's messages.</summary>
internal enum Transport
{
    /// <summary>A WebSocket: <c>/ws</c>.</summary>
    WebSocket,

    /// <summary>Server-sent events: <c>/events</c>.</summary>
    EventStream,
}

/// <summary>The names of <see cref="Transport"/> in metrics.</summary>
internal static class Transports
{
    public static string ToWireName(this Transport transport) => transport == Transport.WebSocket ? "websocket" : "event_stream";
}
