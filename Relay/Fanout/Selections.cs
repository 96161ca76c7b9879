using System.Text;
using Cecelia.Relay.Filters;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>Determines the part of the entity state that a filter selects.</summary>
internal static class Selections
{
    /// <summary>Names of the events that create entities of each kind. A filter by name selects the kinds of the names that it matches.</summary>
    private static readonly (EntityKinds Kind, byte[][] Names)[] NamesByKind =
    [
        (EntityKinds.Task, Utf8(
            "task:created", "task:started", "task:progress", "task:completed", "task:failed", "task_created", "task_updated", "task_status_changed")),
        (EntityKinds.Executor, Utf8("executor:status")),
        (EntityKinds.Execution, Utf8(
            "status", "execution:paused", "execution:resumed", "execution:started", "execution:completed", "execution:failed", "token_usage")),
        (EntityKinds.Node, Utf8("node_state_change", "node:parallel_start", "token_stream", "token_usage", "error")),
        (EntityKinds.Agent, Utf8("agent_spawned", "agent_status_update", "agent_messages")),
        (EntityKinds.Project, Utf8("file_locks_update", "plan_generated", "coordination_update")),
    ];

    /// <summary>Returns the selection of a filter.</summary>
    public static StateSelection Of(Filter filter)
    {
        if (filter.IsNone) return StateSelection.All;
        EntityKinds kinds = EntityKinds.None;
        foreach ((EntityKinds kind, byte[][] names) in NamesByKind)
        {
            if (names.Any(name => filter.WantsName(name))) kinds |= kind;
        }

        return new StateSelection { ProjectIds = filter.Projects, TaskIds = filter.Tasks, ExecutionIds = filter.Executions, Kinds = kinds };
    }

    private static byte[][] Utf8(params string[] names) => [.. names.Select(Encoding.UTF8.GetBytes)];
}
