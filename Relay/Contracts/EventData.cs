using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// What the <c>data</c> of any event may hold that the relay routes by. The second spelling of each gives way to the first. Contracts are never made:
/// their properties are what schemas are written from, and null in them is absent on the wire.
/// </summary>
[Description("What happened. Its rest is the publisher's own.")]
internal record EventData
{
    [JsonPropertyName("taskId")]
    [Description("The task that the event is about; what a filter by task goes by.")]
    public Id? TaskId { get; init; }

    [JsonPropertyName("task_id")]
    [Description("taskId in its second spelling.")]
    public Id? TaskIdSecond { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that the event belongs to, where the envelope names none.")]
    public Id? ProjectId { get; init; }

    [JsonPropertyName("projectId")]
    [Description("project_id in its second spelling.")]
    public Id? ProjectIdSecond { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution that the event belongs to, where the envelope names none.")]
    public Id? ExecutionId { get; init; }

    [JsonPropertyName("executionId")]
    [Description("execution_id in its second spelling.")]
    public Id? ExecutionIdSecond { get; init; }
}
