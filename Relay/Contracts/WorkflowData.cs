using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>What System D tells of a workflow node.</summary>
internal record NodeData : EventData
{
    [JsonPropertyName("node_id")]
    [Description("The workflow node, where the envelope names none.")]
    public Id? NodeId { get; init; }

    [JsonPropertyName("nodeId")]
    [Description("node_id in its second spelling.")]
    public Id? NodeIdSecond { get; init; }
}

[Description("The next piece of a node's streamed text, under one of five names; the first of these that is there counts.")]
internal sealed record TokenStreamData : NodeData
{
    [Description("The piece.")]
    public string? Token { get; init; }

    [Description("The piece, if there is none before this.")]
    public string? Content { get; init; }

    [Description("The piece, if there is none before this.")]
    public string? Chunk { get; init; }

    [Description("The piece, if there is none before this.")]
    public string? Text { get; init; }

    [Description("The piece, if there is none before this.")]
    public string? Delta { get; init; }

    [Description("Only from the relay, to a client that fell behind: the text of so many events, in one.")]
    public Count? Merged { get; init; }

    [Description("Only from the relay, with merged: the beginning of that text is gone.")]
    public bool? Truncated { get; init; }
}

[Description("A node has another state.")]
internal sealed record NodeStateData : NodeData
{
    [Description("The publisher's own word for how the node stands.")]
    public string? Status { get; init; }

    [Description("The same, where there is no status.")]
    public string? State { get; init; }
}

[Description("Several nodes have started at once, beside the node of the event itself.")]
internal sealed record ParallelStartData : NodeData
{
    [JsonPropertyName("node_ids")]
    [Description("Nodes that have started.")]
    public NodeList? NodeIds { get; init; }

    [Description("Nodes that have started.")]
    public NodeList? Nodes { get; init; }

    [Description("Nodes that have started.")]
    public NodeList? Branches { get; init; }
}

[Description("Tokens that a node has used, or a whole execution if no node is named.")]
internal sealed record TokenUsageData : NodeData
{
    [JsonPropertyName("prompt_tokens")]
    [Description("Tokens that went in.")]
    public double? PromptTokens { get; init; }

    [JsonPropertyName("completion_tokens")]
    [Description("Tokens that came out.")]
    public double? CompletionTokens { get; init; }

    [JsonPropertyName("total_tokens")]
    [Description("Both together.")]
    public double? TotalTokens { get; init; }
}
