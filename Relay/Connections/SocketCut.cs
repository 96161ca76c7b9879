namespace Cecelia.Relay.Connections;

/// <summary>Why a socket without a request was closed.</summary>
internal enum SocketCut
{
    /// <summary>No request came within the handshake time-out, or within half a second while accepting was paused.</summary>
    Silent,

    /// <summary>It was kept alive after a request, and accepting was paused.</summary>
    Idle,
}

/// <summary>The word for each, for metrics.</summary>
internal static class SocketCuts
{
    public static string Word(this SocketCut reason) => reason == SocketCut.Silent ? "silent" : "idle";
}
