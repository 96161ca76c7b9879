using System.Text;

namespace Cecelia.Relay.Events;

/// <summary>The systems whose events the relay knows; a name may belong to several.</summary>
[Flags]
internal enum EventSystems
{
    None = 0,

    /// <summary>System A: tasks and the executor.</summary>
    Cecelia = 1,

    /// <summary>System B: project boards.</summary>
    TaskTree = 2,

    /// <summary>System C: execution pages.</summary>
    Execution = 4,

    /// <summary>System D: workflow sessions.</summary>
    Workflow = 8,
}

/// <summary>An event name that the relay knows, the systems that use it, and which faults of its data get it refused. Immutable.</summary>
internal sealed class KnownEvent(string name, EventSystems systems, DataFaults checks = DataFaults.None, bool mayBeFlat = false, DataIdKind dataId = DataIdKind.None)
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(name);

    public string Name { get; } = name;

    public ReadOnlySpan<byte> Utf8 => _utf8;

    public EventSystems Systems { get; } = systems;

    /// <summary>The faults that matter for this name; those of routing keys matter for every name.</summary>
    public DataFaults Checks { get; } = checks;

    /// <summary>Without <c>data</c> its fields stand in the envelope (System C).</summary>
    public bool MayBeFlat { get; } = mayBeFlat;

    /// <summary>The kind of thing whose id is <c>data.id</c>, where the data has no more specific one.</summary>
    public DataIdKind DataId { get; } = dataId;
}

/// <summary>The kinds of things that <c>data.id</c> may identify.</summary>
internal enum DataIdKind
{
    /// <summary>The relay does not use it.</summary>
    None,

    Task,
    Agent,
}

/// <summary>The one table of known event names. Unknown names pass too, with no check of their data.</summary>
internal static class EventNames
{
    public static readonly KnownEvent TaskCreated = new("task:created", EventSystems.Cecelia, DataFaults.OfTask);
    public static readonly KnownEvent TaskStarted = new("task:started", EventSystems.Cecelia, DataFaults.OfTask);
    public static readonly KnownEvent TaskProgress = new("task:progress", EventSystems.Cecelia, DataFaults.OfTask);
    public static readonly KnownEvent TaskCompleted = new("task:completed", EventSystems.Cecelia, DataFaults.OfTask);
    public static readonly KnownEvent TaskFailed = new("task:failed", EventSystems.Cecelia, DataFaults.OfTask);
    public static readonly KnownEvent ExecutorStatus = new("executor:status", EventSystems.Cecelia, DataFaults.OfExecutor);
    public static readonly KnownEvent Status = new("status", EventSystems.Execution, DataFaults.OfExecution, mayBeFlat: true);
    public static readonly KnownEvent ParallelStart = new("node:parallel_start", EventSystems.Workflow);
    public static readonly KnownEvent Error = new("error", EventSystems.Execution | EventSystems.Workflow, mayBeFlat: true);

    /// <summary>Every known event, grouped by system.</summary>
    public static readonly IReadOnlyList<KnownEvent> All =
    [
        TaskCreated, TaskStarted, TaskProgress, TaskCompleted, TaskFailed, ExecutorStatus,
        new("task_created", EventSystems.TaskTree, dataId: DataIdKind.Task),
        new("task_updated", EventSystems.TaskTree, dataId: DataIdKind.Task),
        new("task_deleted", EventSystems.TaskTree, dataId: DataIdKind.Task),
        new("task_status_changed", EventSystems.TaskTree, dataId: DataIdKind.Task),
        new("tasks_reset", EventSystems.TaskTree),
        new("agent_spawned", EventSystems.TaskTree, dataId: DataIdKind.Agent),
        new("agent_status_update", EventSystems.TaskTree, dataId: DataIdKind.Agent),
        new("agent_messages", EventSystems.TaskTree),
        new("coordination_update", EventSystems.TaskTree),
        new("file_locks_update", EventSystems.TaskTree),
        new("plan_generated", EventSystems.TaskTree),
        new("log", EventSystems.TaskTree),
        new("notification", EventSystems.TaskTree),
        Status, Error,
        new("token_stream", EventSystems.Workflow),
        new("node_state_change", EventSystems.Workflow),
        ParallelStart,
        new("token_usage", EventSystems.Workflow),
        new("execution:paused", EventSystems.Workflow),
        new("execution:completed", EventSystems.Workflow),
    ];

    /// <summary>By length: a lookup compares with the few names of the same length, without hashing or making a string.</summary>
    private static readonly KnownEvent[][] ByLength = GroupByLength(All);

    /// <summary>The known event of that name, or null.</summary>
    public static KnownEvent? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length >= ByLength.Length) return null;
        foreach (KnownEvent known in ByLength[name.Length])
        {
            if (name.SequenceEqual(known.Utf8)) return known;
        }

        return null;
    }

    private static KnownEvent[][] GroupByLength(IReadOnlyList<KnownEvent> all)
    {
        var groups = new KnownEvent[all.Max(e => e.Utf8.Length) + 1][];
        for (int i = 0; i < groups.Length; i++) groups[i] = [.. all.Where(e => e.Utf8.Length == i)];
        return groups;
    }
}
