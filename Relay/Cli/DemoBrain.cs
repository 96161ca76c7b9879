using System.Globalization;

namespace Cecelia.Relay.Cli;

/// <summary>
/// A simulated Brain: tasks arrive at random, wait for one of the executor's slots, run with progress, and complete or fail. Pure: it has no clock
/// and no output; <see cref="Step"/> is told the time and gives what happened. Not thread-safe.
/// </summary>
internal sealed class DemoBrain
{
    /// <summary>New tasks wait outside while so many wait inside: the simulation stays small whatever the rate.</summary>
    private const int MaxWaiting = 1000;

    private static readonly TimeSpan UsualDuration = TimeSpan.FromSeconds(3);

    private readonly DemoPlan _plan;
    private readonly DemoTitles _titles;
    private readonly Random _random;
    private readonly TimeSpan _meanDuration;
    private readonly Queue<DemoTask> _waiting = new();
    private readonly PriorityQueue<(DemoTask Task, int Step), (TimeSpan Due, long Order)> _due = new();
    private DateTimeOffset? _began;
    private TimeSpan _nextArrival = TimeSpan.Zero;
    private long _order;

    public DemoBrain(DemoPlan plan)
    {
        _plan = plan;
        // Predictable is what a demonstration with a seed is for.
#pragma warning disable CA5394
        _random = new Random(plan.Seed);
#pragma warning restore CA5394
        _titles = new DemoTitles(_random);
        // Slots busy for four fifths of the time at most: the backlog does not grow without end.
        _meanDuration = TimeSpan.FromSeconds(Math.Min(UsualDuration.TotalSeconds, 0.8 * plan.Slots / plan.Rate));
    }

    public int Created { get; private set; }

    public int Queued => _waiting.Count;

    public int Running => _due.Count;

    public int Completed { get; private set; }

    public int Failed { get; private set; }

    /// <summary>True when the count is reached and every task has ended.</summary>
    public bool IsFinished => _plan.Count > 0 && Created == _plan.Count && Queued == 0 && Running == 0;

    /// <summary>All that happened since the last step, in order; the events carry <paramref name="now"/>. The first step begins the simulation.</summary>
    public IReadOnlyList<DemoEvent> Step(DateTimeOffset now)
    {
        var events = new List<DemoEvent>();
        if (_began is null)
        {
            _began = now;
            events.Add(Executor(now));
        }

        TimeSpan elapsed = (now - _began.Value) * _plan.Speed;
        while (true)
        {
            bool mayArrive = (_plan.Count == 0 || Created < _plan.Count) && Queued < MaxWaiting && _nextArrival <= elapsed;
            bool mayAdvance = _due.TryPeek(out _, out (TimeSpan Due, long Order) first) && first.Due <= elapsed;
            if (mayArrive && (!mayAdvance || _nextArrival <= first.Due)) Arrive(now, events);
            else if (mayAdvance) Advance(now, events);
            else return events;
        }
    }

    private void Arrive(DateTimeOffset now, List<DemoEvent> events)
    {
        DemoTask task = CreateTask();
        events.Add(About(task, "task:created", "queued", now));
        _waiting.Enqueue(task);
        StartWaiting(_nextArrival, now, events);
        _nextArrival += TimeSpan.FromSeconds(-Math.Log(1 - Chance()) / _plan.Rate);
    }

    private void Advance(DateTimeOffset now, List<DemoEvent> events)
    {
        _due.TryDequeue(out (DemoTask Task, int Step) at, out (TimeSpan Due, long Order) when);
        (DemoTask task, int step) = at;
        if (step == task.FailsAtStep)
        {
            Failed++;
            events.Add(About(task, "task:failed", "failed", now) with { RunId = task.RunId, Progress = ProgressAt(task, step - 1), Error = _titles.NextError() });
        }
        else if (step == task.Steps)
        {
            Completed++;
            events.Add(About(task, "task:completed", "completed", now) with { RunId = task.RunId, Progress = 100 });
        }
        else
        {
            events.Add(About(task, "task:progress", "running", now) with { RunId = task.RunId, Progress = ProgressAt(task, step) });
            Schedule(task, step + 1, when.Due);
            return;
        }

        events.Add(Executor(now));
        StartWaiting(when.Due, now, events);
    }

    private void StartWaiting(TimeSpan at, DateTimeOffset now, List<DemoEvent> events)
    {
        while (Running < _plan.Slots && _waiting.TryDequeue(out DemoTask? task))
        {
            Schedule(task, 1, at);
            events.Add(About(task, "task:started", "running", now) with { RunId = task.RunId, Progress = 0 });
            events.Add(Executor(now));
        }
    }

    private void Schedule(DemoTask task, int step, TimeSpan after) => _due.Enqueue((task, step), (after + (task.Duration / task.Steps), _order++));

    private DemoTask CreateTask()
    {
        Created++;
        int steps = 4 + Below(7);
        int? failsAt = Chance() * 100 < _plan.FailPercent ? 1 + Below(steps) : null;
        return new DemoTask(
            string.Create(CultureInfo.InvariantCulture, $"task-{Created}-{Below(0x10000):x4}"),
            string.Create(CultureInfo.InvariantCulture, $"run-{Created}-{Below(0x10000):x4}"),
            _titles.NextTitle(),
            _plan.Projects[Below(_plan.Projects.Count)],
            _meanDuration * (0.5 + Chance()),
            steps,
            failsAt);
    }

    private DemoEvent Executor(DateTimeOffset now) => new("executor:status", now) { ActiveCount = Running, AvailableSlots = _plan.Slots - Running };

    private static DemoEvent About(DemoTask task, string name, string status, DateTimeOffset now) =>
        new(name, now) { TaskId = task.Id, Status = status, Title = task.Title, ProjectId = task.Project };

    private static int ProgressAt(DemoTask task, int step) => 100 * step / task.Steps;

#pragma warning disable CA5394
    private double Chance() => _random.NextDouble();

    private int Below(int limit) => _random.Next(limit);
#pragma warning restore CA5394
}
