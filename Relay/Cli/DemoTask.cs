namespace Cecelia.Relay.Cli;

/// <summary>The status of a <see cref="DemoTask"/>.</summary>
internal enum DemoStatus
{
    /// <summary>Waits for a slot of the executor.</summary>
    Queued,

    /// <summary>Has a slot. It may be paused, or wait for input.</summary>
    Running,

    Completed,

    Failed,

    /// <summary>Ended by a command.</summary>
    Cancelled,
}

/// <summary>One simulated task and its last run. Changed only by <see cref="DemoBrain"/>.</summary>
/// <param name="key">The distinct part of its ids.</param>
/// <param name="title">What the task is about.</param>
/// <param name="project">The project that the task belongs to.</param>
/// <param name="isWorkflow">True when its runs are executions of <see cref="Nodes"/>, which stream text and accept input.</param>
internal sealed class DemoTask(string key, string title, string project, bool isWorkflow)
{
    /// <summary>The nodes of a workflow, in the order in which they run.</summary>
    public static readonly IReadOnlyList<string> Nodes = ["plan", "work", "answer"];

    private const int MaxEarlierRuns = 10;

    private readonly List<string> _earlierRuns = [];
    private int _runs = 1;

    public string Id { get; } = $"task-{key}";

    public string Title => title;

    public string Project => project;

    public bool IsWorkflow => isWorkflow;

    public DemoStatus Status { get; set; }

    /// <summary>Progress of the last run in percent.</summary>
    public int Progress { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>True while the last run waits for input, also if it is paused.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Id of the last run, and of its execution.</summary>
    public string RunId { get; private set; } = $"run-{key}";

    /// <summary>Ids of the runs before the last one, oldest first.</summary>
    public IReadOnlyList<string> EarlierRuns => _earlierRuns;

    /// <summary>The last run as far as it is decided in advance.</summary>
    public required DemoRun Run { get; set; }

    /// <summary>The next step, counted from 1.</summary>
    public int Step { get; set; } = 1;

    /// <summary>When the next step is due; while paused, the time that is left until then.</summary>
    public TimeSpan Due { get; set; }

    /// <summary>Identifies the entry of the schedule that is valid. Others of the task are ignored.</summary>
    public long Turn { get; set; }

    /// <summary>Number of words that the last run has streamed.</summary>
    public int Words { get; set; }

    public bool HasEnded => Status is not (DemoStatus.Queued or DemoStatus.Running);

    /// <summary>The status as events name it.</summary>
    public string StatusName => Status switch
    {
        DemoStatus.Queued => "queued",
        DemoStatus.Running => "running",
        DemoStatus.Completed => "completed",
        DemoStatus.Failed => "failed",
        _ => "cancelled",
    };

    /// <summary>Returns the node of a step: each has about a third of the steps.</summary>
    public string NodeAt(int step) => Nodes[Math.Min(Nodes.Count - 1, (step - 1) * Nodes.Count / Run.Steps)];

    /// <summary>Begins a new run, which is queued. Returns the id of an earlier run that is forgotten, or null.</summary>
    public string? BeginRun(DemoRun run)
    {
        _earlierRuns.Add(RunId);
        RunId = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"run-{key}-{++_runs}");
        (Run, Status, Progress, Step, Words) = (run, DemoStatus.Queued, 0, 1, 0);
        if (_earlierRuns.Count <= MaxEarlierRuns) return null;
        string forgotten = _earlierRuns[0];
        _earlierRuns.RemoveAt(0);
        return forgotten;
    }
}

/// <summary>The plan of a run.</summary>
/// <param name="Steps">Number of its steps, at least 4.</param>
/// <param name="Duration">Time of all its steps.</param>
/// <param name="FailsAtStep">The step at which it fails; null: it completes.</param>
/// <param name="Prompt">What the answer of a workflow is about; null: nothing was asked.</param>
/// <param name="Asks">True when its last node waits for input.</param>
internal sealed record DemoRun(int Steps, TimeSpan Duration, int? FailsAtStep, string? Prompt, bool Asks)
{
    public TimeSpan StepTime => Duration / Steps;
}
