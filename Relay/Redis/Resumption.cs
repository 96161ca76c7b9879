using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Redis;

/// <summary>What was found out about the time before a fresh connection's first event. Immutable.</summary>
/// <param name="Handoff">At the start: what another instance left. Null: nothing.</param>
/// <param name="Cut">The place up to which it holds everything; null where that is not known.</param>
/// <param name="Missed">What a stream holds of that time, and of some before it.</param>
/// <param name="IsProven">It holds all of it.</param>
internal sealed record Resumption(Handoff? Handoff, Guid? Cut, IReadOnlyList<byte[]> Missed, bool IsProven)
{
    /// <summary>Nothing is known.</summary>
    public static Resumption None { get; } = new(null, null, [], false);

    /// <summary>The connection never stood, or the relay stops: there is nothing to settle here.</summary>
    public static Resumption Void { get; } = new(null, null, [], false);

    public bool IsVoid => ReferenceEquals(this, Void);
}

/// <summary>A place in the queue at which the ingest thread waits for a <see cref="Resumption"/>.</summary>
/// <param name="lostMs">Until when nothing was missing, in Unix milliseconds; null: not known.</param>
internal sealed class Mark(long? lostMs)
{
    private readonly TaskCompletionSource<Resumption> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long? LostMs { get; } = lostMs;

    public bool IsSettled => _settled.Task.IsCompleted;

    /// <summary>The first one counts. Any thread.</summary>
    public void Settle(Resumption resumption) => _settled.TrySetResult(resumption);

    /// <summary>Blocks. Nothing is known when nobody has settled it in time.</summary>
    public Resumption Wait(TimeSpan deadline) => _settled.Task.Wait(deadline) ? _settled.Task.Result : Resumption.None;
}
