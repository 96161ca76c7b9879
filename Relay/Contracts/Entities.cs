using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>The fields of every entity (PROTOCOL.md, <i>Entity state</i>). An unknown field is omitted.</summary>
internal abstract record StateEntity
{
    [Description(
        "The id within its section; for nodes unique together with execution_id, for agents with project_id. Empty for the entity of a "
            + "publisher that names none.")]
    public required string Id { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that it belongs to, according to the last event.")]
    public string ProjectId { get; init; } = "";

    [JsonPropertyName("execution_id")]
    [Description("The execution that it belongs to, according to the last event.")]
    public string ExecutionId { get; init; } = "";

    [Description("The newest status.")]
    public string Status { get; init; } = "";

    [Description("The latest timestamp given by a publisher; with undated, the time at which the last event was received.")]
    public required Timestamp Timestamp { get; init; }

    [Description("No publisher has given a timestamp.")]
    public bool Undated { get; init; }

    [Description("Time at which the last event was received.")]
    public required Timestamp Received { get; init; }

    [Description("The publisher of the last event.")]
    public string Source { get; init; } = "";

    [Description("The sequence number of the last event of its source.")]
    public Count Seq { get; init; }

    [Description("Some data exceeded a limit and was not kept.")]
    public bool Truncated { get; init; }

    [Description("True if it had no final status when a gap began, so that it may have changed or finished since.")]
    public bool Uncertain { get; init; }

    [JsonPropertyName("silent_since")]
    [Description("The time of the last event of a running task or execution that has been without one for CECELIA_SILENT_AFTER_SECONDS.")]
    public Timestamp SilentSince { get; init; }
}

[Description("A task, in the Cecelia or TaskTree format.")]
internal sealed record TaskEntity : StateEntity
{
    [Description("Progress in percent.")]
    public double Progress { get; init; }

    [AnyOf(typeof(TaskData), typeof(BoardTaskData))]
    [Description("All members of the events' data, each with its latest value.")]
    public OpenObject Data { get; init; }

    [Description("The history of its status: the first step and the latest 31.")]
    public IReadOnlyList<TaskChange> Changes { get; init; } = [];
}

[Description("A change in a task's life cycle.")]
internal sealed record TaskChange
{
    [Description("The event's name.")]
    public required EventName Event { get; init; }

    [Description("The status that the task got.")]
    public string Status { get; init; } = "";

    [Description("Time of the event; with undated, the time at which the relay received it.")]
    public required Timestamp Timestamp { get; init; }

    [Description("True if the publisher gave no timestamp.")]
    public bool Undated { get; init; }

    [Description("Time at which the relay first saw it.")]
    public required Timestamp Received { get; init; }

    [Description("The publisher.")]
    public string Source { get; init; } = "";
}

[Description("An executor in the Cecelia format, identified by its publisher's source.")]
internal sealed record ExecutorEntity : StateEntity
{
    [Description("All members of the events' data, each with its latest value.")]
    public ExecutorData Data { get; init; } = new();
}

[Description("An execution, in the Execution or Workflow format.")]
internal sealed record ExecutionEntity : StateEntity
{
    [Description("Progress in percent.")]
    public double? Progress { get; init; }

    [Description("Description of the current activity.")]
    public string? Message { get; init; }

    [Description("Result.")]
    public JsonElement? Result { get; init; }

    [Description("Reason for the failure.")]
    public JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("Duration as given by the publisher.")]
    public double? ExecutionTime { get; init; }

    [Description("Start time.")]
    public Timestamp Started { get; init; }

    [Description("End time.")]
    public Timestamp Ended { get; init; }

    [Description("Tokens used, each with its latest value.")]
    public TokenUsageData Usage { get; init; } = new();
}

[Description("A workflow node in the Workflow format.")]
internal sealed record NodeEntity : StateEntity
{
    [Description("All members of the node_state_change events' data, each with its latest value.")]
    public NodeStateData Data { get; init; } = new();

    [Description("The order in which the nodes of an execution were first seen, from 1. Nodes started by one event share a number.")]
    public Count Order { get; init; }

    [Description("Time at which it started to run or to stream text.")]
    public Timestamp Started { get; init; }

    [Description("End time.")]
    public Timestamp Ended { get; init; }

    [Description("The end of its streamed text.")]
    public string Text { get; init; } = "";

    [JsonPropertyName("text_bytes")]
    [Description("Size of all its streamed text in bytes, as encoded in JSON.")]
    public Count TextBytes { get; init; }

    [Description("Tokens used, each with its latest value.")]
    public TokenUsageData Usage { get; init; } = new();

    [Description("Reason for the failure.")]
    public JsonElement? Error { get; init; }
}

[Description("An agent in the TaskTree format.")]
internal sealed record AgentEntity : StateEntity
{
    [Description("All members of the events' data, each with its latest value.")]
    public AgentData Data { get; init; } = new();

    [Description("Number of messages.")]
    public Count Messages { get; init; }

    [JsonPropertyName("last_message")]
    [Description("The data of the last message.")]
    public AgentMessageData LastMessage { get; init; } = new();
}

[Description("A project in the TaskTree format.")]
internal sealed record ProjectEntity : StateEntity
{
    [Description("The data and time of the last file_locks_update event.")]
    public Latest<FileLocksData> Locks { get; init; } = new() { Data = new(), Timestamp = default };

    [Description("The data and time of the last plan_generated event.")]
    public Latest<PlanData> Plan { get; init; } = new() { Data = new(), Timestamp = default };

    [Description("The data and time of the last coordination_update event.")]
    public Latest<CoordinationData> Coordination { get; init; } = new() { Data = new(), Timestamp = default };
}

[Description("The last event of its kind.")]
internal sealed record Latest<TData>
    where TData : EventData
{
    [Description("Its data.")]
    public required TData Data { get; init; }

    [Description("Time of the event.")]
    public required Timestamp Timestamp { get; init; }
}
