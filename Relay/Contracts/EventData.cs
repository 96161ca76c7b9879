using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// What the <c>data</c> of any event may hold that the relay routes by. The second spelling of each gives way to the first. Contracts are never made:
/// their properties are what schemas are written from, and null in them is absent on the wire.
/// </summary>
[Description("The event's data. Other members are defined by the publisher.")]
internal record EventData
{
    [JsonPropertyName("taskId")]
    [Description("The task that the event belongs to; used by the task filter.")]
    public Id? TaskId { get; init; }

    [JsonPropertyName("task_id")]
    [Description("Alternative spelling of taskId.")]
    public Id? TaskIdSecond { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that the event belongs to, if the envelope names none.")]
    public Id? ProjectId { get; init; }

    [JsonPropertyName("projectId")]
    [Description("Alternative spelling of project_id.")]
    public Id? ProjectIdSecond { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution that the event belongs to, if the envelope names none.")]
    public Id? ExecutionId { get; init; }

    [JsonPropertyName("executionId")]
    [Description("Alternative spelling of execution_id.")]
    public Id? ExecutionIdSecond { get; init; }
}
