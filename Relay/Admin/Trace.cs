using Cecelia.Relay.Journal;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Admin;

/// <summary>The outcome of a trace at one instance. Closed.</summary>
internal enum TraceOutcome
{
    /// <summary>Something was received.</summary>
    Recorded,

    /// <summary>Nothing was received since the recording began.</summary>
    NeverCame,

    /// <summary>It is not known: what was received at that time is not recorded, or no longer.</summary>
    NotRecorded,
}

/// <summary>The names of <see cref="TraceOutcome"/>.</summary>
internal static class TraceOutcomes
{
    public static string ToWireName(this TraceOutcome outcome) => outcome switch
    {
        TraceOutcome.Recorded => "recorded",
        TraceOutcome.NeverCame => "never_came",
        _ => "not_recorded",
    };
}

/// <summary>The records of one instance about a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Instance">Name of the instance.</param>
/// <param name="Events">The newest records, oldest first.</param>
/// <param name="Gaps">The newest gaps, oldest first.</param>
/// <param name="More">Number of older records that were left out.</param>
internal sealed record Trace(
    TraceKey Key, string Instance, IReadOnlyCollection<EventRecord> Events, IReadOnlyCollection<EventRecord> Gaps, int More)
{
    public required TraceOutcome Outcome { get; init; }

    /// <summary>Why it is not recorded, or what is known about an event that never came; empty if it is recorded.</summary>
    public required string Reason { get; init; }

    /// <summary>When the recorder started, in Unix milliseconds; zero if it is off.</summary>
    public long StartedMs { get; init; }

    /// <summary>The time since which all accepted events are recorded.</summary>
    public long AcceptedSinceMs { get; init; }

    /// <summary>The time since which everything else that was received is recorded.</summary>
    public long OthersSinceMs { get; init; }

    /// <summary>The time since which the connections that ended are recorded.</summary>
    public long EndedSinceMs { get; init; }
}

/// <summary>How far the recording reaches back, as its records are read, and so why nothing was found.</summary>
internal sealed class Reach(TraceKey key, long startedMs, long nowMs)
{
    private long _firstSeq = -1;
    private int _acceptedBefore;

    public long AcceptedSinceMs { get; private set; } = nowMs;

    public long OthersSinceMs { get; private set; } = nowMs;

    public void AddAccepted(EventRecord record)
    {
        AcceptedSinceMs = Math.Min(AcceptedSinceMs, record.Header.TimeMs);
        if (key.Position is { } position && record.Header.TimeMs <= position.TimeMs) _acceptedBefore++;
        if (key.Source is { } source && record.Header.Seq >= 0 && _firstSeq < 0 && record.Source.SequenceEqual(source)) _firstSeq = record.Header.Seq;
    }

    public void AddOther(EventRecord record) => OthersSinceMs = Math.Min(OthersSinceMs, record.Header.TimeMs);

    /// <summary>Returns the outcome of a trace that found nothing.</summary>
    /// <param name="isAcceptedCut">True if accepted events have been dropped from the recording.</param>
    /// <param name="isOthersCut">True if anything else has been dropped from it.</param>
    public (TraceOutcome Outcome, string Reason) Explain(bool isAcceptedCut, bool isOthersCut)
    {
        long sinceMs = Math.Max(isAcceptedCut ? AcceptedSinceMs : startedMs, isOthersCut ? OthersSinceMs : startedMs);
        if (key.Position is { } position && position.TimeMs < sinceMs) return (TraceOutcome.NotRecorded, "the position is older than the recording");
        if (key.Position is not null && !isAcceptedCut && _acceptedBefore < MessageWindow.Length)
        {
            return (TraceOutcome.NotRecorded, "the position is of another instance: this one had received too few events to have the same positions");
        }

        if (key.Position is not null)
        {
            return (TraceOutcome.NeverCame, "no event with this position was received (after a gap an instance has positions of its own for 32 events)");
        }

        if (_firstSeq > key.Seq) return (TraceOutcome.NotRecorded, $"the number is older than the recording: the first of this source in it is {_firstSeq}");
        if (_firstSeq >= 0) return (TraceOutcome.NeverCame, "other numbers of this source were received, and not this one");
        return isAcceptedCut || isOthersCut
            ? (TraceOutcome.NotRecorded, "nothing was received since the recording began, and earlier events are no longer recorded")
            : (TraceOutcome.NeverCame, "nothing was received since the recording began");
    }
}
