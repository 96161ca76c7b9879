namespace Cecelia.Relay.Cli;

/// <summary>The parameters of <see cref="DemoBrain"/>. Immutable.</summary>
internal sealed record DemoPlan
{
    /// <summary>New tasks per second. Default 1.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>Number of tasks. Default 0: unlimited.</summary>
    public int Count { get; init; }

    /// <summary>Maximum number of tasks that run at the same time. Default 4.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Percentage of the tasks that fail. Default 10.</summary>
    public double FailPercent { get; init; } = 10;

    /// <summary>Each task belongs to one of these projects, chosen at random.</summary>
    public IReadOnlyList<string> Projects { get; init; } = ["website", "billing"];
}
