using System.Globalization;
using System.Text.Json.Nodes;

namespace Cecelia.Relay.Cli;

/// <summary>
/// A simulated Brain. Tasks arrive at random, wait for one of the executor's slots, run with progress, and complete or fail. Every fifth is a workflow, whose
/// run is an execution with nodes and streamed text; now and then one of these waits for input. It has no clock and no output: <see cref="Step"/> takes the
/// time and returns the events; the commands of a user change the tasks at the time of the last step, and <see cref="TakeEvents"/> returns their events. Not
/// thread-safe.
/// </summary>
/// <param name="plan">What to simulate.</param>
/// <param name="random">Source of arrival times, durations, titles and failures.</param>
internal sealed partial class DemoBrain(DemoPlan plan, Random random)
{
    /// <summary>How long a run waits for input before it continues without.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(90);

    /// <summary>While this many tasks are queued, no task arrives. This bounds memory at any rate.</summary>
    public const int MaxQueued = 1000;

    /// <summary>One task of so many is a workflow, so that most of what the demo publishes remains tasks.</summary>
    private const int WorkflowEvery = 5;

    /// <summary>Time from the start to the first run that waits for input, and from the end of each of these to the next.</summary>
    private static readonly TimeSpan AskPause = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan FirstAsk = TimeSpan.FromSeconds(5);

    private static readonly string[] Titles =
    [
        "Review the login page",
        "Write tests for the invoice export",
        "Document the search index",
        "Translate the onboarding mail",
        "Speed up the nightly import",
    ];

    private static readonly string[] Errors =
    [
        "The model ran out of context",
        "Tests failed: 3 of 214",
        "The repository could not be cloned",
        "The tool did not answer within 60 s",
    ];

    private static readonly string[] Sentences =
    [
        "The request names one page and two forms.",
        "The tests cover the common case only.",
        "Three files need a change.",
        "The change is small and easy to review.",
        "Nothing else uses this function.",
    ];

    private readonly TimeSpan _meanDuration = FindMeanDuration(plan);
    private readonly LinkedList<DemoTask> _queued = [];
    private readonly PriorityQueue<(DemoTask Task, long Turn), (TimeSpan Due, long Order)> _schedule = new();
    private readonly List<JsonObject> _events = [];
    private DateTimeOffset _start;
    private DateTimeOffset _now;
    private TimeSpan _nextArrival;
    private TimeSpan _nextAsk = FirstAsk;
    private DemoTask? _asking;
    private int _arrived;
    private long _order;

    public int Created { get; private set; }

    public int Queued => _queued.Count;

    /// <summary>Number of tasks that have a slot, with those that are paused or wait for input.</summary>
    public int Running { get; private set; }

    public int Completed { get; private set; }

    public int Failed { get; private set; }

    public int Cancelled { get; private set; }

    /// <summary>True when <see cref="DemoPlan.Count"/> tasks have arrived and all tasks have ended.</summary>
    public bool IsFinished => plan.Count > 0 && _arrived == plan.Count && Queued == 0 && Running == 0;

    /// <summary>The tasks by id.</summary>
    public DemoTasks Tasks { get; } = new();

    private TimeSpan Elapsed => _now - _start;

    /// <summary>
    /// Returns the events since the previous step, in order, with <paramref name="now"/> as their timestamp. The first step starts the simulation.
    /// </summary>
    public IReadOnlyList<JsonObject> Step(DateTimeOffset now)
    {
        if (_start == default)
        {
            _start = now;
            _events.Add(DemoEvents.ExecutorStatus(Running, plan.Slots));
        }

        _now = now;
        while (true)
        {
            bool mayArrive = (plan.Count == 0 || _arrived < plan.Count) && Queued < MaxQueued && _nextArrival <= Elapsed;
            bool mayAdvance = _schedule.TryPeek(out _, out (TimeSpan Due, long Order) first) && first.Due <= Elapsed;
            if (mayArrive && (!mayAdvance || _nextArrival <= first.Due)) Arrive();
            else if (mayAdvance) Advance();
            else break;
        }

        return TakeEvents();
    }

