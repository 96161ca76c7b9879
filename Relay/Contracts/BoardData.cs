using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

[Description("A task on one of System B's boards.")]
internal sealed record BoardTaskData : EventData
{
    [Description("The task, where there is no taskId.")]
    public Id? Id { get; init; }

    [Description("What the task is called, for people.")]
    public string? Title { get; init; }

    [Description("What is to be done, for people.")]
    public string? Description { get; init; }

    [Description("The board's own word for how the task stands.")]
    public string? Status { get; init; }

    [Description("How much is done, in percent.")]
    public double? Progress { get; init; }

    [JsonPropertyName("agent_id")]
    [Description("The agent that works on it.")]
    public Id? AgentId { get; init; }
}

[Description("A task that is gone from its board.")]
internal sealed record BoardTaskDeletedData : EventData
{
    [Description("The task, where there is no taskId.")]
    public Id? Id { get; init; }
}

[Description("All tasks of the event's project are gone, or all there are if it names none.")]
internal sealed record BoardResetData : EventData;

[Description("One of System B's agents.")]
internal sealed record AgentData : EventData
{
    [JsonPropertyName("agent_id")]
    [Description("The agent.")]
    public Id? AgentId { get; init; }

    [JsonPropertyName("agentId")]
    [Description("agent_id in its second spelling.")]
    public Id? AgentIdSecond { get; init; }

    [Description("The agent, where there is neither of these.")]
    public Id? Id { get; init; }

    [Description("What the agent is called, for people.")]
    public string? Name { get; init; }

    [Description("The board's own word for how the agent stands.")]
    public string? Status { get; init; }
}

[Description("A message from one agent to another.")]
internal sealed record AgentMessageData : EventData
{
    [JsonPropertyName("agent_id")]
    [Description("The agent whose messages these are.")]
    public Id? AgentId { get; init; }

    [JsonPropertyName("agentId")]
    [Description("agent_id in its second spelling.")]
    public Id? AgentIdSecond { get; init; }

    [Description("The message's own id.")]
    public Id? Id { get; init; }

    [Description("The agent that sent it.")]
    public Id? From { get; init; }

    [Description("The agent that it is for.")]
    public Id? To { get; init; }

    [Description("The message.")]
    public JsonElement? Content { get; init; }
}

[Description("How the agents of a project work together. Brain's own shape.")]
internal sealed record CoordinationData : EventData
{
    [Description("What changed, for people.")]
    public string? Message { get; init; }
}

[Description("Which files of a project are locked, and by whom.")]
internal sealed record FileLocksData : EventData
{
    [Description("The locks, in Brain's own shape.")]
    public JsonElement? Locks { get; init; }
}

[Description("A plan for a project.")]
internal sealed record PlanData : EventData
{
    [Description("The plan, in Brain's own shape.")]
    public JsonElement? Plan { get; init; }
}

[Description("A line of a log.")]
internal sealed record LogData : EventData
{
    [Description("How much it matters, such as info, warning or error.")]
    public string? Level { get; init; }

    [Description("The line.")]
    public string? Message { get; init; }

    [JsonPropertyName("node_id")]
    [StringLength(EventLimits.KeyBytes)]
    [Description("The workflow node that it comes from, where the envelope names none.")]
    public string? NodeId { get; init; }
}

[Description("Something that people should see.")]
internal sealed record NotificationData : EventData
{
    [Description("How much it matters, such as info, warning or error.")]
    public string? Level { get; init; }

    [Description("What it is about.")]
    public string? Title { get; init; }

    [Description("What there is to say.")]
    public string? Message { get; init; }
}
