using System.Buffers;
using System.Text;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Makes snapshots of views: copies the state under the lock of the <see cref="Timeline"/>, and encodes it afterwards. Clients that ask at about the same time
/// share a snapshot: a snapshot and the frames behind it in the buffer lead to the current state, however old the snapshot is. Any thread; makes one at a
/// time.
/// </summary>
internal sealed class SnapshotMaker(FanoutOptions options, Timeline timeline, TimeProvider time) : IDisposable
{
    /// <summary>Size of a part, in bytes: below the garbage collector's limit for large objects, and below any proxy's or client library's limit.</summary>
    private const int PartBytes = 64 * 1024;

    /// <summary>How long a snapshot may be reused. Clients that reconnect after a restart arrive within seconds.</summary>
    private static readonly TimeSpan SharedFor = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the memory of the copy is kept after its last use: it is as large as the state, and not counted against any bound.</summary>
    private static readonly TimeSpan CopyKeptFor = TimeSpan.FromSeconds(10);

    private readonly Lock _turn = new();
    private readonly StateCopy _copy = new();
    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly FrameWriter _writer = new(options.CompressionMinBytes);
    private readonly Queue<View> _viewsWithSnapshot = new();

    // A monotonic timestamp.
    private long _copiedAt;

    /// <summary>Bytes of the snapshots that are held.</summary>
    public SnapshotBudget Budget { get; } = new(options);

    /// <summary>
    /// Returns a snapshot of a view, held for the caller. Returns null if the snapshots that are being sent to clients have used up the budget, and none of
    /// them can be shared.
    /// </summary>
    public Snapshot? Take(View view)
    {
        lock (_turn)
        {
            long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            long takenAt = time.GetTimestamp();
            _copiedAt = takenAt;
            if (view.Snapshot is { } shared && CanShare(shared, view, takenAt))
            {
                shared.Hold();
                return shared;
            }

            if (Budget.IsSpent) return null;
            TimelinePoint point = timeline.CopyState(_copy, view, nowMs, out BufferOffset end);
            bool isFinal = false;
            List<byte[]> parts = view.Kind.Format switch
            {
                WireFormat.Subprotocol => Parts(view.Kind.Encoding, point.Position, nowMs),
                WireFormat.Execution => ExecutionFrames.Replay(_copy, view.Kind, _writer, out isFinal),
                _ => StateReplay.Make(_copy, view.Kind, _writer, PartBytes),
            };
            var snapshot = new Snapshot(parts, end, point.Position, takenAt, Budget) { Entry = point.Entry, Epoch = point.Epoch, IsFinal = isFinal };
            if (view.Snapshot is null) _viewsWithSnapshot.Enqueue(view);
            view.Snapshot?.Release();
            view.Snapshot = snapshot;
            snapshot.Hold();
            return snapshot;
        }
    }

    /// <summary>Returns the selected entities as one JSON object, which the caller disposes. Returns null if the budget is used up.</summary>
    /// <param name="selection">Selects the entities.</param>
    /// <param name="hidesSources">Leaves out the reason of the link status.</param>
    public StateReading? Read(StateSelection selection, bool hidesSources)
    {
        // One at a time here too: the copy's memory is reused, and the budget is exceeded by one reading at most.
        lock (_turn)
        {
            if (Budget.IsSpent) return null;
            _copiedAt = time.GetTimestamp();
            long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            TimelinePoint point = timeline.CopyState(_copy, selection, nowMs);
            LinkStatus link = hidesSources ? timeline.Link.WithoutReason() : timeline.Link;
            return StateReading.Of(_copy, point.Position, link, nowMs, Budget);
        }
    }

    /// <summary>Returns the selected entities at a base, which the caller disposes; null if there is none. The caller checks the budget.</summary>
    /// <param name="selection">Selects the entities.</param>
    /// <param name="maxEntries">Maximum number of journal entries after the base.</param>
    public StateReading? ReadBase(StateSelection selection, int maxEntries)
    {
        lock (_turn)
        {
            _copiedAt = time.GetTimestamp();
            return timeline.CopyBase(_copy, selection, maxEntries) is { } found ? StateReading.Of(_copy, found, Budget) : null;
        }
    }

    /// <summary>
    /// Releases the snapshots that are too old to be shared, and the memory of the copy if it has not been used for some time. Called periodically; does
    /// not wait for a snapshot that is being made.
    /// </summary>
    public void Tidy()
    {
        if (!_turn.TryEnter()) return;
        try
        {
            if (time.GetElapsedTime(_copiedAt) > CopyKeptFor)
            {
                _copy.Clear();
                _copy.TrimExcess();
            }

            for (int i = _viewsWithSnapshot.Count; i > 0; i--)
            {
                View view = _viewsWithSnapshot.Dequeue();
                if (view.References > 0 && time.GetElapsedTime(view.Snapshot!.TakenAt) < SharedFor)
                {
                    _viewsWithSnapshot.Enqueue(view);
                    continue;
                }

                view.Snapshot!.Release();
                view.Snapshot = null;
            }
        }
        finally
        {
            _turn.Exit();
        }
    }

    public void Dispose()
    {
        _copy.Dispose();
        _writer.Dispose();
    }

    /// <summary>
    /// Returns true if a client may be given a snapshot that was made for another one. The stream may advance after this check: the snapshot, and the frames
    /// behind it in the buffer, lead to the same state at any later point.
    /// </summary>
    private bool CanShare(Snapshot shared, View view, long nowAt)
    {
        TimelinePoint point = timeline.Point;
        if (shared.Epoch != point.Epoch || !view.Buffer.Reaches(shared.Offset)) return false;
        // One execution is quick to copy, and its page must begin with the current status. An unchanged state is not shared for longer than a changed one,
        // because work becomes silent without a change.
        bool isShareable = view.Kind.Format != WireFormat.Execution || shared.Taken == point.Position;
        return (isShareable && time.GetElapsedTime(shared.TakenAt, nowAt) < SharedFor) || Budget.IsSpent;
    }

    /// <summary>
    /// Encodes the parts of a snapshot. Only the last one has the id: a client that is disconnected before it has no position to resume from.
    /// </summary>
    private List<byte[]> Parts(FrameEncoding encoding, StreamPosition taken, long nowMs)
    {
        var parts = new List<byte[]>();
        string id = taken.ToString();
        var sections = new SnapshotParts(_copy, PartBytes);
        Span<byte> position = stackalloc byte[StreamPosition.TextLength];
        taken.Write(position);
        _data.ResetWrittenCount();
        while (sections.TryWriteNext(position, _data))
        {
            byte[] message = RelayMessage.Write(RelayMessage.Snapshot, nowMs, sections.IsDone ? id : "", _data.WrittenSpan);
            message.CopyTo(_writer.Begin(message.Length));
            _writer.End(message.Length);
            parts.Add(_writer.Frame(encoding, sections.IsDone ? position : Encoding.ASCII.GetBytes(EventStreamText.Incomplete)).ToArray());
            _data.ResetWrittenCount();
        }

        return parts;
    }
}
