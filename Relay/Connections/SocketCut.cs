namespace Cecelia.Relay.Connections;

/// <summary>The reason why a socket was closed outside a request.</summary>
internal enum SocketCut
{
    /// <summary>No request was received within the handshake timeout, or within half a second while accepting was paused.</summary>
    Silent,

    /// <summary>The socket was kept alive after a request, and accepting was paused.</summary>
    Idle,

    /// <summary>The socket was still open after the keep-alive timeout, because the peer has not read the last responses.</summary>
    Unread,

    /// <summary>The peer is a trusted proxy, and the connection did not begin with a PROXY protocol header.</summary>
    ProxyHeader,
}

/// <summary>The names of <see cref="SocketCut"/> in metrics and status.</summary>
internal static class SocketCuts
{
    public static string ToWireName(this SocketCut reason) => reason switch
    {
        SocketCut.Silent => "silent",
        SocketCut.Idle => "idle",
        SocketCut.Unread => "unread",
        SocketCut.ProxyHeader => "proxy_header",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
