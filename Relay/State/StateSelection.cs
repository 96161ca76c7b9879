using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// Which entities are wanted, in a filter's sense (PROTOCOL.md, <i>Filters</i>): any of some projects, and any of some tasks, and any of some executions;
/// a list that is empty asks for nothing, and an entity without such an id is not in a list that is given. Immutable; the lists belong to it.
/// </summary>
internal sealed record StateSelection
{
    /// <summary>Everything.</summary>
    public static StateSelection All { get; } = new();

    public IReadOnlyList<byte[]> ProjectIds { get; init; } = [];

    public IReadOnlyList<byte[]> TaskIds { get; init; } = [];

    public IReadOnlyList<byte[]> ExecutionIds { get; init; } = [];

    public EntityKinds Kinds { get; init; } = EntityKinds.All;

    /// <summary>Whether the entity is wanted. Allocates nothing.</summary>
    public bool Matches(Entity entity) =>
        (Kinds & (EntityKinds)(1 << (int)entity.Kind)) != 0
        && Any(ProjectIds, entity.Kind == EntityKind.Project ? entity.Key : entity.ProjectId)
        && (TaskIds.Count == 0 || (entity.Kind == EntityKind.Task && Any(TaskIds, entity.Key)))
        && (ExecutionIds.Count == 0 || (entity.Group is { } group && Any(ExecutionIds, group.ExecutionId)));

    private static bool Any(IReadOnlyList<byte[]> wanted, byte[] id)
    {
        if (wanted.Count == 0) return true;
        for (int i = 0; i < wanted.Count; i++)
        {
            if (Utf8Comparer.Instance.Equals(wanted[i], id)) return true;
        }

        return false;
    }
}
