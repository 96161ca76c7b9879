using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>An event that the relay knows by name. Immutable.</summary>
/// <param name="Known">The name, and whether the event may be flat.</param>
/// <param name="TypeName">What the event's types are called in schemas and TypeScript: the name, which has characters that they may not have.</param>
/// <param name="Data">The contract of its <c>data</c>.</param>
/// <param name="Description">What has happened.</param>
internal sealed record EventContract(KnownEvent Known, string TypeName, Type Data, string Description)
{
    public string Name => Known.Name;
}

/// <summary>The contract of each event that the relay knows.</summary>
internal static class EventContracts
{
    /// <summary>In the order of <see cref="EventNames.All"/>.</summary>
    public static IReadOnlyList<EventContract> All { get; } =
    [
        Of<TaskData>("task:created", "TaskCreated", "A task is there, and waits."),
        Of<TaskData>("task:started", "TaskStarted", "A task runs."),
        Of<TaskData>("task:progress", "TaskProgress", "A task has come further."),
        Of<TaskData>("task:completed", "TaskCompleted", "A task has ended well."),
        Of<TaskData>("task:failed", "TaskFailed", "A task has failed."),
        Of<ExecutorData>("executor:status", "ExecutorStatus", "The executor has other slots free than before."),
        Of<BoardTaskData>("task_created", "BoardTaskCreated", "A board has a new task."),
        Of<BoardTaskData>("task_updated", "BoardTaskUpdated", "A board's task was changed."),
        Of<BoardTaskDeletedData>("task_deleted", "BoardTaskDeleted", "A board's task is gone."),
        Of<BoardTaskData>("task_status_changed", "BoardTaskStatusChanged", "A board's task has another status."),
        Of<BoardResetData>("tasks_reset", "BoardTasksReset", "The tasks of a board are gone."),
        Of<AgentData>("agent_spawned", "AgentSpawned", "An agent was started."),
        Of<AgentData>("agent_status_update", "AgentStatusUpdate", "An agent has another status."),
        Of<AgentMessageData>("agent_messages", "AgentMessages", "An agent has sent a message."),
        Of<CoordinationData>("coordination_update", "CoordinationUpdate", "Agents work together in another way."),
        Of<FileLocksData>("file_locks_update", "FileLocksUpdate", "Files were locked or unlocked."),
        Of<PlanData>("plan_generated", "PlanGenerated", "There is a plan for a project."),
        Of<LogData>("log", "Log", "A line was written to a log."),
        Of<NotificationData>("notification", "Notification", "People should see something."),
        Of<ExecutionStatusData>("status", "ExecutionStatus", "An execution stands otherwise. Without data, its fields stand in the envelope."),
        Of<ErrorData>("error", "ExecutionError", "Something went wrong. Without data, its fields stand in the envelope."),
        Of<TokenStreamData>("token_stream", "TokenStream", "A node has written more text."),
        Of<NodeStateData>("node_state_change", "NodeStateChange", "A node has another state."),
        Of<ParallelStartData>("node:parallel_start", "NodeParallelStart", "Several nodes run at once."),
        Of<TokenUsageData>("token_usage", "TokenUsage", "Tokens were used."),
        Of<ExecutionStepData>("execution:paused", "ExecutionPaused", "An execution waits."),
        Of<ExecutionStepData>("execution:completed", "ExecutionCompleted", "An execution has ended well."),
    ];

    private static EventContract Of<TData>(string name, string typeName, string description)
        where TData : EventData =>
        new(EventNames.All.Single(known => known.Name == name), typeName, typeof(TData), description);
}
