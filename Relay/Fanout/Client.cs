namespace Cecelia.Relay.Fanout;

/// <summary>
/// The sending half of one connection: a position in its view's log and a few replies of its own (pongs, errors, answers, a close frame). Everything that
/// leaves the connection leaves through <see cref="Drain"/>, on the thread of its pump, so a reply never lands inside another frame. Other
/// threads may call <see cref="Post"/> and <see cref="Close"/>.
/// </summary>
internal sealed class Client
{
    /// <summary>Replies that may wait while the peer takes nothing. A well-behaved peer never has more than a few.</summary>
    private const int MaxReplies = 64;

    /// <summary>How much of a frame of its own is copied when the peer's buffer is full.</summary>
    private const int PieceBytes = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Pump _pump;
    private readonly Action<ClientFailure> _failed;
    private readonly Action<Client, ClientPlace> _lagged;
    private Queue<byte[]>? _replies;
    private volatile OrderedReplies? _placed;
    private byte[]? _reply;
    private byte[]? _closeFrame;
    private volatile bool _closing;
    private long _endAt = long.MaxValue;
    private volatile StartPoint? _next;
    private volatile bool _paused;
    private BufferOffset _position;
    private long _from;
    private long _entry;
    private bool _waiting;
    private volatile bool _forgotten;
    private byte[]? _own;
    private int _ownSent;
    private Snapshot? _snapshot;
    private int _snapshotSent;
    private int _queued;
    private volatile bool _gone;
    private long _stalledSinceMs = -1;
    private long _stalledAtProgress;

    /// <param name="pump">Whose thread drains it.</param>
    /// <param name="view">What it watches.</param>
    /// <param name="start">Where it starts.</param>
    /// <param name="failed">Called on the pump's thread when the client is given up, or has been given all; the first call counts.</param>
    /// <param name="lagged">
    /// Called on the pump's thread when the client's place has fallen off the log, with the place it had. No event is
    /// sent until somebody says with <see cref="RestartAt"/> where it goes on.
    /// </param>
    public Client(Pump pump, PumpedView view, StartPoint start, Action<ClientFailure> failed, Action<Client, ClientPlace> lagged)
    {
        _pump = pump;
        View = view;
        _next = start;
        _failed = failed;
        _lagged = lagged;
    }

    /// <summary>The way out; set once, before the client is added to its pump.</summary>
    public ISink Sink { get; set; } = null!;

    /// <summary>
    /// Called once, on the pump's thread, when the sink has taken the close frame and all before it. Set, if at all, before the client is closed or woken; a client whose
    /// peer answers the close frame needs none. Must not throw.
    /// </summary>
    public Action? Closed { get; set; }

    public PumpedView View { get; }

    /// <summary>Index in <see cref="PumpedView"/>, or -1. For the pump.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Frames of the view's log handed to the peer's transport. For the pump and for tests.</summary>
    public long Delivered { get; private set; }

    /// <summary>Frames that fell off the log's tail before this client had taken them.</summary>
    public long Missed { get; private set; }

    /// <summary>Set when the close frame has been handed to the transport: nothing follows it.</summary>
    public bool CloseSent { get; private set; }

    /// <summary>Completed by the pump when it has let go of the client; null while nobody has asked for that.</summary>
    public TaskCompletionSource? Removal { get; private set; }

