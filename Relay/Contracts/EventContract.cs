using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>The contract of a known event. Immutable.</summary>
/// <param name="Known">The name, and whether the event may be flat.</param>
/// <param name="TypeName">The type name in schemas and TypeScript, where the event's name contains invalid characters.</param>
/// <param name="Data">The contract of its <c>data</c>.</param>
/// <param name="Description">The description of the event.</param>
internal sealed record EventContract(KnownEvent Known, string TypeName, Type Data, string Description)
{
    public string Name => Known.Name;
}

/// <summary>The contracts of all known events.</summary>
internal static class EventContracts
{
    /// <summary>The contracts, in the order of <see cref="EventNames.All"/>.</summary>
    public static IReadOnlyList<EventContract> All { get; } =
    [
        Of<TaskData>("task:created", "TaskCreated", "A task was created and is waiting to run."),
        Of<TaskData>("task:started", "TaskStarted", "A task started to run."),
        Of<TaskData>("task:progress", "TaskProgress", "A task made progress."),
        Of<TaskData>("task:completed", "TaskCompleted", "A task completed."),
        Of<TaskData>("task:failed", "TaskFailed", "A task failed."),
        Of<ExecutorData>("executor:status", "ExecutorStatus", "The number of free slots of the executor changed."),
        Of<BoardTaskData>("task_created", "BoardTaskCreated", "A task was created on a board."),
        Of<BoardTaskData>("task_updated", "BoardTaskUpdated", "A task on a board changed."),
        Of<BoardTaskDeletedData>("task_deleted", "BoardTaskDeleted", "A task was deleted from a board."),
        Of<BoardTaskData>("task_status_changed", "BoardTaskStatusChanged", "The status of a task on a board changed."),
        Of<BoardResetData>("tasks_reset", "BoardTasksReset", "All tasks of a board were removed."),
        Of<AgentData>("agent_spawned", "AgentSpawned", "An agent was started."),
        Of<AgentData>("agent_status_update", "AgentStatusUpdate", "The status of an agent changed."),
        Of<AgentMessageData>("agent_messages", "AgentMessages", "An agent sent a message."),
        Of<CoordinationData>("coordination_update", "CoordinationUpdate", "The coordination of the agents changed."),
        Of<FileLocksData>("file_locks_update", "FileLocksUpdate", "Files were locked or unlocked."),
        Of<PlanData>("plan_generated", "PlanGenerated", "A plan was generated for a project."),
        Of<LogData>("log", "Log", "A line was written to a log."),
        Of<NotificationData>("notification", "Notification", "A notification for users."),
        Of<ExecutionStatusData>("status", "ExecutionStatus", "The status of an execution changed. Without data, the fields are in the envelope."),
        Of<ErrorData>("error", "ExecutionError", "An error. Without data, the fields are in the envelope."),
        Of<TokenStreamData>("token_stream", "TokenStream", "A node produced more text."),
        Of<NodeStateData>("node_state_change", "NodeStateChange", "The state of a node changed."),
        Of<ParallelStartData>("node:parallel_start", "NodeParallelStart", "Several nodes were started in parallel."),
        Of<TokenUsageData>("token_usage", "TokenUsage", "Token usage was reported."),
        Of<ExecutionStepData>("execution:paused", "ExecutionPaused", "An execution was paused."),
        Of<ExecutionStepData>("execution:completed", "ExecutionCompleted", "An execution completed."),
    ];

    private static EventContract Of<TData>(string name, string typeName, string description)
        where TData : EventData =>
        new(EventNames.All.Single(known => known.Name == name), typeName, typeof(TData), description);
}
