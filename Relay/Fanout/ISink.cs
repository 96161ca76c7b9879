namespace Cecelia.Relay.Fanout;

/// <summary>
/// The transport for the outgoing frames of one connection. For the pump's thread, except where noted. <see cref="SocketSink"/> sends directly to a socket;
/// <see cref="StreamSink"/> writes to a stream when there is no plain socket (TLS, HTTP/2).
/// </summary>
internal interface ISink : IDisposable
{
    /// <summary>True while bytes that <see cref="SendLater"/> or <see cref="Send"/> took are still being sent; nothing may be sent until then.</summary>
    bool Busy { get; }

    /// <summary>
    /// Completes when no send is under way. Must be awaited between the removal of the client from its pump and the end of the request, after which the owner
    /// of the transport writes to it again; nothing may be sent in the meantime. Never fails.
    /// </summary>
    Task Pending { get; }

    /// <summary>A counter that grows whenever the transport takes some of the bytes that keep the sink busy. Any thread.</summary>
    long Progress { get; }

    /// <summary>
    /// Sends as many of the bytes as the transport takes without waiting, and returns their number; <see cref="SinkResult.Broken"/> when the peer is gone.
    /// Never blocks.
    /// </summary>
    int Send(ReadOnlySpan<byte> bytes);

    /// <summary>Copies the bytes, sends them when the peer takes more, and then wakes the client.</summary>
    void SendLater(ReadOnlySpan<byte> bytes);
}

/// <summary>The results of <see cref="ISink.Send"/> that are not a number of bytes.</summary>
internal static class SinkResult
{
    /// <summary>The peer is gone.</summary>
    public const int Broken = -1;
}
