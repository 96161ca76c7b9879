namespace Cecelia.Relay.Fanout;

/// <summary>The outcome of a client's <c>hello</c>, in the query of its connection or on an open one.</summary>
internal enum ResumeOutcome
{
    /// <summary>The client gave no position: a snapshot.</summary>
    None,

    /// <summary>The client received everything that it had missed.</summary>
    Recovered,

    /// <summary>The position is not known here: a snapshot.</summary>
    Unknown,

    /// <summary>The position matches several entries: a snapshot.</summary>
    Ambiguous,

    /// <summary>Some of what came after the position is missing: a snapshot.</summary>
    Incomplete,
}

/// <summary>The name of each outcome, for metrics.</summary>
internal static class ResumeOutcomes
{
    /// <summary>Returns the name.</summary>
    public static string ToWireName(this ResumeOutcome outcome) => outcome switch
    {
        ResumeOutcome.Recovered => "recovered",
        ResumeOutcome.Unknown => "unknown",
        ResumeOutcome.Ambiguous => "ambiguous",
        ResumeOutcome.Incomplete => "incomplete",
        _ => "none",
    };
}

/// <summary>Counts the outcomes. Any thread.</summary>
internal sealed class Resumes
{
    private readonly long[] _counts = new long[Enum.GetValues<ResumeOutcome>().Length];

    /// <summary>Counts one outcome.</summary>
    public void Add(ResumeResult result) => Interlocked.Increment(ref _counts[(int)OutcomeOf(result)]);

    /// <summary>Returns the number of one outcome.</summary>
    public long Count(ResumeOutcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    private static ResumeOutcome OutcomeOf(ResumeResult result) => result switch
    {
        { Recovered: true } => ResumeOutcome.Recovered,
        { Failure: ResumeFailure.Ambiguous } => ResumeOutcome.Ambiguous,
        { Failure: ResumeFailure.Incomplete } => ResumeOutcome.Incomplete,
        { WasRecovering: true } => ResumeOutcome.Unknown,
        _ => ResumeOutcome.None,
    };
}
