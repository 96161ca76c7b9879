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

    /// <summary>
    /// True when a run now and then waits for input. Not with one slot, which it would use up, and not when the number of tasks is limited: the run of the
    /// simulation would end only after someone had given the input.
    /// </summary>
    public bool Asks => Slots > 1 && Count == 0;

    /// <summary>Each task belongs to one of these projects, chosen at random.</summary>
    public IReadOnlyList<string> Projects { get; init; } = ["website", "billing"];
}
