namespace Cecelia.Relay.Postgres;

/// <summary>A row of <c>cecelia.run_changes</c>: one change of a run, as recorded by the trigger (deploy/brain/runs.sql). Immutable.</summary>
/// <param name="Id">Identity of the change.</param>
/// <param name="Kind">The column <c>change</c>: insert, status, progress, other; or lost.</param>
/// <param name="Run">The row after the change, as JSON; empty for the kind lost.</param>
/// <param name="Omitted">Columns that were too large to be recorded.</param>
/// <param name="Lost">For the kind lost: number of changes that were discarded unpublished, or not recorded.</param>
/// <param name="AgeMs">Age when it was read, by the clock of PostgreSQL.</param>
internal sealed record RunChange(RunChangeId Id, string Kind, byte[] Run, IReadOnlyList<string> Omitted, long Lost, long AgeMs)
{
    /// <summary>The reason why the row could not be read, for logs; <see cref="Run"/> is then empty. Null if it was read.</summary>
    public string? Fault { get; init; }
}

/// <summary>
/// Identifies a change. The number alone is not enough, since a database that was restored from a backup uses numbers again, but not at the same microsecond.
/// </summary>
/// <param name="Seq">Number from the sequence.</param>
/// <param name="At">Time of the change, in UTC, to the microsecond.</param>
internal readonly record struct RunChangeId(long Seq, DateTime At);
