using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>What every entity of the state has (PROTOCOL.md, <i>State</i>), each field where it is known.</summary>
internal abstract record StateEntity
{
    [Description("Within its section, for nodes together with execution_id and for agents with project_id; empty for the one of a publisher that names none.")]
    public required string Id { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that it was last said to belong to.")]
    public string ProjectId { get; init; } = "";

    [JsonPropertyName("execution_id")]
    [Description("The execution that it was last said to belong to.")]
    public string ExecutionId { get; init; } = "";

    [Description("The newest status.")]
    public string Status { get; init; } = "";

    [Description("The newest time that a publisher gave; with undated, when the last event was received.")]
    public required Timestamp Timestamp { get; init; }

    [Description("No publisher ever gave a time.")]
    public bool Undated { get; init; }

    [Description("When the last event was received.")]
    public required Timestamp Received { get; init; }

    [Description("The publisher of the last event.")]
    public string Source { get; init; } = "";

    [Description("The last event's number within its source.")]
    public Count Seq { get; init; }

    [Description("Something was too large to be kept.")]
    public bool Truncated { get; init; }

    [Description("It was last changed before a gap and had not ended, so it may have changed, or ended, since.")]
    public bool Uncertain { get; init; }
}

[Description("A task of System A or B.")]
internal sealed record TaskEntity : StateEntity
{
    [Description("How much is done, in percent.")]
    public double Progress { get; init; }

    [AnyOf(typeof(TaskData), typeof(BoardTaskData))]
    [Description("The members of all events' data, the newest value of each.")]
    public OpenObject Data { get; init; }

    [Description("How it came to its status: the first step and the newest 31.")]
    public IReadOnlyList<TaskChange> Changes { get; init; } = [];
}

[Description("A step in a task's life.")]
internal sealed record TaskChange
{
    [Description("The event's name.")]
    public required EventName Event { get; init; }

    [Description("The status that the task got.")]
    public string Status { get; init; } = "";

    [Description("When it happened; with undated, when the relay received it.")]
    public required Timestamp Timestamp { get; init; }

    [Description("True: the publisher gave no time.")]
    public bool Undated { get; init; }

    [Description("When the relay heard of it.")]
    public required Timestamp Received { get; init; }

    [Description("The publisher.")]
    public string Source { get; init; } = "";
}

[Description("An executor of System A, by its publisher's source.")]
internal sealed record ExecutorEntity : StateEntity
{
    [Description("The members of all events' data, the newest value of each.")]
    public ExecutorData Data { get; init; } = new();
}

[Description("An execution of System C or D.")]
internal sealed record ExecutionEntity : StateEntity
{
    [Description("How much is done, in percent.")]
    public double? Progress { get; init; }

    [Description("What is being done, for people.")]
    public string? Message { get; init; }

    [Description("What came of it.")]
    public JsonElement? Result { get; init; }

    [Description("Why it failed.")]
    public JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("How long it took, as the publisher says.")]
    public double? ExecutionTime { get; init; }

    [Description("When it began to run.")]
    public Timestamp Started { get; init; }

    [Description("When it ended.")]
    public Timestamp Ended { get; init; }

    [Description("Tokens that it used, the newest value of each.")]
    public TokenUsageData Usage { get; init; } = new();
}

[Description("A workflow node of System D.")]
internal sealed record NodeEntity : StateEntity
{
    [Description("The members of all node_state_change events' data, the newest value of each.")]
    public NodeStateData Data { get; init; } = new();

    [Description("The place in the order in which the nodes of its execution were first heard of, from 1; the same for those that one event started together.")]
    public Count Order { get; init; }

    [Description("When it began to run, or to stream text.")]
    public Timestamp Started { get; init; }

    [Description("When it ended.")]
    public Timestamp Ended { get; init; }

    [Description("The tail of its streamed text.")]
    public string Text { get; init; } = "";

    [JsonPropertyName("text_bytes")]
    [Description("Bytes of all its streamed text, as it was written in JSON.")]
    public Count TextBytes { get; init; }

    [Description("Tokens that it used, the newest value of each.")]
    public TokenUsageData Usage { get; init; } = new();

    [Description("Why it failed.")]
    public JsonElement? Error { get; init; }
}

[Description("An agent of System B.")]
internal sealed record AgentEntity : StateEntity
{
    [Description("The members of all events' data, the newest value of each.")]
    public AgentData Data { get; init; } = new();

    [Description("How many messages there were.")]
    public Count Messages { get; init; }

    [JsonPropertyName("last_message")]
    [Description("The data of the last of them.")]
    public AgentMessageData LastMessage { get; init; } = new();
}

[Description("A project of System B.")]
internal sealed record ProjectEntity : StateEntity
{
    [Description("The last file_locks_update.")]
    public Latest<FileLocksData> Locks { get; init; } = null!;

    [Description("The last plan_generated.")]
    public Latest<PlanData> Plan { get; init; } = null!;

    [Description("The last coordination_update.")]
    public Latest<CoordinationData> Coordination { get; init; } = null!;
}

[Description("The last event of its kind.")]
internal sealed record Latest<TData>
    where TData : EventData
{
    [Description("Its data.")]
    public required TData Data { get; init; }

    [Description("When it happened.")]
    public required Timestamp Timestamp { get; init; }
}
