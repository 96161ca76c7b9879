using System.Net.Sockets;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Microsoft.AspNetCore.Http.Features;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The life of one connection, whatever carries it: its <see cref="Client"/>, its deadlines, and why it ends. The sweeper, the drain and the pump call it from
/// their threads, beside the request that serves it.
/// </summary>
internal abstract class Connection
{
    // Of the transport's own, which outlives the request: the sweeper works on a copy of the table and may come a moment too late, when the
    // context has been taken apart and would throw, on a timer's thread.
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private readonly Lock _cutting = new();
    private readonly TimeProvider _time;
    private readonly TimelineReader _feed;
    private readonly long _startMs;
    private readonly long _endMs;
    private long _closeByMs = long.MaxValue;
    private long _unknownAtMs;
    private int _reason;
    private bool _ended;

    /// <param name="accepted">The request and the start of the client. Not kept: it would hold the start point's snapshot.</param>
    /// <param name="options">The deadlines.</param>
    /// <param name="time">The clock of the deadlines.</param>
    /// <param name="feed">Provides a new start point for a client that resumes or has fallen behind.</param>
    protected Connection(AcceptedConnection accepted, ConnectionOptions options, TimeProvider time, TimelineReader feed)
    {
        _lifetime = accepted.Context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        Options = options;
        _time = time;
        _feed = feed;
        Greeting = accepted.Greeting;
        _startMs = NowMs;
        // Those that came together do not all leave together.
        _endMs = options.MaxAge == TimeSpan.Zero ? long.MaxValue : _startMs + (long)(options.MaxAge.TotalMilliseconds * (0.8 + (0.2 * Random.Shared.NextDouble())));
        WatchForUnknownExecution(accepted.View.View, accepted.Start);
        Client = new Client(accepted.View, accepted.Start, accepted.MakeSink, OnClientFailed, OnLagged);
    }

    /// <summary>Index in the table's list. For the table, under its lock.</summary>
    public int TableIndex { get; set; }

    public abstract Transport Transport { get; }

    public Client Client { get; }

    /// <summary>Why it ended, or <see cref="CloseReason.None"/> while it lives. The first reason stays.</summary>
    public CloseReason Reason => (CloseReason)Volatile.Read(ref _reason);

    /// <summary>The code that is counted for the end.</summary>
    public virtual int ClosedWith => Reason.ToCloseFrame().Code;

    public TimeSpan Age => TimeSpan.FromMilliseconds(NowMs - _startMs);

    protected ConnectionOptions Options { get; }

    protected RelayGreeting? Greeting { get; }

    protected long UnixMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    protected long NowMs => _time.GetTimestamp() / (_time.TimestampFrequency / 1000);

    /// <summary>Returns a task that ends when the connection is to be ended: its peer is gone, its close is complete, or its deadline has passed. Called once.</summary>
    public abstract Task RunAsync();

