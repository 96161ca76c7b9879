using System.Buffers;
using System.Text;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Makes snapshots of views: the state is copied while the stream stands still, and framed after. Clients that ask at about the same time share one,
/// since a snapshot and what came after it in the log are the truth, however old it is. Any thread; one is made after the other.
/// </summary>
internal sealed class SnapshotMaker(FanoutOptions options, Timeline timeline, TimeProvider time) : IDisposable
{
    /// <summary>Size of a part, in bytes: below what the collector keeps apart as large, and below any proxy's or client library's limit.</summary>
    private const int PartBytes = 64 * 1024;

    /// <summary>For so long a snapshot serves others although the state has changed. Those who come back after a restart come within seconds.</summary>
    private static readonly TimeSpan Shared = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the memory of the copy is kept after its last use: it is as large as the state, and no bound counts it.</summary>
    private static readonly TimeSpan CopyKept = TimeSpan.FromSeconds(10);

    private readonly Lock _turn = new();
    private readonly StateCopy _copy = new();
    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly FrameWriter _writer = new(options.CompressionMinBytes);
    private readonly Queue<View> _made = new();

    // By the clock that does not step back.
    private long _copiedAt;

    public SnapshotBudget Budget { get; } = new(options);

    /// <summary>
    /// A snapshot of the view, held for the caller. Null when those that clients are being sent have used up the budget, and none that is there will do.
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
            TimelinePoint point = timeline.CopyState(_copy, view, out BufferOffset end);
            bool isFinal = false;
            List<byte[]> parts = view.Kind.Format switch
            {
                WireFormat.Subprotocol => Parts(view.Kind.Encoding, point.Position, nowMs),
                WireFormat.Execution => ExecutionFrames.Restate(_copy, view.Kind, _writer, out isFinal),
                _ => StateReplay.Make(_copy, view.Kind, _writer, PartBytes),
            };
            var snapshot = new Snapshot(parts, end, point.Position, takenAt, Budget) { Entry = point.Entry, Epoch = point.Epoch, IsFinal = isFinal };
            if (view.Snapshot is null) _made.Enqueue(view);
            view.Snapshot?.Release();
            view.Snapshot = snapshot;
            snapshot.Hold();
            return snapshot;
        }
    }

    /// <summary>The selected state as one JSON object; the caller disposes it. Null when the budget is used up.</summary>
    public StateReading? Read(StateSelection selection)
    {
        // One after the other here too: a copy that is kept warm, and the budget passed by one reading at most.
        lock (_turn)
        {
            if (Budget.IsSpent) return null;
            _copiedAt = time.GetTimestamp();
            TimelinePoint point = timeline.CopyState(_copy, selection);
            return new StateReading(_copy, point.Position, timeline.Link, time.GetUtcNow().ToUnixTimeMilliseconds(), Budget);
        }
    }

    /// <summary>Gives up the snapshots that serve nobody any more, and the memory of the copy. Now and then; does not wait for one that is being made.</summary>
    public void Tidy()
    {
        if (!_turn.TryEnter()) return;
        try
        {
            if (time.GetElapsedTime(_copiedAt) > CopyKept)
            {
                _copy.Clear();
                _copy.TrimExcess();
            }

            for (int i = _made.Count; i > 0; i--)
            {
                View view = _made.Dequeue();
                if (view.References > 0 && time.GetElapsedTime(view.Snapshot!.TakenAt) < Shared)
                {
                    _made.Enqueue(view);
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
    /// True when a client may be given a snapshot that was made for another one. The stream may advance after this check: the snapshot, and the frames behind
    /// it in the buffer, lead to the same state at any later point.
    /// </summary>
    private bool CanShare(Snapshot shared, View view, long nowAt)
    {
        TimelinePoint point = timeline.Point;
        if (shared.Epoch != point.Epoch || !view.Buffer.Reaches(shared.Position)) return false;
        // One execution is quick to copy, and its page must begin with the current status.
        TimeSpan sharedFor = view.Kind.Format == WireFormat.Execution ? TimeSpan.Zero : Shared;
        return shared.Taken == point.Position || time.GetElapsedTime(shared.TakenAt, nowAt) < sharedFor || Budget.IsSpent;
    }

    /// <summary>Only the last one has the id: a client that was cut off before has nothing to come back to.</summary>
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
