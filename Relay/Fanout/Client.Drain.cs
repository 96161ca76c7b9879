namespace Cecelia.Relay.Fanout;

/// <summary>The members for the pump's thread.</summary>
internal sealed partial class Client
{
    /// <summary>Bytes of a frame of its own that are copied when the peer's buffer is full.</summary>
    private const int PieceBytes = 16 * 1024;

    private BufferOffset _offset;
    private long _startFrame;
    private long _lastEntry;
    private bool _isLagging;
    private byte[]? _ownFrames;
    private int _ownFramesSent;
    private Snapshot? _snapshot;
    private int _snapshotPartsTaken;
    private bool _isFramePending;
    private long _firstNote = -1;
    private long _startEntry;
    private long _endNote = long.MaxValue;

    /// <summary>True if the client has received the last frame of its view. A client that started behind it waits for the next last one.</summary>
    private bool HasReceivedEnd => View.View.EndsAt is var end && _startFrame < end && _offset.Frame >= end;

    /// <summary>Resets the flag of <see cref="Wake"/>, so that a later call queues the client again.</summary>
    public void OnDequeued() => Volatile.Write(ref _isQueued, 0);

    /// <summary>The journal entry up to which the transport has taken everything that the view has for this client.</summary>
    private long Reached => _isFramePending ? _lastEntry - 1 : _lastEntry;

    /// <summary>Sends everything that is due and that the transport takes without waiting.</summary>
    public void Drain()
    {
        // Read first: a client that has sent less than this is not at the head.
        long head = View.View.Buffer.Head;
        try
        {
            DrainDue();
        }
        finally
        {
            // After a fault too: without a note the client would count as one at the head.
            if (_pump.Notes is { } notes && _firstNote >= 0)
            {
                bool isBehind = _isFramePending || _offset.Frame < head;
                if (isBehind || _progress.IsBehind) notes.NoteProgress(ref _progress, isBehind, Reached);
            }
        }
    }

    /// <summary>Sets the end of the client in the recording, after its last send. For the pump.</summary>
    public void NoteEnd() => Volatile.Write(ref _endNote, _pump.Notes?.Next ?? 0);

    private void DrainDue()
    {
        if (_hasFailed || Sink.Busy) return;
        _isFramePending = false;
        if (!SendOwnFrames()) return;
        if (_restart is not null) BeginAt(Interlocked.Exchange(ref _restart, null)!);
        do
        {
            while (_ownFrames is not null || TryTakeOwnFrames())
            {
                if (!SendOwnFrames()) return;
            }
        }
        while (!_closing && !_isLagging && DrainBuffer());

        if (!CloseSent || Closed is not { } closed) return;
        Closed = null;
        closed();
    }

    private void BeginAt(StartPoint start)
    {
        if (start.View is { } view && view != View) MoveTo(view);
        NoteStart(start);
        _snapshot?.Release();
        (_ownFrames, _ownFramesSent) = (start.Greeting, 0);
        (_snapshot, _snapshotPartsTaken) = (start.Snapshot, 0);
        // A state that cannot be expressed in ordinary events has no parts.
        if (_snapshot is { Parts.Count: 0 }) ReleaseSnapshot();
        if (_isLagging)
        {
            _pump.CountMissed(start.Offset.Frame - _offset.Frame);
            Missed += start.Offset.Frame - _offset.Frame;
            _isLagging = false;
        }

        _offset = start.Offset;
        _startFrame = start.Offset.Frame;
        _lastEntry = start.Entry;
    }

    /// <summary>Moves the client to another view. Its offset has no meaning until the start has been applied.</summary>
    private void MoveTo(PumpedView view)
    {
        View.Remove(this);
        lock (_gate)
        {
            _view = view;
            _orderedReplies?.MakeDue();
        }

        _isLagging = false;
        view.Add(this);
        Moved?.Invoke(view.View);
    }

    private void NoteStart(StartPoint start)
    {
        if (_pump.Notes is not { } notes) return;
        if (_firstNote >= 0) notes.NoteSkip(ref _progress, Reached, start.Entry, _isLagging);
        else (_startEntry, _firstNote) = (start.Entry, notes.Next);
    }

