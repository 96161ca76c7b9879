using System.Globalization;
using System.Text.Json.Nodes;

namespace Cecelia.Relay.Cli;

/// <summary>
/// A simulated Brain. Tasks arrive at random, wait for one of the executor's slots, run with progress, and complete or fail. It has no clock and no
/// output: <see cref="Step"/> takes the time and returns the events. Not thread-safe.
/// </summary>
/// <param name="plan">What to simulate.</param>
/// <param name="random">Source of arrival times, durations, titles and failures.</param>
internal sealed class DemoBrain(DemoPlan plan, Random random)
{
    /// <summary>While this many tasks are queued, no task arrives. This bounds memory at any rate.</summary>
    private const int MaxQueued = 1000;

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

    // At most 80 % of the slots' time is used, so that the queue does not grow without bound.
    private readonly TimeSpan _meanDuration = TimeSpan.FromSeconds(Math.Min(3, 0.8 * plan.Slots / plan.Rate));
    private readonly Queue<DemoTask> _queued = new();
    private readonly PriorityQueue<(DemoTask Task, int Step), (TimeSpan Due, long Order)> _running = new();
    private DateTimeOffset? _start;
    private TimeSpan _nextArrival;
    private long _order;

    public int Created { get; private set; }

    public int Queued => _queued.Count;

    public int Running => _running.Count;

    public int Completed { get; private set; }

    public int Failed { get; private set; }

    /// <summary>True when <see cref="DemoPlan.Count"/> tasks were created and all of them have ended.</summary>
    public bool IsFinished => plan.Count > 0 && Created == plan.Count && Queued == 0 && Running == 0;

    /// <summary>
    /// Returns the events since the previous step, in order, with <paramref name="now"/> as their timestamp. The first step starts the simulation.
    /// </summary>
    public IReadOnlyList<JsonObject> Step(DateTimeOffset now)
    {
        var events = new List<JsonObject>();
        if (_start is null)
        {
            _start = now;
            events.Add(ExecutorStatus());
        }

        TimeSpan elapsed = now - _start.Value;
        while (true)
        {
            bool mayArrive = (plan.Count == 0 || Created < plan.Count) && Queued < MaxQueued && _nextArrival <= elapsed;
            bool mayAdvance = _running.TryPeek(out _, out (TimeSpan Due, long Order) first) && first.Due <= elapsed;
            if (mayArrive && (!mayAdvance || _nextArrival <= first.Due)) Arrive(events);
            else if (mayAdvance) Advance(events);
            else break;
        }

        string timestamp = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        foreach (JsonObject made in events) made["timestamp"] = timestamp;
        return events;
    }

    private void Arrive(List<JsonObject> events)
    {
        DemoTask task = CreateTask();
        events.Add(TaskEvent(task, "task:created", "queued"));
        _queued.Enqueue(task);
        StartQueued(_nextArrival, events);
        // Exponentially distributed: arrivals are a Poisson process.
        _nextArrival += TimeSpan.FromSeconds(-Math.Log(1 - NextDouble()) / plan.Rate);
    }

    private void Advance(List<JsonObject> events)
    {
        _running.TryDequeue(out (DemoTask Task, int Step) at, out (TimeSpan Due, long Order) when);
        (DemoTask task, int step) = at;
        if (step == task.FailsAtStep)
        {
            Failed++;
            events.Add(TaskEvent(task, "task:failed", "failed", 100 * (step - 1) / task.Steps, Pick(Errors)));
        }
        else if (step == task.Steps)
        {
            Completed++;
            events.Add(TaskEvent(task, "task:completed", "completed", 100));
        }
        else
        {
            events.Add(TaskEvent(task, "task:progress", "running", 100 * step / task.Steps));
            Schedule(task, step + 1, when.Due);
            return;
        }

        events.Add(ExecutorStatus());
        StartQueued(when.Due, events);
    }

    private void StartQueued(TimeSpan at, List<JsonObject> events)
    {
        while (Running < plan.Slots && _queued.TryDequeue(out DemoTask? task))
        {
            Schedule(task, 1, at);
            events.Add(TaskEvent(task, "task:started", "running", 0));
            events.Add(ExecutorStatus());
        }
    }

    private void Schedule(DemoTask task, int step, TimeSpan after) => _running.Enqueue((task, step), (after + (task.Duration / task.Steps), _order++));

    private DemoTask CreateTask()
    {
        int steps = 4 + Next(7);
        string id = string.Create(CultureInfo.InvariantCulture, $"{++Created}-{Next(0x10000):x4}");
        int? failsAtStep = NextDouble() * 100 < plan.FailPercent ? 1 + Next(steps) : null;
        return new DemoTask(id, Pick(Titles), Pick(plan.Projects), _meanDuration * (0.5 + NextDouble()), steps, failsAtStep);
    }

    private JsonObject ExecutorStatus() =>
        new() { ["event"] = "executor:status", ["data"] = new JsonObject { ["activeCount"] = Running, ["availableSlots"] = plan.Slots - Running } };

    private static JsonObject TaskEvent(DemoTask task, string name, string status, int? progress = null, string? error = null)
    {
        var data = new JsonObject { ["taskId"] = $"task-{task.Id}", ["status"] = status, ["title"] = task.Title };
        // The run begins when the task starts.
        if (progress is not null) data["runId"] = $"run-{task.Id}";
        if (progress is not null) data["progress"] = progress;
        if (error is not null) data["error"] = error;
        return new JsonObject { ["event"] = name, ["data"] = data, ["project_id"] = task.Project };
    }

    private string Pick(IReadOnlyList<string> texts) => texts[Next(texts.Count)];

    // A simulation does not need a cryptographic generator.
#pragma warning disable CA5394
    private double NextDouble() => random.NextDouble();

    private int Next(int limit) => random.Next(limit);
#pragma warning restore CA5394

    /// <summary>One simulated task, with its outcome.</summary>
    private sealed record DemoTask(string Id, string Title, string Project, TimeSpan Duration, int Steps, int? FailsAtStep);
}
