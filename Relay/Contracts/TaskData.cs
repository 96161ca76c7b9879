using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

[Description("A task as reported in the Cecelia format.")]
internal sealed record TaskData : EventData
{
    [JsonPropertyName("taskId")]
    [StringLength(EventLimits.KeyBytes)]
    [Description("The task; used by the task filter.")]
    public new string? TaskId { get; init; }

    [JsonPropertyName("task_id")]
    [StringLength(EventLimits.KeyBytes)]
    [Description("Alternative spelling of taskId.")]
    public new string? TaskIdAlternate { get; init; }

    [Description("The run of the task. A task that is retried has several runs.")]
    public string? RunId { get; init; }

    [Description("Current status of the task.")]
    public TaskStatus? Status { get; init; }

    [Range(0, 100)]
    [Description("Progress in percent.")]
    public double? Progress { get; init; }

    [Description("Title of the task.")]
    public string? Title { get; init; }

    [Description("Reason of the failure, as text.")]
    public string? Error { get; init; }
}

[Description("The state of the executor in the Cecelia format.")]
internal sealed record ExecutorData : EventData
{
    [Description("Number of running tasks.")]
    public Count? ActiveCount { get; init; }

    [Description("Number of further tasks that it could run.")]
    public Count? AvailableSlots { get; init; }
}
