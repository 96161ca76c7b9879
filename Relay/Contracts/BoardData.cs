using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

[Description("A task on a project board of the TaskTree format.")]
internal sealed record BoardTaskData : EventData
{
    [Description("The task, if there is no taskId.")]
    public Id? Id { get; init; }

    [Description("Title of the task.")]
    public string? Title { get; init; }

    [Description("Description of the work.")]
    public string? Description { get; init; }

    [Description("The task's status as given by the board.")]
    public string? Status { get; init; }

    [Description("Progress in percent.")]
    public double? Progress { get; init; }

    [JsonPropertyName("agent_id")]
    [Description("The agent assigned to the task.")]
    public Id? AgentId { get; init; }
}

[Description("A task was removed from its board.")]
internal sealed record BoardTaskDeletedData : EventData
{
    [Description("The task, if there is no taskId.")]
    public Id? Id { get; init; }
}

[Description("All tasks of the event's project were removed, or all tasks if it names no project.")]
internal sealed record BoardResetData : EventData;

[Description("An agent in the TaskTree format.")]
internal sealed record AgentData : EventData
{
    [JsonPropertyName("agent_id")]
    [Description("The agent.")]
    public Id? AgentId { get; init; }

    [JsonPropertyName("agentId")]
    [Description("Alternative spelling of agent_id.")]
    public Id? AgentIdAlternate { get; init; }

    [Description("The agent, if neither of these is present.")]
    public Id? Id { get; init; }

    [Description("Display name of the agent.")]
    public string? Name { get; init; }

    [Description("The agent's status as given by the board.")]
    public string? Status { get; init; }
}

[Description("A message from one agent to another.")]
internal sealed record AgentMessageData : EventData
{
    [JsonPropertyName("agent_id")]
    [Description("The agent whose messages these are.")]
    public Id? AgentId { get; init; }

    [JsonPropertyName("agentId")]
    [Description("Alternative spelling of agent_id.")]
    public Id? AgentIdAlternate { get; init; }

    [Description("The message's own id.")]
    public Id? Id { get; init; }

    [Description("The agent that sent it.")]
    public Id? From { get; init; }

    [Description("The agent that it is addressed to.")]
    public Id? To { get; init; }

    [Description("The message.")]
    public JsonElement? Content { get; init; }
}

[Description("The coordination of a project's agents, in a format defined by Brain.")]
internal sealed record CoordinationData : EventData
{
    [Description("Description of the change.")]
    public string? Message { get; init; }
}

[Description("The locked files of a project and the holders of the locks.")]
internal sealed record FileLocksData : EventData
{
    [Description("The locks, in a format defined by Brain.")]
    public JsonElement? Locks { get; init; }
}

[Description("A plan for a project.")]
internal sealed record PlanData : EventData
{
    [Description("The plan, in a format defined by Brain.")]
    public JsonElement? Plan { get; init; }
}

[Description("A line of a log.")]
internal sealed record LogData : EventData
{
    [Description("Severity, such as info, warning or error.")]
    public string? Level { get; init; }

    [Description("The line.")]
    public string? Message { get; init; }

    [JsonPropertyName("node_id")]
    [StringLength(EventLimits.KeyBytes)]
    [Description("The workflow node that it comes from, if the envelope names none.")]
    public string? NodeId { get; init; }
}

[Description("A notification for users.")]
internal sealed record NotificationData : EventData
{
    [Description("Severity, such as info, warning or error.")]
    public string? Level { get; init; }

    [Description("Subject.")]
    public string? Title { get; init; }

    [Description("Message text.")]
    public string? Message { get; init; }
}
