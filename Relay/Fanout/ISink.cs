namespace Cecelia.Relay.Fanout;

/// <summary>
/// The way out of one connection. Used by the pump's thread alone. There are two: <see cref="SocketSink"/> sends
/// straight to a socket, <see cref="StreamSink"/> writes to a stream where no bare socket can be had (TLS, HTTP/2).
/// </summary>
internal interface ISink : IDisposable
{
    /// <summary>True while bytes given to <see cref="SendLater"/>, or taken by <see cref="Send"/>, are still on their way; nothing may be sent meanwhile.</summary>
    bool Busy { get; }

    /// <summary>
    /// Ends when no send is under way any more. To be awaited between the client's removal from its pump and the end of the request, where whoever
    /// owns the transport writes to it again; it must not be sent to meanwhile. Never fails.
    /// </summary>
    Task Pending { get; }

    /// <summary>A count that grows whenever the transport takes some of what made the sink busy. Any thread.</summary>
    long Progress { get; }

    /// <summary>Takes as much of <paramref name="bytes"/> as goes without waiting, and says how much that was. Never blocks. <see cref="SinkResult.Broken"/> when the peer is gone.</summary>
    int Send(ReadOnlySpan<byte> bytes);

    /// <summary>Copies <paramref name="bytes"/> and sends them when the peer takes them again; then wakes its client.</summary>
    void SendLater(ReadOnlySpan<byte> bytes);
}

/// <summary>What <see cref="ISink.Send"/> returns when it is not a count of bytes.</summary>
internal static class SinkResult
{
    public const int Broken = -1;
}
