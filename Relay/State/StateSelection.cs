using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// Selects entities as a filter does (PROTOCOL.md, <i>Filters</i>): by project, task and execution. An entity must match every non-empty list; an entity
/// without such an id does not match a non-empty list. Immutable; takes ownership of the lists.
/// </summary>
internal sealed record StateSelection
{
    /// <summary>The selection of all entities.</summary>
    public static StateSelection All { get; } = new();

    public ValueSet ProjectIds { get; init; } = ValueSet.Empty;

    public ValueSet TaskIds { get; init; } = ValueSet.Empty;

    public ValueSet ExecutionIds { get; init; } = ValueSet.Empty;

    public EntityKinds Kinds { get; init; } = EntityKinds.All;

    /// <summary>Returns whether the entity is selected. Allocates nothing.</summary>
    public bool Matches(Entity entity) =>
        (Kinds & (EntityKinds)(1 << (int)entity.Kind)) != 0
        && MatchesAny(ProjectIds, entity.Kind == EntityKind.Project ? entity.Key : entity.ProjectId)
        && (TaskIds.Count == 0 || (entity.Kind == EntityKind.Task && MatchesAny(TaskIds, entity.Key)))
        && (ExecutionIds.Count == 0 || (entity.Group is { } group && MatchesAny(ExecutionIds, group.ExecutionId)));

    private static bool MatchesAny(ValueSet ids, byte[] id) => ids.Count == 0 || ids.Contains(id);
}
