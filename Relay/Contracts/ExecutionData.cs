using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

[Description("How one of System C's executions stands.")]
internal sealed record ExecutionStatusData : EventData
{
    [Description("How it stands.")]
    public ExecutionStatus? Status { get; init; }

    [Range(0, 100)]
    [Description("How much is done, in percent.")]
    public double? Progress { get; init; }

    [Description("What is being done, for people.")]
    public string? Message { get; init; }

    [Description("What came of it.")]
    public JsonElement? Result { get; init; }

    [Description("Why it failed.")]
    public JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("How long it took, in the publisher's own unit; System C's is seconds.")]
    public double? ExecutionTime { get; init; }
}

[Description("How one of System D's executions stands; the event's name says which word it is, unless status does.")]
internal sealed record ExecutionStepData : EventData
{
    [Description("How it stands, in the publisher's own word.")]
    public string? Status { get; init; }

    [Description("How much is done, in percent.")]
    public double? Progress { get; init; }

    [Description("What is being done, for people.")]
    public string? Message { get; init; }

    [Description("What came of it.")]
    public JsonElement? Result { get; init; }

    [Description("Why it failed.")]
    public JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("How long it took, in the publisher's own unit; System C's is seconds.")]
    public double? ExecutionTime { get; init; }
}

[Description("What went wrong, in an execution or in one of its nodes.")]
internal sealed record ErrorData : EventData
{
    [Description("What went wrong (System D).")]
    public JsonElement? Error { get; init; }

    [Description("What went wrong (System C).")]
    public string? Message { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node that failed, where the envelope names none.")]
    public Id? NodeId { get; init; }

    [JsonPropertyName("nodeId")]
    [Description("node_id in its second spelling.")]
    public Id? NodeIdSecond { get; init; }
}
