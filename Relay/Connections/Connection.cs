using Cecelia.Relay.Access;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Sockets;
using Microsoft.AspNetCore.Http.Features;

namespace Cecelia.Relay.Connections;

/// <summary>
/// A connection of any transport: its <see cref="Client"/>, its deadlines and the reason of its end. The sweeper, the drain and the pump call it from their
/// threads, concurrently with the request that serves it.
/// </summary>
internal abstract partial class Connection
{
    // A feature of the transport, which outlives the request: the sweeper works on a copy of the table and may run after the request has ended, when the
    // context has been reset and would throw on a timer thread.
    private IHttpRequestLifetimeFeature? _lifetime;
    private readonly Lock _abortGate = new();
    private readonly TimeProvider _time;
    private readonly TimelineReader _timeline;
    private readonly long _startMs;
    private readonly long _endMs;
    private long _closeByMs = long.MaxValue;
    private long _unknownAtMs;
    private int _reason;
    private bool _ended;
    private volatile RelayGreeting? _greeting;
    private int _resumes;

    /// <param name="accepted">The request and the start of the client. Not kept: it would hold the start point's snapshot.</param>
    /// <param name="options">The deadlines.</param>
    /// <param name="time">The clock of the deadlines.</param>
    /// <param name="timeline">Provides a new start point for a client that resumes or has fallen behind.</param>
    protected Connection(AcceptedConnection accepted, ConnectionOptions options, TimeProvider time, TimelineReader timeline)
    {
        _lifetime = accepted.Context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        Options = options;
        _time = time;
        _timeline = timeline;
        _greeting = accepted.Greeting;
        Access = accepted.Access;
        _startMs = NowMs;
        // Connections that were opened together must not all be closed together.
        _endMs = options.MaxAge == TimeSpan.Zero
            ? long.MaxValue
            : _startMs + (long)(options.MaxAge.TotalMilliseconds * (0.8 + (0.2 * Random.Shared.NextDouble())));
        WatchForUnknownExecution(accepted.View.View, accepted.Start);
        Origin = accepted.Origin;
        Since = time.GetUtcNow();
        Client = new Client(accepted.View, accepted.Start, accepted.MakeSink, OnClientFailed, OnLagged) { Number = Origin.Number };
        if (Access is not null) Client.Moved = Access.Arrived;
    }

    /// <summary>Index in the table's list. Used by the table under its lock.</summary>
    public int TableIndex { get; set; }

    public abstract Transport Transport { get; }

    /// <summary>The ticket that the client connected with; null if it had a token, or has sent one since.</summary>
    public Ticket? Ticket => Access?.Grant.Ticket;

