using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Cecelia.Relay.Contracts;

[Description("A part of the present state, which replaces what the client knew. A section that is empty is left out, and may go on in the next part.")]
internal sealed record SnapshotData
{
    [Range(1, int.MaxValue)]
    [Description("Counted from 1; part 1 begins a new snapshot.")]
    public required int Part { get; init; }

    [Description("There is no further part.")]
    public required bool Last { get; init; }

    [Description("Where the stream stood; null: not known.")]
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

[Description("The present state, as GET /api/v1/state answers.")]
internal sealed record StateAnswer
{
    [Description("Where the stream stood: a client that connects with it as since gets everything after.")]
    public required Position Position { get; init; }

    [Description("When the relay wrote this.")]
    public required Timestamp Timestamp { get; init; }

    [Description("How the link to Redis stands.")]
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

[Description("Why a request was refused.")]
internal sealed record Refusal
{
    [Description("Why, as a word.")]
    public required RefusalWord Error { get; init; }

    [Description("Why, for people.")]
    public required string Message { get; init; }
}
