using System.Text;

namespace Cecelia.Relay.Events;

/// <summary>The formats that define known event names. A name may belong to several.</summary>
[Flags]
internal enum EventSystems
{
    None = 0,

    /// <summary>The Cecelia format: tasks and the executor.</summary>
    Cecelia = 1,

    /// <summary>The TaskTree format: project boards.</summary>
    TaskTree = 2,

    /// <summary>The Execution format: pages of one execution.</summary>
    Execution = 4,

    /// <summary>The Workflow format: workflow sessions.</summary>
    Workflow = 8,
}

/// <summary>A known event name, the formats that define it, and the faults of its data for which an event is refused. Immutable.</summary>
internal sealed class KnownEvent(
    string name,
    EventSystems systems,
    DataFaults checks = DataFaults.None,
    bool mayBeFlat = false,
    DataIdKind dataId = DataIdKind.None)
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(name);

    public string Name { get; } = name;

    public ReadOnlySpan<byte> Utf8 => _utf8;

    public EventSystems Systems { get; } = systems;

    /// <summary>The faults that an event of this name is checked for. Routing keys are checked for every name.</summary>
    public DataFaults Checks { get; } = checks;

    /// <summary>Whether the data fields may be in the envelope if there is no <c>data</c> (Execution format).</summary>
    public bool MayBeFlat { get; } = mayBeFlat;

    /// <summary>The kind of entity that <c>data.id</c> identifies if the data has no more specific id.</summary>
    public DataIdKind DataId { get; } = dataId;
}

/// <summary>The kinds of entities that <c>data.id</c> may identify.</summary>
internal enum DataIdKind
{
    /// <summary><c>data.id</c> is not used.</summary>
    None,

    Task,
    Agent,
}

/// <summary>The table of known event names. Events with unknown names are accepted too; only their routing keys are checked.</summary>
internal static class EventNames
{
    public static readonly KnownEvent TaskCreated = new("task:created", EventSystems.Cecelia, DataFaults.TaskEvent);
    public static readonly KnownEvent TaskStarted = new("task:started", EventSystems.Cecelia, DataFaults.TaskEvent);
    public static readonly KnownEvent TaskProgress = new("task:progress", EventSystems.Cecelia, DataFaults.TaskEvent);
    public static readonly KnownEvent TaskCompleted = new("task:completed", EventSystems.Cecelia, DataFaults.TaskEvent);
    public static readonly KnownEvent TaskFailed = new("task:failed", EventSystems.Cecelia, DataFaults.TaskEvent);
    public static readonly KnownEvent ExecutorStatus = new("executor:status", EventSystems.Cecelia, DataFaults.ExecutorEvent);
    public static readonly KnownEvent Status = new("status", EventSystems.Execution, DataFaults.ExecutionEvent, mayBeFlat: true);
    public static readonly KnownEvent ParallelStart = new("node:parallel_start", EventSystems.Workflow);
    public static readonly KnownEvent Error = new("error", EventSystems.Execution | EventSystems.Workflow, mayBeFlat: true);

    /// <summary>Every known event, grouped by format.</summary>
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

    /// <summary>Known events by the length of the name: a lookup compares only the few names of that length, without hashing or allocating a string.</summary>
    private static readonly KnownEvent[][] ByLength = GroupByLength(All);

    /// <summary>Returns the known event of that name, or null.</summary>
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
