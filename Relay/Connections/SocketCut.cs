namespace Cecelia.Relay.Connections;

/// <summary>Why a socket without a request was closed.</summary>
internal enum SocketCut
{
    /// <summary>No request came within the handshake time-out, or within half a second while accepting was paused.</summary>
    Silent,

    /// <summary>It was kept alive after a request, and accepting was paused.</summary>
    Idle,

    /// <summary>It was not closed at the keep-alive time-out, because its peer has not read the last responses.</summary>
    Unread,

    /// <summary>It came from a trusted proxy and did not begin with a PROXY protocol header.</summary>
    ProxyHeader,
}

/// <summary>The word for each, for metrics.</summary>
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