    /// <summary>Has the pump look at this client: it is new, its sink takes bytes again, or something was queued. Any thread.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _queued, 1) != 0) return;
        try
        {
            _pump.Enqueue(this);
        }
        catch (OutOfMemoryException)
        {
            // Not queued, or no later call would reach the pump.
            OnDequeued();
            throw;
        }
    }

    /// <summary>
    /// Gives the client up after a fault of the relay: nothing more is sent, since the peer may have got part of a frame, and the connection is cut. Any thread.
    /// </summary>
    public void Fail() => FailWith(ClientFailure.Fault);

    /// <summary>Queues one whole frame of this client's own. Any thread. More than <see cref="MaxReplies"/> waiting gives the client up.</summary>
    public void Post(byte[] frame)
    {
        lock (_gate)
        {
            if (_closing) return;
            if (_reply is null)
            {
                _reply = frame;
            }
            else
            {
                _replies ??= new Queue<byte[]>();
                if (_replies.Count >= MaxReplies)
                {
                    // In this order: what is told of it may have a last frame.
                    _failed(ClientFailure.Flooded);
                    _closing = true;
                    return;
                }

                _replies.Enqueue(frame);
            }
        }

        Wake();
    }

    /// <summary>
    /// Queues one whole frame of this client's own that stands among the events: it is sent behind every frame that the view's log has now, and before all that
    /// is appended later, or behind the snapshot that takes their place. For the log's writer. False when the client is closing; more than it may hold gives
    /// the client up.
    /// </summary>
    public bool PostInOrder(byte[] frame)
    {
        lock (_gate)
        {
            if (_closing || IsEnding) return false;
            _placed ??= new OrderedReplies();
            if (!_placed.TryAdd(frame, View.View.Buffer.Head))
            {
                _failed(ClientFailure.Flooded);
                _closing = true;
                return false;
            }
        }

        Wake();
        return true;
    }

    /// <summary>Queues the close frame: replies queued before it still leave, events and later replies do not. Any thread; the first call wins.</summary>
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
    /// As <see cref="Close"/>, behind every frame that the view's log has now. Any thread; the first call of both wins.
    /// </summary>
    public void End(byte[] closeFrame)
    {
        lock (_gate)
        {
            if (_closing || IsEnding) return;
            _closeFrame = closeFrame;
            Volatile.Write(ref _endAt, View.View.Buffer.Head);
        }

        Wake();
    }

    /// <summary>
    /// Nothing that is appended from now on is sent until somebody says with <see cref="RestartAt"/> where the client goes on: it would come again from there. Any
    /// thread, before the append.
    /// </summary>
    public void PauseAtHead() => _paused = true;

    /// <summary>Has the client go on from another place, after what it is in the middle of. Any thread; a later one replaces one that was not begun.</summary>
    public void RestartAt(StartPoint start)
    {
        // One that is replaced was never looked at: its snapshot goes back here.
        Interlocked.Exchange(ref _next, start)?.Snapshot?.Release();
        // In this order: who sees that the pause is over sees where the client goes on.
        _paused = false;
        if (_forgotten) ReleaseAll();
        else Wake();
    }

    /// <summary>Gives back what the client held, after its pump has let go of it. For the pump.</summary>
    public void ReleaseAll()
    {
        // Before the exchange: whoever restarts the client now either is seen by it, or sees this.
        _forgotten = true;
        Interlocked.Exchange(ref _next, null)?.Snapshot?.Release();
        Interlocked.Exchange(ref _snapshot, null)?.Release();
    }

    /// <summary>Asks the pump to let go; the task ends when no send is under way any more and none will follow. Any thread, once.</summary>
    public Task RemoveAsync()
    {
        Removal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task removed = Removal.Task;
        Wake();
        return removed;
    }

    /// <summary>True if bytes are due to the peer and it has accepted not one of them for <paramref name="limitMs"/>. For the one thread that sweeps.</summary>
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

    /// <summary>For the pump: the client is being looked at, so a later wake-up must queue it again.</summary>
    public void OnDequeued() => Volatile.Write(ref _queued, 0);

    /// <summary>Sends what is due and goes without waiting. For the pump's thread.</summary>
    public void Drain()
    {
        if (_gone || Sink.Busy || !SendOwn()) return;
        if (_next is not null) BeginAt(Interlocked.Exchange(ref _next, null)!);
        do
        {
            while (_own is not null || TryTakeOwnFrame())
            {
                if (!SendOwn()) return;
            }
        }
        while (!_closing && !_waiting && DrainBuffer());

        if (!CloseSent || Closed is not { } closed) return;
        Closed = null;
        closed();
    }

    private void BeginAt(StartPoint start)
    {
        _snapshot?.Release();
        (_own, _ownSent) = (start.Greeting, 0);
        (_snapshot, _snapshotSent) = (start.Snapshot, 0);
        // A state of which nothing can be told in ordinary events makes no part.
        if (_snapshot is { Parts.Count: 0 }) ReleaseSnapshot();
        if (_waiting)
        {
            _pump.CountMissed(start.Position.Frame - _position.Frame);
            Missed += start.Position.Frame - _position.Frame;
            _waiting = false;
        }

        _position = start.Position;
        _from = start.Position.Frame;
        _entry = start.Entry;
    }

    /// <summary>The next frame, or whole frames, of this client's own: its replies before its snapshot, so that a pong need not wait for that.</summary>
    private bool TryTakeOwnFrame()
    {
        _ownSent = 0;
        // Asked first: a reply that was posted right before the close, as a farewell is, is then seen below and leaves before the close frame.
        bool closing = _closing;
        if (_reply is not null)
        {
            _own = TakeReply();
        }
        else if (closing)
        {
            _own = CloseSent ? null : _closeFrame;
            CloseSent |= _own is not null;
        }
        else if (_snapshot is { } snapshot)
        {
            _own = snapshot.Parts[_snapshotSent++];
            if (_snapshotSent == snapshot.Parts.Count)
            {
                // The close frame that this brings about leaves behind the part.
                if (snapshot.IsFinal) _failed(ClientFailure.Finished);
                ReleaseSnapshot();
            }
        }
        else if (_placed is { } placed && placed.Next <= _position.Frame)
        {
            _own = placed.Take();
        }

        return _own is not null;
    }

    private void ReleaseSnapshot()
    {
        _snapshot!.Release();
        _snapshot = null;
    }

    /// <summary>True when the place of a reply, or of the end, has been reached, which comes before the rest.</summary>
    private bool DrainBuffer()
    {
        OutboundBuffer log = View.View.Buffer;
        while (true)
        {
            long endAt = Volatile.Read(ref _endAt);
            if (_position.Frame >= endAt)
            {
                // Replies whose place is before the end are sent first.
                if (_placed is not { } replies || replies.Next > _position.Frame) _closing = true;
                return true;
            }

            bool isHeld = _pump.TryHold(log, ref _position, out Segment? segment, out long missed);
            (int end, int frames) = segment?.Committed ?? default;
            // After that: of what was appended since the pause nothing is sent, and a reply is seen whose place lies before what was appended.
            if (_paused || _next is not null) return false;
            long place = Math.Min(_placed?.Next ?? long.MaxValue, endAt);
            if (!isHeld || segment is null)
            {
                if (missed == 0) return place <= _position.Frame;
                _waiting = true;
                _lagged(this, new ClientPlace(_position.Frame, _entry));
                return false;
            }

            if (segment.FirstFrame + frames > place)
            {
                if (place <= _position.Frame) return true;
                frames = (int)(place - segment.FirstFrame);
                end = segment.EndOf(frames);
            }

            ReadOnlySpan<byte> due = segment.Read(_position.Offset, end);
            int taken = Sink.Send(due);
            if (taken == due.Length)
            {
                Advance(new BufferOffset(segment.Number, end, segment.FirstFrame + frames), segment.EntryOf(frames - 1));
                if (HasReceivedEnd) break;
                continue;
            }

            if (taken < 0)
            {
                FailWith(ClientFailure.Broken);
                return false;
            }

            // The peer's buffer is full in the middle of a frame: the rest of that frame goes with the client, so that the log may let go of it,
            // and the position is at a frame again. A cut exactly between two frames takes the next one along, to learn when there is room.
            (int cut, int index) = segment.FrameAt(_position.Offset + taken);
            Sink.SendLater(segment.Read(_position.Offset + taken, cut));
            Advance(new BufferOffset(segment.Number, cut, segment.FirstFrame + index + 1), segment.EntryOf(index));
            if (HasReceivedEnd) break;
            return false;
        }

        _failed(ClientFailure.Finished);
        // A client that is being closed for another reason has all that it is to get.
        if (IsEnding) _closing = true;
        return _closing;
    }

    private bool IsEnding => Volatile.Read(ref _endAt) != long.MaxValue;

    /// <summary>The client has got the frame after which nothing more is to come. One that began behind it waits for another.</summary>
    private bool HasReceivedEnd => View.View.EndsAt is var end && _from < end && _position.Frame >= end;

    private void Advance(BufferOffset to, long entry)
    {
        _entry = entry;
        long frames = to.Frame - _position.Frame;
        _position = to;
        Delivered += frames;
        _pump.CountDelivered(frames);
    }

    private byte[] TakeReply()
    {
        lock (_gate)
        {
            byte[] reply = _reply!;
            _reply = _replies?.Count > 0 ? _replies.Dequeue() : null;
            if (_replies?.Count == 0) _replies = null;
            return reply;
        }
    }

    /// <summary>Goes on with what the client is in the middle of; false when nothing more may be sent now.</summary>
    private bool SendOwn()
    {
        if (_own is null) return true;
        ReadOnlySpan<byte> due = _own.AsSpan(_ownSent);
        int taken = Sink.Send(due);
        if (taken < 0)
        {
            FailWith(ClientFailure.Broken);
            return false;
        }

        _ownSent += taken;
        if (taken < due.Length)
        {
            // A mouthful only: what many clients share, and perhaps never take, is not copied for each of them.
            ReadOnlySpan<byte> piece = due.Slice(taken, Math.Min(PieceBytes, due.Length - taken));
            _ownSent += piece.Length;
            Sink.SendLater(piece);
        }

        if (_ownSent == _own.Length) _own = null;
        return taken == due.Length;
    }

    private void FailWith(ClientFailure failure)
    {
        if (_gone) return;
        _gone = true;
        _failed(failure);
    }
}
