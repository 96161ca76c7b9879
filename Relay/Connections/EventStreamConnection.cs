using Cecelia.Relay.Fanout;
using Cecelia.Relay.Sockets;

namespace Cecelia.Relay.Connections;

/// <summary>
/// A connection by server-sent events (PROTOCOL.md, <i>Event stream</i>): a response that does not end. Its client sends nothing, so there is nothing to
/// read. The transport detects that the client has disconnected, or that it does not accept a message.
/// </summary>
internal sealed class EventStreamConnection : Connection
{
    /// <summary>Maximum number of bytes that a client may send after its request. A pipelined request is smaller.</summary>
    private const int MaxInputBytes = 64 * 1024;

    // Null if the connection has its own socket, with which it ends.
    private readonly TaskCompletionSource? _ended;

    // True without a request, which would end the body.
    private volatile bool _endsBody;
    private long _received;

    public EventStreamConnection(AcceptedConnection accepted, ConnectionOptions options, TimeProvider time, TimelineReader timeline)
        : base(accepted, options, time, timeline)
    {
        if (accepted.Context.Features.Get<EpollConnection>() is { } own)
        {
            Client.Closed = own.Socket.StopReading;
            return;
        }

        _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Client.Closed = () => _ended.TrySetResult();
        accepted.Context.RequestAborted.UnsafeRegister(static ended => ((TaskCompletionSource)ended!).TrySetResult(), _ended);
    }

    public override Transport Transport => Transport.EventStream;

    /// <summary>Returns a task that ends when <c>relay:bye</c> has been sent or the peer is gone. It never fails.</summary>
    public override Task RunAsync(Stream input) => _ended!.Task;

    /// <summary>Aborts the response as well: otherwise it would end as if it were complete.</summary>
    public override void FailRequest()
    {
        base.FailRequest();
        Abort();
    }

    /// <summary>Drops the input, which is not part of the protocol. A client that sends more than <see cref="MaxInputBytes"/> is disconnected.</summary>
    protected override bool TryRead(Span<byte> input)
    {
        _received += input.Length;
        if (_received <= MaxInputBytes) return true;
        Close(CloseReason.ProtocolError);
        return false;
    }

    protected override void OnDetached() => _endsBody = Client.View.View.Kind.Encoding == FrameEncoding.ChunkedEventStream;

    protected override void SendBye(CloseReason reason, TimeSpan retryWithin)
    {
        byte[] bye = Greeting!.Bye(reason, reason.ToCloseFrame().Code, retryWithin);
        Client.Close(_endsBody ? [.. bye, .. HttpChunk.Last] : bye);
    }
}
