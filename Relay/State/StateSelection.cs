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

    public ValueSet ProjectIds { get; init; } = ValueSet.Empty;

    public ValueSet TaskIds { get; init; } = ValueSet.Empty;

    public ValueSet ExecutionIds { get; init; } = ValueSet.Empty;

    public EntityKinds Kinds { get; init; } = EntityKinds.All;

    /// <summary>Whether the entity is wanted. Allocates nothing.</summary>
    public bool Matches(Entity entity) =>
        (Kinds & (EntityKinds)(1 << (int)entity.Kind)) != 0
        && Any(ProjectIds, entity.Kind == EntityKind.Project ? entity.Key : entity.ProjectId)
        && (TaskIds.Count == 0 || (entity.Kind == EntityKind.Task && Any(TaskIds, entity.Key)))
        && (ExecutionIds.Count == 0 || (entity.Group is { } group && Any(ExecutionIds, group.ExecutionId)));

    private static bool Any(ValueSet wanted, byte[] id) => wanted.Count == 0 || wanted.Contains(id);
}
