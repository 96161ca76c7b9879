namespace Cecelia.Relay.Postgres;

/// <summary>
/// The warnings of an instance that publishes: reasons why changes may not be recorded, and recently missed changes. For one caller at a time.
/// </summary>
internal sealed class RunWarnings(TimeProvider time)
{
    /// <summary>How long a missed change is reported.</summary>
    private static readonly TimeSpan MissedPeriod = TimeSpan.FromMinutes(5);

    /// <summary>Maximum number of warnings in a text; a table may have hundreds of partitions.</summary>
    private const int MaxShown = 5;

    private IReadOnlyList<string> _unrecorded = [];
    private string? _missed;
    private long _missedAt;

    /// <summary>Replaces the reasons why changes may not be recorded, and returns the new ones.</summary>
    public IReadOnlyList<string> Replace(IReadOnlyList<string> unrecorded)
    {
        string[] added = [.. unrecorded.Except(_unrecorded).Take(MaxShown)];
        _unrecorded = unrecorded;
        return added;
    }

    /// <summary>Stores the reason why a change was missed; only the last one is kept.</summary>
    public void NoteMissedChange(string reason) => (_missed, _missedAt) = (reason, time.GetTimestamp());

    /// <summary>Returns the number of warnings, and a text with all of them, which is empty if there are none.</summary>
    public (int Count, string Text) Describe()
    {
        string[] missed = _missed is { } reason && time.GetElapsedTime(_missedAt) < MissedPeriod
            ? [$"a change was missed within the last 5 minutes: {reason}"]
            : [];
        string[] all = [.. missed, .. _unrecorded];
        string more = all.Length > MaxShown ? $"; and {all.Length - MaxShown} more" : "";
        return (all.Length, string.Join("; ", all.Take(MaxShown)) + more);
    }
}
