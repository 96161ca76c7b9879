using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>
/// A connection by server-sent events (PROTOCOL.md, <i>Event stream</i>): a response that does not end. Its client can say nothing, so there is nothing to read;
/// that it has left is seen by the transport, or by a message that it does not take.
/// </summary>
internal sealed class EventStreamConnection : Connection
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EventStreamConnection(HttpContext context, ConnectionOptions options, TimeProvider time, TimelineReader feed, Pump pump, PumpedView view, StartPoint start, RelayGreeting greeting)
        : base(context, Transport.EventStream, options, time, feed, pump, view, start, greeting)
    {
        Client.Closed = () => _over.TrySetResult();
        context.RequestAborted.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), _over);
    }

    /// <summary>Ends when the farewell has left, or the peer is gone. Never fails.</summary>
    public Task Completion => _over.Task;

    protected override void SendBye(CloseReason reason, TimeSpan retryWithin) => Client.Close(Greeting!.Bye(reason, reason.ToCloseFrame().Code, retryWithin));
}
