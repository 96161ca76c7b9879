namespace Cecelia.Relay.Postgres;

/// <summary>
/// What an operator must know of an instance that publishes: why changes may not be noted, and which were missed lately. For one caller at a time.
/// </summary>
internal sealed class RunWarnings(TimeProvider time)
{
    /// <summary>How long a missed change is a warning.</summary>
    private static readonly TimeSpan Recently = TimeSpan.FromMinutes(5);

    /// <summary>Most that are shown; a table may have hundreds of partitions.</summary>
    private const int MostShown = 5;

    private IReadOnlyList<string> _unnoted = [];
    private string? _missed;
    private long _missedAt;

    /// <summary>Replaces what was found before, and returns what is new.</summary>
    public IReadOnlyList<string> Replace(IReadOnlyList<string> unnoted)
    {
        string[] added = [.. unnoted.Except(_unnoted).Take(MostShown)];
        _unnoted = unnoted;
        return added;
    }

    /// <summary>Keeps the reason why a change was missed, the last one only.</summary>
    public void NoteMissedChange(string reason) => (_missed, _missedAt) = (reason, time.GetTimestamp());

    /// <summary>How many there are, and all of them in one sentence; empty where there is none.</summary>
    public (int Count, string Text) Describe()
    {
        string[] missed = _missed is { } reason && time.GetElapsedTime(_missedAt) < Recently ? [$"in the last minutes a change was missed: {reason}"] : [];
        string[] all = [.. missed, .. _unnoted];
        string more = all.Length > MostShown ? $"; and {all.Length - MostShown} more" : "";
        return (all.Length, string.Join("; ", all.Take(MostShown)) + more);
    }
}
