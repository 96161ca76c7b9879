using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>The sections of the entity state. On the wire each is the member's name in lower case.</summary>
internal enum StateSection
{
    Tasks,
    Executor,
    Executions,
    Nodes,
    Agents,
    Projects,
}

[Description("A page of older events, as in the response to GET /api/v1/history.")]
internal sealed record HistoryResponse
{
    [Description("The position up to which the page reaches. A client that connects with it as since gets everything after it.")]
    public required Position Position { get; init; }

    [Description("The position for the request of the next, older page; null if the journal has no older events.")]
    public required Position? Before { get; init; }

    [Description("False if events are missing in the page: at the gap with which it begins, or because their payload is no longer in the journal.")]
    public required bool Complete { get; init; }

    [Description("The gap that precedes the events.")]
    public GapData Gap { get; init; } = new() { Cause = default, Missed = null, From = null, To = null };

    [Description("The id of the message of the gap.")]
    public Position GapId { get; init; }

    [Description("The state before the events, if it was requested; null if there is none within the limits of the request.")]
    public HistoryBase? Base { get; init; }

    [Description("The events, oldest first.")]
    public required IReadOnlyList<PastEvent> Events { get; init; }
}

/// <summary><see cref="ClientSchemas"/> adds that it is also an event of the subprotocol.</summary>
[Description("An event of the history: as in the subprotocol, with the time of its acceptance.")]
internal sealed record PastEvent
{
    [Description("Time at which the relay accepted the event.")]
    public required Timestamp Received { get; init; }
}

[Description("The state at an earlier moment. The events of the history since then lead from it to any later moment.")]
internal sealed record HistoryBase
{
    [Description("The position of the moment.")]
    public required Position Position { get; init; }

    [Description("The time of the moment.")]
    public required Timestamp At { get; init; }

    [Description("Time without an event after which running work is silent, in milliseconds; 0 if it never is.")]
    public required long SilentAfterMs { get; init; }

    [Description("The entities that were removed since without an event.")]
    public required IReadOnlyList<EvictedEntity> Evicted { get; init; }

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

[Description("An entity that was removed without an event: because of a limit, or at the end of its retention time.")]
internal sealed record EvictedEntity
{
    [Description("The section of the entity.")]
    public required StateSection Section { get; init; }

    [Description("The id within its section.")]
    public required string Id { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution of a node.")]
    public string ExecutionId { get; init; } = "";

    [JsonPropertyName("project_id")]
    [Description("The project of an agent.")]
    public string ProjectId { get; init; } = "";

    [Description("The entity was removed directly after the event at this position.")]
    public required Position After { get; init; }
}
