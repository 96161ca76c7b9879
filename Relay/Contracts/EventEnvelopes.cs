using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>See PROTOCOL.md, <i>Events</i>. An optional field is omitted, never null.</summary>
[Description("The envelope of an event in the Cecelia and Workflow formats.")]
internal sealed record EventEnvelope
{
    [Description("Time of the event, as the publisher wrote it, or the time at which the relay received it.")]
    public required Timestamp Timestamp { get; init; }

    [JsonPropertyName("project_id")]
    [Description(
        "The project that the event belongs to. In the subprotocol: as parsed by the relay from the envelope or the data, as text. Otherwise: "
            + "the envelope's value, unchanged.")]
    public Id ProjectId { get; init; }

    [JsonPropertyName("node_id")]
    [Description(
        "The workflow node that the event belongs to. In the subprotocol: as parsed by the relay from the envelope or the data. Otherwise: the "
            + "envelope's value.")]
    public string NodeId { get; init; } = "";

    [JsonPropertyName("execution_id")]
    [Description("The execution that the event belongs to, as parsed by the relay. Subprotocol only.")]
    public string ExecutionId { get; init; } = "";

    [JsonPropertyName("task_id")]
    [Description("The task that the event belongs to, as parsed by the relay. Subprotocol only.")]
    public string TaskId { get; init; } = "";

    [JsonPropertyName("agent_id")]
    [Description("The agent that the event belongs to, as parsed by the relay. Subprotocol only.")]
    public string AgentId { get; init; } = "";

    [JsonPropertyName("node_ids")]
    [Description("The nodes that a node:parallel_start starts, as parsed by the relay. Subprotocol only.")]
    public IReadOnlyList<string> NodeIds { get; init; } = [];

    [Description("True if the publisher gave no timestamp, so that the timestamp is the relay's. Subprotocol only.")]
    public bool Undated { get; init; }

    [Description("The publisher, if given. Subprotocol only.")]
    public string Source { get; init; } = "";

    [Description("The publisher's sequence number of the event, if any. Subprotocol only.")]
    public Count Seq { get; init; }

    [Description("The publisher's traceparent (W3C Trace Context), if it gave a valid one. Subprotocol only.")]
    public string Traceparent { get; init; } = "";

    [JsonPropertyName("reply_to")]
    [Description("The id of the command that the event replies to. A reply has no position.")]
    public string ReplyTo { get; init; } = "";

    [Description("The position after this event. Subprotocol only.")]
    public Position Id { get; init; }
}

[Description("The envelope of an event in the TaskTree format.")]
internal sealed record TaskTreeEnvelope
{
    [Description("Time of the event, as the publisher wrote it, or the time at which the relay received it.")]
    public required Timestamp Timestamp { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that it belongs to, from the envelope, otherwise from the data.")]
    public Id ProjectId { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node that it belongs to, if the publisher's envelope names one.")]
    public string NodeId { get; init; } = "";

    [JsonPropertyName("reply_to")]
    [Description("The id of the command that it replies to.")]
    public string ReplyTo { get; init; } = "";
}

/// <summary>See PROTOCOL.md, <i>Subprotocol</i>.</summary>
[Description("The envelope of the relay's own messages.")]
internal sealed record RelayEnvelope
{
    [Description("Time at which the relay wrote the message.")]
    public required Timestamp Timestamp { get; init; }

    [Description("The position after this message, if the client can resume from it.")]
    public Position Id { get; init; }
}