    /// <summary>
    /// Takes the next frame, or whole frames, of this client's own: its responses before its snapshot, so that a pong does not wait for the snapshot.
    /// </summary>
    private bool TryTakeOwnFrames()
    {
        _ownFramesSent = 0;
        // Read first: a response that was posted right before the close, such as a bye, is then seen below and leaves before the close frame.
        bool closing = _closing;
        if (_firstResponse is not null)
        {
            _ownFrames = TakeResponse();
        }
        else if (closing)
        {
            _ownFrames = CloseSent ? null : _closeFrame;
            CloseSent |= _ownFrames is not null;
        }
        else if (_snapshot is { } snapshot)
        {
            _ownFrames = snapshot.Parts[_snapshotPartsTaken++];
            if (_snapshotPartsTaken == snapshot.Parts.Count)
            {
                // The close frame that this leads to is sent behind the part.
                if (snapshot.IsFinal) _failed(ClientFailure.Finished);
                ReleaseSnapshot();
            }
        }
        else if (_orderedReplies is { } replies && replies.Next <= _offset.Frame)
        {
            _ownFrames = replies.Take();
        }

        return _ownFrames is not null;
    }

    private void ReleaseSnapshot()
    {
        _snapshot!.Release();
        _snapshot = null;
    }

    /// <summary>Sends frames of the buffer. Returns true at the offset of an ordered reply, or of the end, which must be sent next.</summary>
    private bool DrainBuffer()
    {
        OutboundBuffer buffer = View.View.Buffer;
        while (true)
        {
            long endFrame = Volatile.Read(ref _endFrame);
            if (_offset.Frame >= endFrame)
            {
                // Replies that are ordered before the end are sent first.
                if (_orderedReplies is not { } replies || replies.Next > _offset.Frame) _closing = true;
                return true;
            }

            bool isHeld = _pump.TryHold(buffer, ref _offset, out Segment? segment, out long missed);
            (int end, int frames) = segment?.Committed ?? default;
            // After that: nothing that was appended since a pause is sent, and a reply is seen that is ordered before what was appended.
            if (_paused || _restart is not null) return false;
            long limit = Math.Min(_orderedReplies?.Next ?? long.MaxValue, endFrame);
            if (!isHeld || segment is null)
            {
                if (missed == 0) return limit <= _offset.Frame;
                _isLagging = true;
                _lagged(this, new ClientOffset(_offset.Frame, _lastEntry));
                return false;
            }

            if (segment.FirstFrame + frames > limit)
            {
                if (limit <= _offset.Frame) return true;
                frames = (int)(limit - segment.FirstFrame);
                end = segment.EndOf(frames);
            }

            ReadOnlySpan<byte> due = segment.Read(_offset.Offset, end);
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

            // The peer's buffer is full in the middle of a frame. The rest of that frame is copied for the client, so that the buffer may drop it, and the
            // offset is between two frames again. When the peer's buffer is full exactly between two frames, the next frame is copied, so that the sink
            // reports when there is room.
            (int frameEnd, int index) = segment.FrameAt(_offset.Offset + taken);
            Sink.SendLater(segment.Read(_offset.Offset + taken, frameEnd));
            _isFramePending = true;
            Advance(new BufferOffset(segment.Number, frameEnd, segment.FirstFrame + index + 1), segment.EntryOf(index));
            if (HasReceivedEnd) break;
            return false;
        }

        _failed(ClientFailure.Finished);
        // A client that is being closed for another reason has received everything that it is to receive.
        if (IsEnding) _closing = true;
        return _closing;
    }

    private void Advance(BufferOffset to, long entry)
    {
        _lastEntry = entry;
        long frames = to.Frame - _offset.Frame;
        _offset = to;
        Delivered += frames;
        _pump.CountDelivered(frames);
    }

    private byte[] TakeResponse()
    {
        lock (_gate)
        {
            byte[] response = _firstResponse!;
            _firstResponse = _responses?.Count > 0 ? _responses.Dequeue() : null;
            if (_responses?.Count == 0) _responses = null;
            return response;
        }
    }

    /// <summary>Continues the frames that are being sent. Returns false if nothing more may be sent now.</summary>
    private bool SendOwnFrames()
    {
        if (_ownFrames is null) return true;
        ReadOnlySpan<byte> due = _ownFrames.AsSpan(_ownFramesSent);
        int taken = Sink.Send(due);
        if (taken < 0)
        {
            FailWith(ClientFailure.Broken);
            return false;
        }

        _ownFramesSent += taken;
        if (taken < due.Length)
        {
            // Only a piece: what many clients share, and perhaps never take, is not copied for each of them.
            ReadOnlySpan<byte> piece = due.Slice(taken, Math.Min(PieceBytes, due.Length - taken));
            _ownFramesSent += piece.Length;
            Sink.SendLater(piece);
        }

        if (_ownFramesSent == _ownFrames.Length) _ownFrames = null;
        return taken == due.Length;
    }
}
