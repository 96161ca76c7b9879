namespace Cecelia.Relay.Cli;

/// <summary>Finds the tasks of a <see cref="DemoBrain"/> by id. Those that ended longest ago are forgotten. Not thread-safe.</summary>
internal sealed class DemoTasks
{
    /// <summary>Number of ended tasks that can still be retried. Bounds memory.</summary>
    public const int MaxEnded = 500;

    private readonly Dictionary<string, DemoTask> _tasks = [];
    private readonly Dictionary<string, DemoTask> _runs = [];
    private readonly LinkedList<DemoTask> _ended = [];

    public DemoTask? Find(string taskId) => _tasks.GetValueOrDefault(taskId);

    /// <summary>Returns the task that has, or had, that run.</summary>
    public DemoTask? FindRun(string runId) => _runs.GetValueOrDefault(runId);

    public void Add(DemoTask task)
    {
        _tasks.Add(task.Id, task);
        _runs.Add(task.RunId, task);
    }

    /// <summary>Keeps a task that has ended, in the place of the one that ended longest ago.</summary>
    public void End(DemoTask task)
    {
        _ended.AddLast(task);
        if (_ended.Count <= MaxEnded) return;
        DemoTask oldest = _ended.First!.Value;
        _ended.RemoveFirst();
        _tasks.Remove(oldest.Id);
        foreach (string run in oldest.EarlierRuns.Append(oldest.RunId)) _runs.Remove(run);
    }

    /// <summary>Begins another run of a task that has ended.</summary>
    public void Retry(DemoTask task, DemoRun run)
    {
        _ended.Remove(task);
        if (task.BeginRun(run) is { } forgotten) _runs.Remove(forgotten);
        _runs.Add(task.RunId, task);
    }
}
