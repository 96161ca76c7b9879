namespace Cecelia.Relay.Postgres;

/// <summary>A row of <c>cecelia.run_changes</c>: one change of a run, as the trigger noted it (deploy/brain/runs.sql). Immutable.</summary>
/// <param name="Id">Which.</param>
/// <param name="Kind">The column <c>change</c>: insert, status, progress, other; or lost.</param>
/// <param name="Run">The row after the change, as JSON; empty for lost ones.</param>
/// <param name="Omitted">Columns that were too large to be noted.</param>
/// <param name="Lost">For lost ones: how many changes were thrown away unpublished, or not noted.</param>
/// <param name="AgeMs">How long ago it was when it was read, by the clock of PostgreSQL.</param>
internal sealed record RunChange(RunChangeId Id, string Kind, byte[] Run, IReadOnlyList<string> Omitted, long Lost, long AgeMs)
{
    /// <summary>Why the row could not be read, in words fit for logs; null where it was. <see cref="Run"/> is empty then.</summary>
    public string? Fault { get; init; }
}

/// <summary>
/// Tells one change from every other. The number would do, but a database that was restored from a backup draws numbers again; not at the same microsecond.
/// </summary>
/// <param name="Seq">The sequence's number.</param>
/// <param name="At">When it happened, in UTC, to the microsecond.</param>
internal readonly record struct RunChangeId(long Seq, DateTime At);
