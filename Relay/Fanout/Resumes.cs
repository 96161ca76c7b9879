namespace Cecelia.Relay.Fanout;

/// <summary>What came of a client's <c>hello</c>, in the query of its connection or on a standing one.</summary>
internal enum ResumeOutcome
{
    /// <summary>It named no position: a snapshot.</summary>
    None,

    /// <summary>It got all that it had missed.</summary>
    Recovered,

    /// <summary>Its position is not known here: a snapshot.</summary>
    Unknown,

    /// <summary>Its position is one of several, and cannot be told from the others: a snapshot.</summary>
    Ambiguous,

    /// <summary>Not all that came after its position is here: a snapshot.</summary>
    Incomplete,
}

/// <summary>The word for each outcome, for metrics.</summary>
internal static class ResumeOutcomes
{
    public static string ToWireName(this ResumeOutcome outcome) => outcome switch
    {
        ResumeOutcome.Recovered => "recovered",
        ResumeOutcome.Unknown => "unknown",
        ResumeOutcome.Ambiguous => "ambiguous",
        ResumeOutcome.Incomplete => "incomplete",
        _ => "none",
    };
}

/// <summary>How often each came about. Any thread.</summary>
internal sealed class Resumes
{
    private readonly long[] _counts = new long[Enum.GetValues<ResumeOutcome>().Length];

    public void Add(ResumeResult welcome) => Interlocked.Increment(ref _counts[(int)OutcomeOf(welcome)]);

    public long Count(ResumeOutcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    private static ResumeOutcome OutcomeOf(ResumeResult welcome) => welcome switch
    {
        { Recovered: true } => ResumeOutcome.Recovered,
        { Failure: ResumeFailure.Ambiguous } => ResumeOutcome.Ambiguous,
        { Failure: ResumeFailure.Incomplete } => ResumeOutcome.Incomplete,
        { WasRecovering: true } => ResumeOutcome.Unknown,
        _ => ResumeOutcome.None,
    };
}
