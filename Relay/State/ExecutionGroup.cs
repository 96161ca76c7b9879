namespace Cecelia.Relay.State;

/// <summary>An intrusive linked list of the entities of one execution, so that they are found without a scan.</summary>
internal sealed class ExecutionGroup(byte[] executionId)
{
    private long _highestOrder;

    public byte[] ExecutionId { get; } = executionId;

    public Entity? First { get; private set; }

    /// <summary>The highest <c>order</c> of its nodes, or <see cref="NodeOrder.Unknown"/>. Used by <see cref="EntitySet"/>.</summary>
    public ref long HighestOrder => ref _highestOrder;

    public void Add(Entity entity)
    {
        entity.Group = this;
        entity.NextInGroup = First;
        if (First is not null) First.PreviousInGroup = entity;
        First = entity;
    }

    public void Remove(Entity entity)
    {
        if (entity.PreviousInGroup is null) First = entity.NextInGroup;
        else entity.PreviousInGroup.NextInGroup = entity.NextInGroup;
        if (entity.NextInGroup is not null) entity.NextInGroup.PreviousInGroup = entity.PreviousInGroup;
        entity.Group = null;
        entity.NextInGroup = entity.PreviousInGroup = null;
    }
}
