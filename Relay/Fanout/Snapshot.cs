using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The entity state for a view at one moment, as frames ready to be sent, shared by several clients. Reference-counted, since the memory that slow clients
/// hold must be bounded: the last holder subtracts its size from the budget; the garbage collector frees the memory itself. Any thread.
/// </summary>
internal sealed class Snapshot
{
    private readonly SnapshotBudget _budget;
    private readonly Snapshot? _base;
    private int _holders = 1;

    /// <param name="parts">The snapshot's parts, each made of whole frames.</param>
    /// <param name="offset">The offset in the view's buffer of the first frame that the snapshot does not include.</param>
    /// <param name="taken">The position of the stream.</param>
    /// <param name="takenAt">The time, as a timestamp of the time provider.</param>
    /// <param name="budget">Counts its bytes until the last holder has released it.</param>
    public Snapshot(IReadOnlyList<byte[]> parts, BufferOffset offset, StreamPosition taken, long takenAt, SnapshotBudget budget)
    {
        (Parts, Offset, Taken, TakenAt) = (parts, offset, taken, takenAt);
        _budget = budget;
        Bytes = parts.Sum(part => (long)part.Length);
        budget.Add(Bytes);
    }

    /// <summary>Creates a snapshot for one client: some frames before those of another snapshot, whose reference passes to it.</summary>
    public Snapshot(IReadOnlyList<byte[]> before, Snapshot shared)
    {
        (Parts, Offset, Taken, TakenAt, Entry) = ([.. before, .. shared.Parts], shared.Offset, shared.Taken, shared.TakenAt, shared.Entry);
        (_budget, _base) = (shared._budget, shared);
        Bytes = before.Sum(part => (long)part.Length);
        _budget.Add(Bytes);
    }

    /// <summary>The parts, each made of whole frames.</summary>
    public IReadOnlyList<byte[]> Parts { get; }

    /// <summary>The offset in the view's buffer of the first frame that the snapshot does not include.</summary>
    public BufferOffset Offset { get; }

    /// <summary>The position of the stream when the state was copied.</summary>
    public StreamPosition Taken { get; }

    /// <summary>The time when the state was copied, as a timestamp of the time provider.</summary>
    public long TakenAt { get; }

    /// <summary>Size of the parts that belong to this snapshot.</summary>
    public long Bytes { get; }

    /// <summary>Number of the journal's newest entry when the state was copied.</summary>
    public long Entry { get; init; }

    /// <summary>True if it includes the final status, so that nothing follows it.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The <see cref="TimelinePoint.Epoch"/> when the state was copied.</summary>
    public long Epoch { get; init; }

    /// <summary>Adds a reference. Only while there is another one.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>Removes a reference.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;
        _budget.Add(-Bytes);
        _base?.Release();
    }
}

/// <summary>Counts the bytes of all snapshots that are held. Any thread.</summary>
internal sealed class SnapshotBudget(FanoutOptions options)
{
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>True if no further snapshot may be made until some are released.</summary>
    public bool IsSpent => Bytes >= options.SnapshotBytes;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