    /// <summary>
    /// Takes the connection from its pump and waits until nothing more is written, if need be by cutting it. Called once, when it is over; without a reason until
    /// then, its peer is gone.
    /// </summary>
    public async Task EndAsync()
    {
        try
        {
            SetReason(CloseReason.PeerGone);
            await Client.RemoveAsync();
            Task pending = Client.Sink.Pending;
            if (!pending.IsCompleted)
            {
                // It may end by a fault too, which has been dealt with where it happened.
                await pending.WaitAsync(Options.CloseTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!pending.IsCompleted)
                {
                    Abort();
                    await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        finally
        {
            // The transport may serve another request now, which is not to be cut in the place of this one.
            lock (_cutting) _ended = true;
        }
    }

    /// <summary>Ends the connection after a fault of the relay: with a close frame, or cut where there is no memory for one. Any thread; throws nothing.</summary>
    public void Fail()
    {
        try
        {
            Close(CloseReason.InternalError);
        }
        catch (Exception)
        {
            Abort();
        }
    }

    /// <summary>As <see cref="Fail"/>, for the request that serves the connection and is about to return. Throws nothing.</summary>
    public virtual void FailRequest() => Fail();

    /// <summary>Takes leave of the client, or cuts the connection where it cannot be told. Any thread; the first reason wins.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="retryWithin">A client that should come back is asked to wait for a random part of this. Default a second.</param>
    public void Close(CloseReason reason, TimeSpan? retryWithin = null)
    {
        if (!SetReason(reason)) return;
        if (!CanSendBye(reason))
        {
            Abort();
            return;
        }

        RestartCloseTimeout();
        SendBye(reason, retryWithin ?? TimeSpan.FromSeconds(1));
    }

    /// <summary>Cuts the connection now, whatever is under way. Any thread.</summary>
    public void Abort()
    {
        lock (_cutting)
        {
            if (!_ended) _lifetime.Abort();
        }
    }

    /// <summary>
    /// Ends the connection without waiting for the peer: by FIN behind what its socket still holds, where the close frame is part of that; otherwise it is cut. Any thread.
    /// </summary>
    public virtual void End() => Abort();

    /// <summary>Ends what is dead or old: called about once a second for each connection, by one thread.</summary>
    public void CheckDeadlines(long sendTimeoutMs)
    {
        long now = NowMs;
        if (now >= Volatile.Read(ref _closeByMs)) OnCloseTimeout();
        else if (Client.IsStalled(now, sendTimeoutMs)) Close(CloseReason.Stalled);
        else if (now >= _endMs) Close(CloseReason.MaxAge);
        else if (now >= Volatile.Read(ref _unknownAtMs)) SendUnknownExecution();
        else if (Reason == CloseReason.None) CheckHeartbeat(now);
    }

    /// <summary>Gives a client that is told the state the state anew: what it was given before is not true any more. Any thread.</summary>
    public void Resync()
    {
        if (Greeting is not null)
        {
            Client.PauseAtHead();
            _ = ResumeAsync("");
        }
        else if (Client.View.View.Kind.Format == WireFormat.Execution)
        {
            Client.PauseAtHead();
            Continue(_feed.StartWithSnapshot(Client.View.View));
        }
    }

    /// <summary>True where the peer can be told of the end, or be given what is queued before it; otherwise the connection is cut.</summary>
    protected virtual bool CanSendBye(CloseReason reason) => reason.CanBeSent();

    /// <summary>Ends a connection whose peer has not closed within the close time-out. For the sweeper.</summary>
    protected virtual void OnCloseTimeout() => Abort();

    /// <summary>Restarts the close time-out.</summary>
    protected void RestartCloseTimeout() => Volatile.Write(ref _closeByMs, NowMs + (long)Options.CloseTimeout.TotalMilliseconds);

    /// <summary>Ends the reading as if the peer had closed. What the socket has not sent yet is still sent, unlike after <see cref="Abort"/>. Any thread.</summary>
    protected void StopReading(Socket socket)
    {
        lock (_cutting)
        {
            if (_ended) return;
            try
            {
                socket.Shutdown(SocketShutdown.Receive);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // The transport has closed it, and the reading ends by that.
            }
        }
    }

    /// <summary>Says goodbye through the client, which sends nothing after that. Any thread, once.</summary>
    protected abstract void SendBye(CloseReason reason, TimeSpan retryWithin);

    /// <summary>Asks the peer whether it is still there, where it can answer. For the sweeper.</summary>
    /// <param name="nowMs">As <see cref="NowMs"/>.</param>
    protected virtual void CheckHeartbeat(long nowMs)
    {
    }

    /// <summary>Has the client go on from the position that it says; empty: it has none.</summary>
    protected Task ResumeAsync(string since) => ContinueAsync(() => _feed.ResumeOrResetAsync(Client.View.View, since.Length == 0 ? null : since, Greeting!.Hello, CancellationToken.None));

    protected bool SetReason(CloseReason reason) => Interlocked.CompareExchange(ref _reason, (int)reason, (int)CloseReason.None) == (int)CloseReason.None;

    private void OnClientFailed(ClientFailure failure)
    {
        if (failure == ClientFailure.Fault)
        {
            // No close frame: it could land inside another one.
            SetReason(CloseReason.InternalError);
            Abort();
            return;
        }

        Close(failure switch
        {
            ClientFailure.Stalled => CloseReason.Stalled,
            ClientFailure.Flooded => CloseReason.Flooded,
            ClientFailure.Finished => CloseReason.Finished,
            _ => CloseReason.PeerGone,
        });
    }

    // Not on the pump's thread: the state may have to be copied.
    private void OnLagged(Client client, ClientOffset place) => _ = ContinueAsync(() => _feed.ResetLaggedAsync(Client.View.View, place));

    private async Task ContinueAsync(Func<Task<StartPoint?>> find)
    {
        // Elsewhere: it may take a while, and this is in the middle of what was read, or of a pump's round.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Continue(await find());
        }
        catch (Exception)
        {
            // Nobody waits for this task. The client reconnects, and either gets further or is seen to fail.
            Fail();
        }
    }

    private void Continue(StartPoint? start)
    {
        if (start is null)
        {
            Close(CloseReason.Overloaded);
            return;
        }

        WatchForUnknownExecution(Client.View.View, start);
        Client.RestartAt(start);
    }

    /// <summary>The page of an execution that nothing is known of is told so after a while; that may be a mistake in its address.</summary>
    private void WatchForUnknownExecution(View view, StartPoint start)
    {
        bool isUnknown = view.Kind.Format == WireFormat.Execution && start.Snapshot is { Parts.Count: 0 } && Options.UnknownExecution > TimeSpan.Zero;
        Volatile.Write(ref _unknownAtMs, isUnknown ? NowMs + (long)Options.UnknownExecution.TotalMilliseconds : long.MaxValue);
    }

    private void SendUnknownExecution()
    {
        Volatile.Write(ref _unknownAtMs, long.MaxValue);
        if (Client.Delivered == 0) Client.Post(ClientResponse.UnknownExecution);
    }
}
