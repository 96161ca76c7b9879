using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

[Description("The status of an execution in the Execution format.")]
internal sealed record ExecutionStatusData : EventData
{
    [Description("Current status.")]
    public ExecutionStatus? Status { get; init; }

    [Range(0, 100)]
    [Description("Progress in percent.")]
    public double? Progress { get; init; }

    [Description("Description of the current activity.")]
    public string? Message { get; init; }

    [Description("Result.")]
    public JsonElement? Result { get; init; }

    [Description("Reason for the failure.")]
    public JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("Duration in the publisher's unit; the Execution format uses seconds.")]
    public double? ExecutionTime { get; init; }
}

[Description("The status of an execution in the Workflow format. It follows from the event's name unless status is given.")]
internal sealed record ExecutionStepData : EventData
{
    [Description("Its status as given by the publisher.")]
    public string? Status { get; init; }

    [Description("Progress in percent.")]
    public double? Progress { get; init; }

    [Description("Description of the current activity.")]
    public string? Message { get; init; }

    [Description("Result.")]
    public JsonElement? Result { get; init; }

    [Description("Reason for the failure.")]
    public JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("Duration in the publisher's unit; the Execution format uses seconds.")]
    public double? ExecutionTime { get; init; }
}

[Description("An error in an execution or in one of its nodes.")]
internal sealed record ErrorData : EventData
{
    [Description("Error message (Workflow format).")]
    public JsonElement? Error { get; init; }

    [Description("Error message (Execution format).")]
    public string? Message { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node that failed, if the envelope names none.")]
    public Id? NodeId { get; init; }

    [JsonPropertyName("nodeId")]
    [Description("Alternative spelling of node_id.")]
    public Id? NodeIdAlternate { get; init; }
}
