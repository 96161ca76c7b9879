using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cecelia.Relay.Commands;

namespace Cecelia.Relay.Contracts;

[Description("How an execution stands, as System C's clients get it: all fields always, null where nothing is known.")]
internal sealed record ExecutionStatusMessage
{
    [Constant("status")]
    [Description("What kind of message this is.")]
    public required string Type { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution.")]
    public required string ExecutionId { get; init; }

    [Description("How it stands.")]
    public required ExecutionStatus Status { get; init; }

    [Range(0, 100)]
    [Description("How much is done, in percent.")]
    public required double? Progress { get; init; }

    [Description("What is being done, for people.")]
    public required string? Message { get; init; }

    [Description("What came of it.")]
    public required JsonElement? Result { get; init; }

    [Description("Why it failed.")]
    public required JsonElement? Error { get; init; }

    [JsonPropertyName("execution_time")]
    [Description("How long it took, in seconds.")]
    public required double? ExecutionTime { get; init; }
}

[Description("Something went wrong, in the execution or with what the client sent.")]
internal sealed record ErrorMessage
{
    [Constant("error")]
    [Description("What kind of message this is.")]
    public required string Type { get; init; }

    [Description("What went wrong, for people; null where the publisher does not say.")]
    public required string? Message { get; init; }

    [Description("Why, as a word, where the relay says this of itself.")]
    public ErrorReason Reason { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's own name for the command that this is about.")]
    public string Ref { get; init; } = "";
}

[Description("How a node of the execution stands; with include=nodes.")]
internal sealed record ExecutionNodeMessage
{
    [Constant("node")]
    [Description("What kind of message this is.")]
    public required string Type { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution.")]
    public required string ExecutionId { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node; left out where the event names none.")]
    public Id NodeId { get; init; }

    [Description("The publisher's own word for how the node stands; null where it gives none.")]
    public required string? Status { get; init; }

    [Description("What happened.")]
    public required OpenObject Data { get; init; }

    [Description("When it happened.")]
    public required Timestamp Timestamp { get; init; }
}

[Description("A line of the execution's log; with include=logs.")]
internal sealed record ExecutionLogMessage
{
    [Constant("log")]
    [Description("What kind of message this is.")]
    public required string Type { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution.")]
    public required string ExecutionId { get; init; }

    [JsonPropertyName("node_id")]
    [Description("The workflow node that it comes from.")]
    public Id NodeId { get; init; }

    [Description("The line.")]
    public required LogData Data { get; init; }

    [Description("When it was written.")]
    public required Timestamp Timestamp { get; init; }
}

[Description("The answer to a ping.")]
internal sealed record Pong
{
    [Constant("pong")]
    [Description("What kind of message this is.")]
    public required string Type { get; init; }
}
