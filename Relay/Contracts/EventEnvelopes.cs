using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>PROTOCOL.md, <i>Events</i>. What is not required is left out, never null.</summary>
[Description("What stands around an event's name and data where Systems A and D get it.")]
internal sealed record EventEnvelope
{
    [Description("When it happened, as the publisher wrote it, or when the relay received it.")]
    public required Timestamp Timestamp { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that it belongs to: in the subprotocol as the relay read it from the envelope or the data, as text; otherwise the envelope's, as written.")]
    public Id ProjectId { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node that it belongs to: in the subprotocol as the relay read it from the envelope or the data; otherwise the envelope's.")]
    public string NodeId { get; init; } = "";

    [JsonPropertyName("execution_id")]
    [Description("The execution that it belongs to, as the relay read it; in the subprotocol alone.")]
    public string ExecutionId { get; init; } = "";

    [JsonPropertyName("task_id")]
    [Description("The task that it is about, as the relay read it; in the subprotocol alone.")]
    public string TaskId { get; init; } = "";

    [JsonPropertyName("agent_id")]
    [Description("The agent that it is about, as the relay read it; in the subprotocol alone.")]
    public string AgentId { get; init; } = "";

    [JsonPropertyName("node_ids")]
    [Description("The nodes that a node:parallel_start starts, as the relay read them; in the subprotocol alone.")]
    public IReadOnlyList<string> NodeIds { get; init; } = [];

    [Description("True: the publisher gave no time, and the timestamp is the relay's; in the subprotocol alone.")]
    public bool Undated { get; init; }

    [Description("The publisher, where it says so; in the subprotocol alone.")]
    public string Source { get; init; } = "";

    [Description("The publisher's own number of the event, where it has one; in the subprotocol alone.")]
    public Count Seq { get; init; }

    [JsonPropertyName("reply_to")]
    [Description("The id of the command that it answers; then it has no position.")]
    public string ReplyTo { get; init; } = "";

    [Description("The position behind it, in the subprotocol alone.")]
    public Position Id { get; init; }
}

[Description("What stands around an event's name and data where System B gets it.")]
internal sealed record TaskTreeEnvelope
{
    [Description("When it happened, as the publisher wrote it, or when the relay received it.")]
    public required Timestamp Timestamp { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that it belongs to, by its envelope or else by its data.")]
    public Id ProjectId { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node that it belongs to, where the publisher's envelope says so.")]
    public string NodeId { get; init; } = "";

    [JsonPropertyName("reply_to")]
    [Description("The id of the command that it answers.")]
    public string ReplyTo { get; init; } = "";
}

/// <summary>PROTOCOL.md, <i>Subprotocol</i>.</summary>
[Description("What stands around the name and data of the relay's own messages.")]
internal sealed record RelayEnvelope
{
    [Description("When the relay wrote it.")]
    public required Timestamp Timestamp { get; init; }

    [Description("The position behind it, where the client may come back to it.")]
    public Position Id { get; init; }
}
