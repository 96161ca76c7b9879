using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>The data of a workflow node in the Workflow format.</summary>
internal record NodeData : EventData
{
    [JsonPropertyName("node_id")]
    [Description("The workflow node, if the envelope names none.")]
    public Id? NodeId { get; init; }

    [JsonPropertyName("nodeId")]
    [Description("Alternative spelling of node_id.")]
    public Id? NodeIdAlternate { get; init; }
}

[Description("The next piece of a node's streamed text, under one of five names; the first one present is used.")]
internal sealed record TokenStreamData : NodeData
{
    [Description("The piece.")]
    public string? Token { get; init; }

    [Description("The piece, if none of the names before this one is present.")]
    public string? Content { get; init; }

    [Description("The piece, if none of the names before this one is present.")]
    public string? Chunk { get; init; }

    [Description("The piece, if none of the names before this one is present.")]
    public string? Text { get; init; }

    [Description("The piece, if none of the names before this one is present.")]
    public string? Delta { get; init; }

    [Description("Set only by the relay, for a client that fell behind: the number of events whose text is merged in this one.")]
    public Count? Merged { get; init; }

    [Description("Set only by the relay, together with merged: the beginning of the text was discarded.")]
    public bool? Truncated { get; init; }
}

[Description("The state of a node changed.")]
internal sealed record NodeStateData : NodeData
{
    [Description("The node's status as given by the publisher.")]
    public string? Status { get; init; }

    [Description("The status, if there is no status field.")]
    public string? State { get; init; }
}

[Description("Several nodes were started in parallel, in addition to the node of the event itself.")]
internal sealed record ParallelStartData : NodeData
{
    [JsonPropertyName("node_ids")]
    [Description("Nodes that were started.")]
    public NodeList? NodeIds { get; init; }

    [Description("Nodes that were started.")]
    public NodeList? Nodes { get; init; }

    [Description("Nodes that were started.")]
    public NodeList? Branches { get; init; }
}

[Description("Tokens used by a node, or by a whole execution if no node is named.")]
internal sealed record TokenUsageData : NodeData
{
    [JsonPropertyName("prompt_tokens")]
    [Description("Number of input tokens.")]
    public double? PromptTokens { get; init; }

    [JsonPropertyName("completion_tokens")]
    [Description("Number of output tokens.")]
    public double? CompletionTokens { get; init; }

    [JsonPropertyName("total_tokens")]
    [Description("Total number of tokens.")]
    public double? TotalTokens { get; init; }
}
