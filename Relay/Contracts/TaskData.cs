using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

[Description("What System A tells of a task.")]
internal sealed record TaskData : EventData
{
    [JsonPropertyName("taskId")]
    [StringLength(EventLimits.KeyBytes)]
    [Description("The task; what a filter by task goes by.")]
    public new string? TaskId { get; init; }

    [JsonPropertyName("task_id")]
    [StringLength(EventLimits.KeyBytes)]
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
