using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Redis;

/// <summary>What came of one attempt of a starting instance to get history and state. Closed.</summary>
internal enum TakeOverOutcome
{
    /// <summary>A ready instance gave them.</summary>
    Given,

    /// <summary>No instance is ready, and a copy was kept.</summary>
    Kept,

    /// <summary>No instance is ready, and nothing was kept.</summary>
    Nobody,

    /// <summary>A ready instance may have them, or a copy may be kept, but they could not be had.</summary>
    Unavailable,

    /// <summary>No instance is ready, and what was kept is damaged or of another version.</summary>
    Unreadable,
}

/// <summary>One attempt.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Handoff">What there was to get; null unless given or kept.</param>
/// <param name="Reason">Why it could not be had, in plain words; otherwise empty.</param>
internal sealed record TakeOver(TakeOverOutcome Outcome, Handoff? Handoff = null, string Reason = "");

/// <summary>The state that another instance or a copy in Redis may have is missing here.</summary>
/// <param name="Reason">Why the last attempt failed.</param>
/// <param name="Since">When it was missed first.</param>
internal sealed record MissingState(string Reason, DateTimeOffset Since);

/// <summary>Counts attempts to get history and state, and keeps why they are missing until they are here. Thread-safe.</summary>
internal sealed class TakeOvers(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[TakeOverOutcomes.All.Count];
    private volatile MissingState? _missing;

    /// <summary>Null when the state is here, or there was none.</summary>
    public MissingState? Missing => _missing;

    public long Count(TakeOverOutcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    public void Add(TakeOver attempt) => Interlocked.Increment(ref _counts[(int)attempt.Outcome]);

    public void SetMissing(string reason)
    {
        lock (_gate) _missing = new MissingState(reason, _missing?.Since ?? time.GetUtcNow());
    }

    public void ClearMissing()
    {
        lock (_gate) _missing = null;
    }
}

/// <summary>The word for each outcome, for metrics.</summary>
internal static class TakeOverOutcomes
{
    public static IReadOnlyList<TakeOverOutcome> All { get; } = Enum.GetValues<TakeOverOutcome>();

    public static string ToWireName(this TakeOverOutcome outcome) => outcome switch
    {
        TakeOverOutcome.Given => "given",
        TakeOverOutcome.Kept => "kept",
        TakeOverOutcome.Nobody => "nobody",
        TakeOverOutcome.Unavailable => "unavailable",
        _ => "unreadable",
    };
}
