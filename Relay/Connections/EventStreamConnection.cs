using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>
/// A connection by server-sent events (PROTOCOL.md, <i>Event stream</i>): a response that does not end. Its client sends nothing, so there is nothing to
/// read. The transport detects that the client has disconnected, or that it does not accept a message.
/// </summary>
internal sealed class EventStreamConnection : Connection
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EventStreamConnection(AcceptedConnection accepted, ConnectionOptions options, TimeProvider time, TimelineReader timeline)
        : base(accepted, options, time, timeline)
    {
        Client.Closed = () => _ended.TrySetResult();
        accepted.Context.RequestAborted.UnsafeRegister(static ended => ((TaskCompletionSource)ended!).TrySetResult(), _ended);
    }

    public override Transport Transport => Transport.EventStream;

    /// <summary>Returns a task that ends when <c>relay:bye</c> has been sent or the peer is gone. It never fails.</summary>
    public override Task RunAsync() => _ended.Task;

    /// <summary>Aborts the response as well: otherwise it would end as if it were complete.</summary>
    public override void FailRequest()
    {
        base.FailRequest();
        Abort();
    }

    protected override void SendBye(CloseReason reason, TimeSpan retryWithin) => Client.Close(Greeting!.Bye(reason, reason.ToCloseFrame().Code, retryWithin));
}