    /// <summary>Returns the events that were not returned before, with the time of the last step as their timestamp.</summary>
    public IReadOnlyList<JsonObject> TakeEvents()
    {
        string timestamp = _now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        foreach (JsonObject made in _events) made["timestamp"] = timestamp;
        JsonObject[] taken = [.. _events];
        _events.Clear();
        return taken;
    }

    // At most 80 % of the slots' time is used, so that the queue does not grow without bound. A run that waits for input uses a slot of its own.
    private static TimeSpan FindMeanDuration(DemoPlan plan) =>
        TimeSpan.FromSeconds(Math.Min(3, 0.8 * (plan.Slots - (plan.Asks ? 1 : 0)) / plan.Rate));

    private void Arrive()
    {
        _arrived++;
        bool isWorkflow = _arrived % WorkflowEvery == 0;
        bool asks = isWorkflow && plan.Asks && _asking is null && _nextAsk <= _nextArrival;
        DemoTask task = CreateTask(Pick(Titles), Pick(plan.Projects), isWorkflow, prompt: null, asks);
        if (asks) _asking = task;
        Enqueue(task, _nextArrival);
        // Exponentially distributed: arrivals are a Poisson process.
        _nextArrival += TimeSpan.FromSeconds(-Math.Log(1 - NextDouble()) / plan.Rate);
    }

    private void Enqueue(DemoTask task, TimeSpan at)
    {
        _events.Add(DemoEvents.OfTask(task, "task:created"));
        if (task.IsWorkflow) _events.Add(DemoEvents.ExecutionStatus(task, "pending", $"{task.Title}: waiting for a slot"));
        _queued.AddLast(task);
        StartQueued(at);
    }

    private void StartQueued(TimeSpan at)
    {
        while (Running < plan.Slots && _queued.First is { Value: DemoTask task })
        {
            _queued.RemoveFirst();
            Running++;
            task.Status = DemoStatus.Running;
            Schedule(task, at + task.Run.StepTime);
            _events.Add(DemoEvents.OfTask(task, "task:started"));
            _events.Add(DemoEvents.ExecutorStatus(Running, plan.Slots));
            if (!task.IsWorkflow) continue;
            _events.Add(DemoEvents.ExecutionStatus(task, "running", $"{task.Title}: started"));
            _events.Add(DemoEvents.NodeStatus(task, task.NodeAt(1), "running"));
        }
    }

    private void Advance()
    {
        _schedule.TryDequeue(out (DemoTask Task, long Turn) at, out (TimeSpan Due, long Order) when);
        DemoTask task = at.Task;
        // It was paused, cancelled or given input since.
        if (task.Turn != at.Turn) return;
        if (task.IsWaiting)
        {
            _events.Add(DemoEvents.Log(task, "No input was given in time. The run continues without it."));
            ContinueWaiting(task, when.Due);
        }
        else if (task.Step == task.Run.FailsAtStep)
        {
            Fail(task, when.Due);
        }
        else if (task.Step == task.Run.Steps)
        {
            Complete(task, when.Due);
        }
        else
        {
            Progress(task, when.Due);
        }
    }

    private void Progress(DemoTask task, TimeSpan at)
    {
        task.Progress = 100 * task.Step / task.Run.Steps;
        _events.Add(DemoEvents.OfTask(task, "task:progress"));
        string node = task.NodeAt(task.Step++);
        string next = task.NodeAt(task.Step);
        if (task.IsWorkflow)
        {
            _events.Add(DemoEvents.ExecutionStatus(task, "running"));
            Stream(task, node, Pick(Sentences));
            if (next != node)
            {
                task.IsWaiting = task.Run.Asks && next == DemoTask.Nodes[^1];
                _events.Add(DemoEvents.NodeStatus(task, node, "completed"));
                _events.Add(task.IsWaiting ? DemoEvents.Question(task, next, "What should the answer say?") : DemoEvents.NodeStatus(task, next, "running"));
            }
        }

        Schedule(task, at + (task.IsWaiting ? MaxWait : task.Run.StepTime));
    }

