namespace Cecelia.Relay.Recovery;

/// <summary>
/// The point in the ingest queue at which the events of a fresh connection begin. The queue holds back what follows until the point is settled: by the task
/// that recovers what came before it, as discarded by the next connection's point, or as discarded by the end of the relay. Therefore the hold needs no
/// deadline.
/// </summary>
/// <param name="isFirst">True if no point has been settled before it.</param>
/// <param name="lost">The point up to which no event was missing before; null before the first connection.</param>
/// <param name="atMs">A moment in Unix milliseconds: all events before it precede the connection's events.</param>
/// <param name="probeBefore">The last probe of an earlier connection; null before the first.</param>
internal sealed class RecoveryPoint(bool isFirst, ProvenPoint? lost, long atMs, DateTimeOffset? probeBefore)
{
    // Continuations run inline, so that the ingest thread is woken without a thread of the pool.
    private readonly TaskCompletionSource<RecoveryResult> _settled = new();
    private int _begun;

    public bool IsFirst { get; } = isFirst;

    public ProvenPoint? Lost { get; } = lost;

    public long AtMs { get; } = atMs;

    public DateTimeOffset? ProbeBefore { get; } = probeBefore;

    /// <summary>Completes with the result. Never faults.</summary>
    public Task<RecoveryResult> Settled => _settled.Task;

    public bool IsSettled => _settled.Task.IsCompleted;

    /// <summary>Returns true to the first caller, which is then responsible for the recovery.</summary>
    public bool TryBegin() => Interlocked.Exchange(ref _begun, 1) == 0;

    /// <summary>Settles the point. The first result counts, and true is returned for that one only. Any thread.</summary>
    public bool TrySettle(RecoveryResult result) => _settled.TrySetResult(result);
}
