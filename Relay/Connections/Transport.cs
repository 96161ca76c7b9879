namespace Cecelia.Relay.Connections;

/// <summary>How a connection carries its messages.</summary>
internal enum Transport
{
    /// <summary>A WebSocket: <c>/ws</c>.</summary>
    WebSocket,

    /// <summary>Server-sent events: <c>/events</c>.</summary>
    EventStream,
}

/// <summary>The word for each, for metrics.</summary>
internal static class Transports
{
    public static string ToWireName(this Transport transport) => transport == Transport.WebSocket ? "websocket" : "event_stream";
}
