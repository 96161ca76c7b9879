using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The state of a view at one moment, as frames ready to be sent, shared by the clients that are given it. Counted while anybody holds it, because what
/// slow clients hold must be bounded; the memory itself is the collector's. Any thread.
/// </summary>
internal sealed class Snapshot
{
    private readonly SnapshotBudget _budget;
    private readonly Snapshot? _shared;
    private int _holders = 1;

    /// <param name="parts">Whole frames each.</param>
    /// <param name="position">The place in the view's log right behind what the snapshot holds.</param>
    /// <param name="taken">Where the stream stood.</param>
    /// <param name="takenAt">When, as a timestamp of the time provider.</param>
    /// <param name="budget">Counts its bytes until the last holder has released it.</param>
    public Snapshot(IReadOnlyList<byte[]> parts, BufferOffset position, StreamPosition taken, long takenAt, SnapshotBudget budget)
    {
        (Parts, Position, Taken, TakenAt) = (parts, position, taken, takenAt);
        _budget = budget;
        Bytes = parts.Sum(part => (long)part.Length);
        budget.Add(Bytes);
    }

    /// <summary>One for a client of its own: some frames before those of another, whose hold passes to it.</summary>
    public Snapshot(IReadOnlyList<byte[]> before, Snapshot shared)
    {
        (Parts, Position, Taken, TakenAt, Entry) = ([.. before, .. shared.Parts], shared.Position, shared.Taken, shared.TakenAt, shared.Entry);
        (_budget, _shared) = (shared._budget, shared);
        Bytes = before.Sum(part => (long)part.Length);
        _budget.Add(Bytes);
    }

    public IReadOnlyList<byte[]> Parts { get; }

    public BufferOffset Position { get; }

    public StreamPosition Taken { get; }

    public long TakenAt { get; }

    public long Bytes { get; }

    /// <summary>Number of the journal's newest entry then.</summary>
    public long Entry { get; init; }

    /// <summary>It tells of the end: nothing more is to come after it.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Only snapshots of the same one are followed by the same events.</summary>
    public long Epoch { get; init; }

    /// <summary>One more holder. Only for one who knows that there is a holder now.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;
        _budget.Add(-Bytes);
        _shared?.Release();
    }
}

/// <summary>Bytes of all snapshots that somebody holds. Any thread.</summary>
internal sealed class SnapshotBudget(FanoutOptions options)
{
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>No further snapshot is made until some are released.</summary>
    public bool IsSpent => Bytes >= options.SnapshotBytes;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
