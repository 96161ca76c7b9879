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
    public bool Matches(Entity entity) => Matches(entity.Kind, entity.Key, entity.ProjectId, entity.Group is { } group ? group.ExecutionId : default);

    /// <summary>Returns whether an entity with these ids is selected. Allocates nothing.</summary>
    /// <param name="kind">The kind of the entity.</param>
    /// <param name="key">Its key.</param>
    /// <param name="project">Its project; empty if it has none.</param>
    /// <param name="execution">Its execution; empty if it has none.</param>
    public bool Matches(EntityKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> project, ReadOnlySpan<byte> execution) =>
        (Kinds & (EntityKinds)(1 << (int)kind)) != 0
        && MatchesAny(ProjectIds, kind == EntityKind.Project ? key : project)
        && (TaskIds.Count == 0 || (kind == EntityKind.Task && MatchesAny(TaskIds, key)))
        && (ExecutionIds.Count == 0 || (!execution.IsEmpty && MatchesAny(ExecutionIds, execution)));

    private static bool MatchesAny(ValueSet ids, ReadOnlySpan<byte> id) => ids.Count == 0 || ids.Contains(id);
}
