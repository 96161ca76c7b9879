using System.Diagnostics.CodeAnalysis;
using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Redis;

/// <summary>What was found out about the time before a fresh connection's first event. Immutable.</summary>
/// <param name="Handoff">At the start: what another instance left. Null: nothing.</param>
/// <param name="Barrier">The place up to which it holds everything; null where that is not known.</param>
/// <param name="Missed">What a stream holds of that time, and of some before it.</param>
/// <param name="IsComplete">It holds all of it.</param>
internal sealed record RecoveryResult(Handoff? Handoff, Guid? Barrier, IReadOnlyList<byte[]> Missed, bool IsComplete)
{
    /// <summary>Nothing is known.</summary>
    public static RecoveryResult None { get; } = new(null, null, [], false);

    /// <summary>Why what another instance or the copy in Redis may have could not be had; null where there was nothing, or it is here.</summary>
    public string? Unavailable { get; init; }

    /// <summary>At the start: no instance was ready and no copy was kept.</summary>
    public bool IsAlone { get; init; }

    /// <summary>The connection did not last until it was known, or the relay stops: what came over it is not passed on.</summary>
    public static RecoveryResult Discarded { get; } = new(null, null, [], false);

    public bool IsDiscarded => ReferenceEquals(this, Discarded);
}

/// <summary>
/// A place in the queue at which the ingest thread waits for a <see cref="RecoveryResult"/>. Settled by whoever finds that out, or void by the next mark, or by
/// the end of the relay: so it need not be waited for with a deadline.
/// </summary>
/// <param name="isFirst">Nothing has been settled before it.</param>
/// <param name="lost">Up to where nothing was missing; null before the first connection.</param>
/// <param name="atMs">Before this moment everything lies before the connection's events, in Unix milliseconds.</param>
/// <param name="probeBefore">The last probe of an earlier connection; null before the first.</param>
internal sealed class RecoveryPoint(bool isFirst, ProvenPoint? lost, long atMs, DateTimeOffset? probeBefore)
{
    private readonly TaskCompletionSource<RecoveryResult> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    public bool IsFirst { get; } = isFirst;

    public ProvenPoint? Lost { get; } = lost;

    public long AtMs { get; } = atMs;

    public DateTimeOffset? ProbeBefore { get; } = probeBefore;

    public bool IsSettled => _settled.Task.IsCompleted;

    /// <summary>True for the one who is to find out.</summary>
    public bool TryBegin() => Interlocked.Exchange(ref _begun, 1) == 0;

    /// <summary>The first one counts. Any thread.</summary>
    public bool TrySettle(RecoveryResult resumption) => _settled.TrySetResult(resumption);

    /// <summary>Blocks for at most <paramref name="atMost"/>.</summary>
    public bool TryWait(TimeSpan atMost, [NotNullWhen(true)] out RecoveryResult? resumption)
    {
        resumption = _settled.Task.Wait(atMost) ? _settled.Task.Result : null;
        return resumption is not null;
    }
}