    /// <summary>Continues a run that waits for input, also if it is paused.</summary>
    private void ContinueWaiting(DemoTask task, TimeSpan at)
    {
        task.IsWaiting = false;
        _events.Add(DemoEvents.NodeStatus(task, task.NodeAt(task.Step), "running"));
        if (task.IsPaused) task.Due = task.Run.StepTime;
        else Schedule(task, at + task.Run.StepTime);
    }

    private void Complete(DemoTask task, TimeSpan at)
    {
        Completed++;
        (task.Status, task.Progress) = (DemoStatus.Completed, 100);
        _events.Add(DemoEvents.OfTask(task, "task:completed"));
        if (task.IsWorkflow)
        {
            string node = task.NodeAt(task.Step);
            Stream(task, node, task.Run.Prompt is { } prompt ? $"You asked: {prompt}" : "Done.");
            _events.Add(DemoEvents.NodeStatus(task, node, "completed"));
            _events.Add(DemoEvents.Usage(task));
            _events.Add(DemoEvents.OfExecution(task, "execution:completed", new JsonObject { ["progress"] = 100, ["result"] = "Done." }));
        }

        End(task, at, wasRunning: true);
    }

    private void Fail(DemoTask task, TimeSpan at)
    {
        Failed++;
        string error = Pick(Errors);
        task.Status = DemoStatus.Failed;
        _events.Add(DemoEvents.OfTask(task, "task:failed", error));
        if (task.IsWorkflow)
        {
            _events.Add(DemoEvents.NodeError(task, task.NodeAt(task.Step), error));
            _events.Add(DemoEvents.OfExecution(task, "execution:failed", new JsonObject { ["progress"] = task.Progress, ["error"] = error }));
        }

        End(task, at, wasRunning: true);
    }

    private void End(DemoTask task, TimeSpan at, bool wasRunning)
    {
        (task.IsPaused, task.IsWaiting, task.Turn) = (false, false, 0);
        Tasks.End(task);
        if (_asking == task) (_asking, _nextAsk) = (null, at + AskPause);
        if (!wasRunning) return;
        Running--;
        _events.Add(DemoEvents.ExecutorStatus(Running, plan.Slots));
        StartQueued(at);
    }

    private void Schedule(DemoTask task, TimeSpan due)
    {
        (task.Due, task.Turn) = (due, ++_order);
        _schedule.Enqueue((task, _order), (due, _order));
    }

    private void Stream(DemoTask task, string node, string text)
    {
        task.Words += DemoEvents.CountWords(text);
        _events.Add(DemoEvents.Text(task, node, text));
    }

    private DemoTask CreateTask(string title, string project, bool isWorkflow, string? prompt, bool asks)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"{++Created}-{Next(0x10000):x4}");
        var task = new DemoTask(key, title, project, isWorkflow) { Run = CreateRun(prompt, asks) };
        Tasks.Add(task);
        return task;
    }

    private DemoRun CreateRun(string? prompt, bool asks)
    {
        int steps = 4 + Next(7);
        // One that asks reaches its question, and completes.
        int? failsAtStep = NextDouble() * 100 < plan.FailPercent && !asks ? 1 + Next(steps) : null;
        return new DemoRun(steps, _meanDuration * (0.5 + NextDouble()), failsAtStep, prompt, asks);
    }

    private string Pick(IReadOnlyList<string> texts) => texts[Next(texts.Count)];

    // A simulation does not need a cryptographic generator.
#pragma warning disable CA5394
    private double NextDouble() => random.NextDouble();

    private int Next(int limit) => random.Next(limit);
#pragma warning restore CA5394
}
