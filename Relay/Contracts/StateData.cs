using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Cecelia.Relay.Contracts;

[Description("A part of the current state, which replaces the client's copy. Empty sections are left out, and a section may continue in the next part.")]
internal sealed record SnapshotData
{
    [Range(1, int.MaxValue)]
    [Description("Number of the part, starting at 1; part 1 begins a new snapshot.")]
    public required int Part { get; init; }

    [Description("True for the last part.")]
    public required bool Last { get; init; }

    [Description("The current position in the stream; null if unknown.")]
    public required Position? Position { get; init; }

    [Description("Tasks.")]
    public IReadOnlyList<TaskEntity> Tasks { get; init; } = [];

    [Description("Executors.")]
    public IReadOnlyList<ExecutorEntity> Executor { get; init; } = [];

    [Description("Executions.")]
    public IReadOnlyList<ExecutionEntity> Executions { get; init; } = [];

    [Description("Workflow nodes.")]
    public IReadOnlyList<NodeEntity> Nodes { get; init; } = [];

    [Description("Agents.")]
    public IReadOnlyList<AgentEntity> Agents { get; init; } = [];

    [Description("Projects.")]
    public IReadOnlyList<ProjectEntity> Projects { get; init; } = [];
}

[Description("The current state, as in the response to GET /api/v1/state.")]
internal sealed record StateResponse
{
    [Description("The current position in the stream. A client that connects with it as since gets everything after it.")]
    public required Position Position { get; init; }

    [Description("Time at which the relay wrote the response.")]
    public required Timestamp Timestamp { get; init; }

    [Description("The status of the link to Redis.")]
    public required LinkData Link { get; init; }

    [Description("Tasks.")]
    public required IReadOnlyList<TaskEntity> Tasks { get; init; }

    [Description("Executors.")]
    public required IReadOnlyList<ExecutorEntity> Executor { get; init; }

    [Description("Executions.")]
    public required IReadOnlyList<ExecutionEntity> Executions { get; init; }

    [Description("Workflow nodes.")]
    public required IReadOnlyList<NodeEntity> Nodes { get; init; }

    [Description("Agents.")]
    public required IReadOnlyList<AgentEntity> Agents { get; init; }

    [Description("Projects.")]
    public required IReadOnlyList<ProjectEntity> Projects { get; init; }
}

[Description("Reason for the refusal of a request.")]
internal sealed record Refusal
{
    [Description("Reason, as a code.")]
    public required RefusalCode Error { get; init; }

    [Description("Reason, as text.")]
    public required string Message { get; init; }
}
