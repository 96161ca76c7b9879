namespace Cecelia.Relay.Cli;

/// <summary>What <see cref="DemoBrain"/> simulates. Immutable.</summary>
internal sealed record DemoPlan
{
    /// <summary>New tasks per second. Default 1.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>Tasks in all. Default 0: no end.</summary>
    public int Count { get; init; }

    /// <summary>Tasks that run at once. Default 4.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Percent of the tasks that fail. Default 10; zero: none.</summary>
    public double FailPercent { get; init; } = 10;

    /// <summary>Tasks belong to these in turn, as chance will have it.</summary>
    public IReadOnlyList<string> Projects { get; init; } = ["website", "billing"];

    /// <summary>How many times faster than the clock. Default 1.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>The same seed gives the same tasks.</summary>
    public int Seed { get; init; }
}