    public ConnectionOrigin Origin { get; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>How often it has continued elsewhere: by a <c>hello</c>, after it fell behind, or with another instance's state. Any thread.</summary>
    public int Resumes => Volatile.Read(ref _resumes);

    public Client Client { get; }

    /// <summary>The reason why it is closing or has ended, otherwise <see cref="CloseReason.None"/>. The first reason is kept.</summary>
    public CloseReason Reason => (CloseReason)Volatile.Read(ref _reason);

    /// <summary>The close code under which the end is counted.</summary>
    public virtual int ClosedWith => Reason.ToCloseFrame().Code;

    public TimeSpan Age => TimeSpan.FromMilliseconds(NowMs - _startMs);

    protected ConnectionOptions Options { get; }

    /// <summary>The messages of the relay subprotocol; null without the subprotocol.</summary>
    protected RelayGreeting? Greeting => _greeting;

    /// <summary>The rights of the connection; null without access control.</summary>
    protected ConnectionAccess? Access { get; }

    /// <summary>The view that the client is in, or moves to.</summary>
    private View CurrentView => Access?.Target ?? Client.View.View;

    protected long UnixMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    protected long NowMs => _time.GetTimestamp() / (_time.TimestampFrequency / 1000);

    /// <summary>
    /// Returns a task that ends when the connection is to be ended: its peer is gone, its close is complete, or its deadline has passed. Called once.
    /// </summary>
    /// <param name="input">The input of the connection.</param>
    public abstract Task RunAsync(Stream input);

    /// <summary>Releases the views that the connection holds. Called once, after <see cref="EndAsync"/>.</summary>
    public void ReleaseViews()
    {
        if (Access is not null) Access.ReleaseViews();
        else _timeline.Release(Client.View.View);
    }

    /// <summary>
    /// Removes the client from its pump and waits until nothing more is written, aborting the connection if necessary. Called once, after
    /// <see cref="RunAsync"/>; if there is no reason yet, the peer is gone.
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
                // It may also fail, which has been handled where it happened.
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
            // The transport may now serve another request, which a late abort of this connection must not affect.
            lock (_abortGate) _ended = true;
        }
    }

    /// <summary>Closes the connection after a fault of the relay, or aborts it if there is no memory for a close frame. Any thread; throws nothing.</summary>
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

    /// <summary>
    /// Closes the connection with <c>relay:bye</c> or a close frame, or aborts it if the client cannot receive them. Any thread; the first reason wins.
    /// </summary>
    /// <param name="reason">The reason.</param>
    /// <param name="retryWithin">The time within which a client should reconnect, after a random part of it. Default one second.</param>
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

    /// <summary>Returns what is known of the connection now. Any thread.</summary>
    public ConnectionRecord ToRecord(long? endedMs = null) =>
        new(Origin, Transport, Client.View.View.Kind, Client.View.Pump.Notes, Client.Span, endedMs);

    /// <summary>Aborts the connection at once. Any thread.</summary>
    public void Abort()
    {
        lock (_abortGate)
        {
            if (_ended) return;
            _lifetime?.Abort();
            _ownSocket?.Abort();
        }
    }

    /// <summary>
    /// Ends the connection without waiting for the peer: with FIN after the data in the socket's buffer if the close frame is part of that data, otherwise by
    /// an abort. Any thread.
    /// </summary>
    public virtual void End() => Abort();

    /// <summary>Closes the connection if a deadline has passed. Called about once a second, by the sweeper.</summary>
    public void CheckDeadlines(long sendTimeoutMs)
    {
        long now = NowMs;
        if (now >= Volatile.Read(ref _closeByMs)) OnCloseTimeout();
        else if (Client.IsStalled(now, sendTimeoutMs)) Close(CloseReason.Stalled);
        else if (now >= _endMs) Close(CloseReason.MaxAge);
        else if (Access?.CheckDeadlines() is { } due and not AccessDue.Nothing) OnAccessDue(due);
        else if (now >= Volatile.Read(ref _unknownAtMs)) SendUnknownExecution();
        else if (Reason == CloseReason.None) CheckHeartbeat(now);
    }

    /// <summary>Sends the state again to a client that has received it, because the state has been replaced. Any thread.</summary>
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
            View view = CurrentView;
            Continue(view, _timeline.StartWithSnapshot(view));
        }
    }

    /// <summary>Returns true if the peer can receive a close message, or the output queued before it; otherwise the connection is aborted.</summary>
    protected virtual bool CanSendBye(CloseReason reason) => reason.CanBeSent();

    /// <summary>Ends a connection whose peer has not closed within the close timeout. For the sweeper.</summary>
    protected virtual void OnCloseTimeout() => Abort();

    /// <summary>Restarts the close timeout.</summary>
    protected void RestartCloseTimeout() => Volatile.Write(ref _closeByMs, NowMs + (long)Options.CloseTimeout.TotalMilliseconds);

    /// <summary>
    /// Ends the reader loop as if the peer had closed. Unlike after <see cref="Abort"/>, data in the socket's buffer is still sent. Any thread.
    /// </summary>
    protected void StopReading(IPeerSocket socket)
    {
        lock (_abortGate)
        {
            if (!_ended) socket.StopReading();
        }
    }

    /// <summary>Queues the close messages for the client, which sends nothing after them. Any thread, once.</summary>
    protected abstract void SendBye(CloseReason reason, TimeSpan retryWithin);

    /// <summary>Sends a ping if it is due, and closes the connection if the peer has been silent too long. For the sweeper.</summary>
    /// <param name="nowMs">The value of <see cref="NowMs"/>.</param>
    protected virtual void CheckHeartbeat(long nowMs)
    {
    }

    /// <summary>Resumes the client from a position, or resets it if the position is empty or unknown.</summary>
    protected Task ResumeAsync(string since)
    {
        View view = CurrentView;
        return ContinueAsync(view, () => _timeline.ResumeOrResetAsync(view, since.Length == 0 ? null : since, Greeting!.Hello, CancellationToken.None));
    }

    /// <summary>
    /// Uses the rights of a new token, which <see cref="Access"/> has already: notifies the client and, if they differ from those before, sends it the state
    /// in the view of the new ones. Only with the subprotocol.
    /// </summary>
    protected void UseToken(Grant grant, Rights before)
    {
        bool differ = !grant.Rights.Equals(before);
        // Nothing more is sent in the previous view.
        if (differ) Client.PauseAtHead();
        RelayGreeting greeting = _greeting! with { Grant = grant };
        _greeting = greeting;
        byte[] accepted = greeting.Token(TokenStatus.Accepted);
        if (!differ) Client.Post(accepted);
        else if (Access!.Retarget() is not { } view) Close(CloseReason.Overloaded);
        else
        {
            // In one piece: a response of its own could be sent before or after the greeting.
            _ = ContinueAsync(
                view, () => _timeline.ResumeOrResetAsync(view, null, result => [.. accepted, .. greeting.Hello(result)], CancellationToken.None));
        }
    }

    protected bool SetReason(CloseReason reason) => Interlocked.CompareExchange(ref _reason, (int)reason, (int)CloseReason.None) == (int)CloseReason.None;

    private void OnClientFailed(ClientFailure failure)
    {
        if (failure == ClientFailure.Fault)
        {
            // No close frame: it could be sent in the middle of another frame.
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

    // Not on the pump's thread, because the state may have to be copied.
    private void OnLagged(Client client, ClientOffset place)
    {
        View view = CurrentView;
        // The client moves to another view, whose start follows: the offset has no meaning there.
        if (view != client.View.View) return;
        _ = ContinueAsync(view, () => _timeline.ResetLaggedAsync(view, place));
    }

    private void OnAccessDue(AccessDue due)
    {
        if (due == AccessDue.Expired) Close(CloseReason.TokenExpired);
        else if (due == AccessDue.Revoked) Close(CloseReason.AccessRevoked);
        else if (Greeting is { } greeting) Client.Post(greeting.Token(TokenStatus.Expiring));
    }

    private async Task ContinueAsync(View view, Func<Task<StartPoint?>> find)
    {
        // On another thread: it may take some time, and the caller is the reader loop or a pump.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Continue(view, await find());
        }
        catch (Exception)
        {
            // Nothing awaits this task. The client is closed with an internal error, and reconnects.
            Fail();
        }
    }

    private void Continue(View view, StartPoint? start)
    {
        if (start is null)
        {
            Close(CloseReason.Overloaded);
            return;
        }

        WatchForUnknownExecution(view, start);
        Interlocked.Increment(ref _resumes);
        if (Access is null) Client.RestartAt(start);
        else Access.Restart(Client, view, start);
    }

    /// <summary>Starts the timeout after which the page of an execution without state receives an error: its address may be wrong.</summary>
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
