using System.Text.Json.Nodes;

namespace Cecelia.Relay.Cli;

/// <summary>The actions of users on tasks. Each happens at the time of the last step.</summary>
internal sealed partial class DemoBrain
{
    /// <summary>Queues a workflow. Returns null if no further task can wait.</summary>
    public DemoTask? Start(string? title, string? project, string? prompt, bool asks)
    {
        if (Queued >= MaxQueued) return null;
        DemoTask task = CreateTask(title ?? Pick(Titles), project ?? Pick(plan.Projects), isWorkflow: true, prompt, asks);
        Enqueue(task, Elapsed);
        return task;
    }

    /// <summary>Stops a run; it keeps its slot. Returns null when that was done.</summary>
    public DemoRefusal? Pause(DemoTask task)
    {
        if (FindNotRunning(task) is { } refusal) return refusal;
        if (task.IsPaused) return DemoRefusal.AlreadyPaused(task);
        task.IsPaused = true;
        task.Due -= Elapsed;
        task.Turn = 0;
        _events.Add(DemoEvents.StatusOfTask(task, "paused"));
        if (task.IsWorkflow) _events.Add(DemoEvents.OfExecution(task, "execution:paused", new JsonObject { ["progress"] = task.Progress }));
        return null;
    }

    /// <summary>Continues a run. Returns null when that was done.</summary>
    public DemoRefusal? Resume(DemoTask task)
    {
        if (FindNotRunning(task) is { } refusal) return refusal;
        if (!task.IsPaused) return DemoRefusal.NotPaused(task);
        task.IsPaused = false;
        Schedule(task, Elapsed + task.Due);
        _events.Add(DemoEvents.StatusOfTask(task, task.StatusName));
        if (task.IsWorkflow) _events.Add(DemoEvents.OfExecution(task, "execution:resumed", new JsonObject { ["progress"] = task.Progress }));
        return null;
    }

    /// <summary>Ends a task that is queued or running. Returns null when that was done.</summary>
    public DemoRefusal? Cancel(DemoTask task)
    {
        if (task.HasEnded) return DemoRefusal.AlreadyEnded(task);
        bool wasRunning = task.Status == DemoStatus.Running;
        if (!wasRunning) _queued.Remove(task);
        Cancelled++;
        task.Status = DemoStatus.Cancelled;
        _events.Add(DemoEvents.OfTask(task, "task:cancelled"));
        if (task.IsWorkflow) _events.Add(DemoEvents.OfExecution(task, "execution:cancelled", new JsonObject { ["progress"] = task.Progress }));
        End(task, Elapsed, wasRunning);
        return null;
    }

    /// <summary>Queues a task that failed or was cancelled, as a new run. Returns null when that was done.</summary>
    public DemoRefusal? Retry(DemoTask task)
    {
        if (!task.HasEnded) return DemoRefusal.NotEnded(task);
        if (task.Status == DemoStatus.Completed) return DemoRefusal.NotFailed(task);
        if (Queued >= MaxQueued) return DemoRefusal.QueueFull(Queued);
        Tasks.Retry(task, CreateRun(task.Run.Prompt, task.Run.Asks));
        Enqueue(task, Elapsed);
        return null;
    }

    /// <summary>Gives input to the run of a workflow, which repeats it and, if it waits for input, continues. Returns null when that was done.</summary>
    public DemoRefusal? Say(DemoTask task, string text, string user)
    {
        if (FindNotRunning(task) is { } refusal) return refusal;
        if (!task.IsWorkflow) return DemoRefusal.TakesNoInput(task);
        string node = task.NodeAt(task.Step);
        _events.Add(DemoEvents.Log(task, $"{user}: {text}"));
        if (task.IsWaiting) ContinueWaiting(task, Elapsed);
        Stream(task, node, $"You said: {text}");
        return null;
    }

    private static DemoRefusal? FindNotRunning(DemoTask task) => task switch
    {
        { HasEnded: true } => DemoRefusal.AlreadyEnded(task),
        { Status: DemoStatus.Queued } => DemoRefusal.NotRunning(task),
        _ => null,
    };
}
