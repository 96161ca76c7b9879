using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cecelia.Relay.Commands;

namespace Cecelia.Relay.Contracts;

[Description("The status of an execution as clients of the Execution format receive it. All fields are present; unknown ones are null.")]
internal sealed record ExecutionStatusMessage
{
    [Constant("status")]
    [Description("The type of the message.")]
    public required string Type { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution.")]
    public required string ExecutionId { get; init; }

    [Description("Current status.")]
    public required ExecutionStatus Status { get; init; }

    [Range(0, 100)]
    [Description("Progress in percent.")]
    public required double? Progress { get; init; }

    [Description("Description of the current activity.")]
    public required string? Message { get; init; }

    [Description("Result.")]
    public required JsonElement? Result { get; init; }

    [Description("Reason for the failure.")]
    public required JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("Duration in seconds.")]
    public required double? ExecutionTime { get; init; }
}

[Description("An error in the execution or in a message of the client.")]
internal sealed record ErrorMessage
{
    [Constant("error")]
    [Description("The type of the message.")]
    public required string Type { get; init; }

    [Description("Error message; null if the publisher gave none.")]
    public required string? Message { get; init; }

    [Description("Reason as a code, for errors of the relay itself.")]
    public ErrorReason Reason { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's id of the command that this message refers to.")]
    public string Ref { get; init; } = "";
}

[Description("The state of a node of the execution. Only with include=nodes.")]
internal sealed record ExecutionNodeMessage
{
    [Constant("node")]
    [Description("The type of the message.")]
    public required string Type { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution.")]
    public required string ExecutionId { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node; absent if the event names none.")]
    public Id NodeId { get; init; }

    [Description("The node's status as given by the publisher; null if none was given.")]
    public required string? Status { get; init; }

    [Description("The data of the event.")]
    public required OpenObject Data { get; init; }

    [Description("Time of the event.")]
    public required Timestamp Timestamp { get; init; }
}

[Description("A line of the execution's log. Only with include=logs.")]
internal sealed record ExecutionLogMessage
{
    [Constant("log")]
    [Description("The type of the message.")]
    public required string Type { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution.")]
    public required string ExecutionId { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node that it comes from.")]
    public Id NodeId { get; init; }

    [Description("The line.")]
    public required LogData Data { get; init; }

    [Description("Time at which it was written.")]
    public required Timestamp Timestamp { get; init; }
}

[Description("The response to a ping.")]
internal sealed record Pong
{
    [Constant("pong")]
    [Description("The type of the message.")]
    public required string Type { get; init; }
}
