using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// What the <c>data</c> of any event may hold that the relay routes by. The second spelling of each gives way to the first. Contracts are never made:
/// their properties are what schemas are written from, and null in them is absent on the wire.
/// </summary>
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

[Description("What System A tells of a task.")]
internal sealed record TaskData : EventData
{
    [JsonPropertyName("taskId")]
    [MaxLength(256)]
    [Description("The task; what a filter by task goes by.")]
    public new string? TaskId { get; init; }

    [JsonPropertyName("task_id")]
    [MaxLength(256)]
    [Description("taskId in its second spelling.")]
    public new string? TaskIdSecond { get; init; }

    [Description("The run of the task, of which a task that is tried again has several.")]
    public string? RunId { get; init; }

    [Description("How the task stands.")]
    public TaskStatus? Status { get; init; }

    [Range(0, 100)]
    [Description("How much is done, in percent.")]
    public double? Progress { get; init; }

    [Description("What the task is called, for people.")]
    public string? Title { get; init; }

    [Description("Why it failed, for people.")]
    public string? Error { get; init; }
}

[Description("How System A's executor stands.")]
internal sealed record ExecutorData : EventData
{
    [Description("Tasks that it is running.")]
    public Count? ActiveCount { get; init; }

    [Description("Tasks that it could run beside those.")]
    public Count? AvailableSlots { get; init; }
}
