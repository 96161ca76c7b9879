using System.Diagnostics;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The sending half of one connection: an offset in the outbound buffer of its view, and frames of its own (pongs, errors, replies, a snapshot, a close
/// frame). Everything that leaves the connection leaves through <see cref="Drain"/>, on the thread of its pump, so a frame of its own never lands inside
/// another frame. This file has the members for other threads; <c>Client.Drain.cs</c> has the pump's.
/// </summary>
/// <remarks>
/// While the pump drains the client, other threads may be doing this:
/// <list type="number">
/// <item>
/// Waking it. <see cref="OnDequeued"/> resets <c>_isQueued</c> before the pump looks at anything, so a call of <see cref="Wake"/> during
/// <see cref="Drain"/> queues the client again, and nothing that was added before it is overlooked.
/// </item>
/// <item>
/// Posting a response and then closing. The pump reads <c>_closing</c> before it looks for a response, so one that was posted before the close leaves
/// before the close frame.
/// </item>
/// <item>
/// Appending to the buffer. The pump reads how much is committed first, and then <c>_paused</c>, <c>_restart</c> and the next ordered reply: it sends nothing
/// that was appended after a pause, and no frame ahead of a reply that was ordered before it.
/// </item>
/// <item>
/// Restarting it. <see cref="RestartAt"/> sets the start before it ends the pause, so the pump either finds the pause or the start, and never sends from the
/// old offset in between.
/// </item>
/// <item>
/// Restarting it after it has been removed. <see cref="ReleaseAll"/> sets <c>_removed</c> before it takes the start, and <see cref="RestartAt"/> sets the
/// start before it reads <c>_removed</c>: one of the two releases the snapshot.
/// </item>
/// <item>Checking whether it is stalled, from what the sink reports.</item>
/// <item>
/// Ordering a reply while the pump moves the client to another view. Both hold <c>_gate</c>, so the reply has an offset of the new buffer, or is made due.
/// </item>
/// </list>
/// </remarks>
[DebuggerDisplay("{View.View.Kind.Format}, next frame {_offset.Frame} of {View.View.Buffer.Head}, delivered {Delivered}, missed {Missed}")]
internal sealed partial class Client
{
    /// <summary>Maximum number of responses that wait while the peer takes nothing. A well-behaved peer never has more than a few.</summary>
    private const int MaxResponses = 64;

    private readonly Lock _gate = new();
    private readonly Pump _pump;
    private volatile PumpedView _view;
    private readonly Action<ClientFailure> _failed;
    private readonly Action<Client, ClientOffset> _lagged;
    private Queue<byte[]>? _responses;
    private byte[]? _firstResponse;
    private volatile OrderedReplies? _orderedReplies;
    private byte[]? _closeFrame;
    private volatile bool _closing;
    private long _endFrame = long.MaxValue;
    private volatile StartPoint? _restart;
    private volatile bool _paused;
    private volatile bool _removed;
    private volatile bool _hasFailed;
    private int _isQueued;
    private long _stalledSinceMs = -1;
    private long _stalledAtProgress;
    private ClientProgress _progress;

    /// <param name="view">The view, on the pump that owns this client.</param>
    /// <param name="start">Where it starts.</param>
    /// <param name="makeSink">Creates the sink, which wakes the client when it accepts bytes again. It must not use the client before that.</param>
    /// <param name="failed">Called on the pump's thread when the client has failed, or has received everything; the first call counts.</param>
    /// <param name="lagged">
    /// Called on the pump's thread when the client's offset has fallen off the buffer, with the offset that it had. No event is sent until
    /// <see cref="RestartAt"/> is called.
    /// </param>
    public Client(PumpedView view, StartPoint start, Func<Client, ISink> makeSink, Action<ClientFailure> failed, Action<Client, ClientOffset> lagged)
    {
        _pump = view.Pump;
        _view = view;
        _restart = start;
        _failed = failed;
        _lagged = lagged;
        Sink = makeSink(this);
    }

    /// <summary>The transport of the frames.</summary>
    public ISink Sink { get; }

    /// <summary>
    /// Called once, on the pump's thread, when the sink has taken the close frame and everything before it. Set, if at all, before the client is closed or
    /// woken; not needed for a client whose peer answers the close frame. Must not throw.
    /// </summary>
    public Action? Closed { get; set; }

    /// <summary>The view. Changed only by the pump, when the client starts in another one (<see cref="StartPoint.View"/>).</summary>
    public PumpedView View => _view;

    /// <summary>
    /// Called on the pump's thread when the client has left a view for another one, with the view that it is in now. Set before the client is woken. Must not
    /// throw.
    /// </summary>
    public Action<View>? Moved { get; set; }

    /// <summary>Index in <see cref="PumpedView"/>, or -1. For the pump.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Frames of the buffer handed to the peer's transport. For the pump and for tests.</summary>
    public long Delivered { get; private set; }

    /// <summary>Frames that fell off the buffer's tail before this client had taken them.</summary>
    public long Missed { get; private set; }

    /// <summary>Number of the client, unique in this instance, for the recording. Set before the client is woken.</summary>
    public long Number
    {
        get => _progress.Number;
        init => _progress = new ClientProgress { Number = value };
    }

    /// <summary>Number of the next frame of the buffer. Any thread; may be old.</summary>
    public long NextFrame => _offset.Frame;

    /// <summary>The part of the notes that concerns this client. Any thread while the client is served; exact after its removal.</summary>
    public ClientSpan Span => new(_firstNote, _startEntry, Volatile.Read(ref _endNote), Reached, _progress.IsBehind);

    /// <summary>True once the close frame has been handed to the transport: nothing follows it.</summary>
    public bool CloseSent { get; private set; }

    /// <summary>Completed by the pump when it has removed the client; null until <see cref="RemoveAsync"/> is called.</summary>
    public TaskCompletionSource? Removal { get; private set; }

    /// <summary>True after the pump has removed the client, which sends nothing from then on.</summary>
    public bool IsRemoved => _removed;

    /// <summary>Queues the client for its pump: it is new, its sink takes bytes again, or a frame of its own was queued. Any thread.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isQueued, 1) != 0) return;
        try
        {
            _pump.Enqueue(this);
        }
        catch (OutOfMemoryException)
        {
            // Not queued: with the flag left set, no later call would reach the pump.
            OnDequeued();
            throw;
        }
    }

    /// <summary>
    /// Fails the client after a fault of the relay: nothing more is sent, since the peer may have received part of a frame, and the connection is aborted. Any
    /// thread.
    /// </summary>
    public void Fail() => FailWith(ClientFailure.Fault);

    /// <summary>Queues one whole frame of this client's own. Any thread. When more than <see cref="MaxResponses"/> wait, the client fails.</summary>
    public void Post(byte[] frame)
    {
        lock (_gate)
        {
            if (_closing) return;
            if (_firstResponse is null)
            {
                _firstResponse = frame;
            }
            else
            {
                _responses ??= new Queue<byte[]>();
                if (_responses.Count >= MaxResponses)
                {
                    // In this order: the handler of the failure may queue a last frame.
                    _failed(ClientFailure.Flooded);
                    _closing = true;
                    return;
                }

                _responses.Enqueue(frame);
            }
        }

        Wake();
    }

    /// <summary>
    /// Queues one whole frame of this client's own that is ordered among the events: it is sent behind every frame that the buffer has now, and before all
    /// that are appended later, or behind the snapshot that replaces them. For the buffer's writer. Returns false if the client is closing; the client fails
    /// when it has more of them than it may hold.
    /// </summary>
    public bool PostInOrder(byte[] frame)
    {
        lock (_gate)
        {
            if (_closing || IsEnding) return false;
            _orderedReplies ??= new OrderedReplies();
            if (!_orderedReplies.TryAdd(frame, View.View.Buffer.Head))
            {
                _failed(ClientFailure.Flooded);
                _closing = true;
                return false;
            }
        }

        Wake();
        return true;
    }

    /// <summary>Queues the close frame: responses queued before it are still sent, events and later ones are not. Any thread; the first call wins.</summary>
    public void Close(byte[] closeFrame)
    {
        lock (_gate)
        {
            if (_closing || IsEnding) return;
            _closing = true;
            _closeFrame = closeFrame;
        }

        Wake();
    }

    /// <summary>
    /// Queues the close frame behind every frame that the buffer has now. Any thread; the first call of this and <see cref="Close"/> wins.
    /// </summary>
    public void End(byte[] closeFrame)
    {
        lock (_gate)
        {
            if (_closing || IsEnding) return;
            _closeFrame = closeFrame;
            Volatile.Write(ref _endFrame, View.View.Buffer.Head);
        }

        Wake();
    }

    /// <summary>
    /// Stops sending what is appended from now on until <see cref="RestartAt"/> is called: it would be sent again from there. Any thread, before the append.
    /// </summary>
    public void PauseAtHead() => _paused = true;

    /// <summary>
    /// Continues the client from another start, after the frame that is being sent. Any thread; a later call replaces a start that has not been used.
    /// </summary>
    public void RestartAt(StartPoint start)
    {
        // The pump has not seen a start that is replaced, so its snapshot is released here.
        Interlocked.Exchange(ref _restart, start)?.Snapshot?.Release();
        _paused = false;
        if (_removed) ReleaseAll();
        else Wake();
    }

    /// <summary>Releases what the client holds, after its pump has removed it. For the pump.</summary>
    public void ReleaseAll()
    {
        _removed = true;
        Interlocked.Exchange(ref _restart, null)?.Snapshot?.Release();
        Interlocked.Exchange(ref _snapshot, null)?.Release();
    }

    /// <summary>Asks the pump to remove the client. The task completes when no send is under way and none will follow. Any thread, once.</summary>
    public Task RemoveAsync()
    {
        Removal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task removed = Removal.Task;
        Wake();
        return removed;
    }

    /// <summary>Returns true if bytes are due to the peer and it has accepted none of them for <paramref name="limitMs"/>. For the sweeper's thread.</summary>
    public bool IsStalled(long nowMs, long limitMs)
    {
        if (!Sink.Busy)
        {
            _stalledSinceMs = -1;
            return false;
        }

        long progress = Sink.Progress;
        if (_stalledSinceMs < 0 || progress != _stalledAtProgress)
        {
            _stalledSinceMs = nowMs;
            _stalledAtProgress = progress;
        }

        return nowMs - _stalledSinceMs >= limitMs;
    }

    private bool IsEnding => Volatile.Read(ref _endFrame) != long.MaxValue;

    private void FailWith(ClientFailure failure)
    {
        if (_hasFailed) return;
        _hasFailed = true;
        _failed(failure);
    }
}
