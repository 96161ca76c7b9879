namespace Cecelia.Relay.Minutes;

/// <summary>A copy of a <see cref="MinuteTable"/> at one moment. Immutable.</summary>
/// <param name="Rows">The rows of the last day, oldest first. The last one is that of the current minute.</param>
/// <param name="Projects">The projects that have a place.</param>
/// <param name="Start">Why nothing is known from before <see cref="SinceMs"/>.</param>
internal sealed record MinuteCopy(IReadOnlyList<KeptMinute> Rows, IReadOnlyList<(int Place, MinuteProject Project)> Projects, MinutesStart Start)
{
    /// <summary>The first observation, in Unix milliseconds; -1 if there is none.</summary>
    public long SinceMs { get; init; } = -1;

    /// <summary>The last time that was passed to the table, in Unix milliseconds.</summary>
    public long LastMs { get; init; }

    /// <summary>The last observation while the table was live; -1 if it has not been since the last interruption.</summary>
    public long LastLiveMs { get; init; } = -1;

    /// <summary>Whether the current minute was observed from its beginning.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The slots of each executor.</summary>
    public IReadOnlyList<(byte[] Source, (long Used, long Free) Slots)> Executors { get; init; } = [];
}
