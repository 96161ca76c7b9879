using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// The members of any event's <c>data</c> that are used as routing keys. The alternative spelling of a key is used only if the primary one is absent.
/// Contracts are never instantiated: schemas are generated from their properties, and null in them is absent on the wire.
/// </summary>
[Description("The event's data. Other members are defined by the publisher.")]
internal record EventData
{
    [JsonPropertyName("taskId")]
    [Description("The task that the event belongs to; used by the task filter.")]
    public Id? TaskId { get; init; }

    [JsonPropertyName("task_id")]
    [Description("Alternative spelling of taskId.")]
    public Id? TaskIdAlternate { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that the event belongs to, if the envelope names none.")]
    public Id? ProjectId { get; init; }

    [JsonPropertyName("projectId")]
    [Description("Alternative spelling of project_id.")]
    public Id? ProjectIdAlternate { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution that the event belongs to, if the envelope names none.")]
    public Id? ExecutionId { get; init; }

    [JsonPropertyName("executionId")]
    [Description("Alternative spelling of execution_id.")]
    public Id? ExecutionIdAlternate { get; init; }
}
