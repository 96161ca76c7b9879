namespace Cecelia.Relay.Recovery;

/// <summary>Outcome of one attempt of a starting instance to get history and state. Closed.</summary>
internal enum TakeOverOutcome
{
    /// <summary>A ready instance handed them over.</summary>
    Given,

    /// <summary>No other instance is ready, and Redis has a copy.</summary>
    Kept,

    /// <summary>No other instance is ready, and Redis has no copy.</summary>
    NotFound,

    /// <summary>A ready instance or a copy in Redis may have them, but they could not be loaded.</summary>
    Unavailable,

    /// <summary>No other instance is ready, and the copy in Redis is damaged or of another version.</summary>
    Unreadable,
}

/// <summary>One attempt to get history and state.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Handoff">The history and state; null unless given or kept.</param>
/// <param name="Reason">Why they could not be loaded, in plain words; empty otherwise.</param>
internal sealed record TakeOver(TakeOverOutcome Outcome, Handoff? Handoff = null, string Reason = "");

/// <summary>The state that another instance or a copy in Redis may have is missing in this instance.</summary>
/// <param name="Reason">Why the last attempt failed.</param>
/// <param name="Since">The time at which it was found to be missing.</param>
internal sealed record MissingState(string Reason, DateTimeOffset Since);

/// <summary>Counts attempts to get history and state, and holds the reason why they are missing until they are loaded. Thread-safe.</summary>
internal sealed class TakeOvers(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[TakeOverOutcomes.All.Count];
    private volatile MissingState? _missing;

    /// <summary>The missing state; null if the state is loaded or there was none.</summary>
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

/// <summary>The name of each outcome in metrics.</summary>
internal static class TakeOverOutcomes
{
    public static IReadOnlyList<TakeOverOutcome> All { get; } = Enum.GetValues<TakeOverOutcome>();

    public static string ToWireName(this TakeOverOutcome outcome) => outcome switch
    {
        TakeOverOutcome.Given => "given",
        TakeOverOutcome.Kept => "kept",
        TakeOverOutcome.NotFound => "nobody",
        TakeOverOutcome.Unavailable => "unavailable",
        _ => "unreadable",
    };
}
