using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

[Description("The status of an execution of System C.")]
internal sealed record ExecutionStatusData : EventData
{
    [Description("How it stands.")]
    public ExecutionStatus? Status { get; init; }

    [Range(0, 100)]
    [Description("Progress in percent.")]
    public double? Progress { get; init; }

    [Description("Description of the current activity.")]
    public string? Message { get; init; }

    [Description("What came of it.")]
    public JsonElement? Result { get; init; }

    [Description("Why it failed.")]
    public JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("Duration in the publisher's unit; System C uses seconds.")]
    public double? ExecutionTime { get; init; }
}

[Description("The status of an execution of System D. It follows from the event's name unless status is given.")]
internal sealed record ExecutionStepData : EventData
{
    [Description("Its status as given by the publisher.")]
    public string? Status { get; init; }

    [Description("Progress in percent.")]
    public double? Progress { get; init; }

    [Description("Description of the current activity.")]
    public string? Message { get; init; }

    [Description("What came of it.")]
    public JsonElement? Result { get; init; }

    [Description("Why it failed.")]
    public JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("Duration in the publisher's unit; System C uses seconds.")]
    public double? ExecutionTime { get; init; }
}

[Description("An error in an execution or in one of its nodes.")]
internal sealed record ErrorData : EventData
{
    [Description("Error message (System D).")]
    public JsonElement? Error { get; init; }

    [Description("Error message (System C).")]
    public string? Message { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node that failed, where the envelope names none.")]
    public Id? NodeId { get; init; }

    [JsonPropertyName("nodeId")]
    [Description("Alternative spelling of node_id.")]
    public Id? NodeIdSecond { get; init; }
}
