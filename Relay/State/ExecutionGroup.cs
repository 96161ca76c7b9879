namespace Cecelia.Relay.State;

/// <summary>Whatever belongs to one execution, linked through itself, so that an execution's page finds it without a scan.</summary>
internal sealed class ExecutionGroup(byte[] executionId)
{
    private long _lastOrder;

    public byte[] ExecutionId { get; } = executionId;

    public Entity? First { get; private set; }

    /// <summary>The highest <c>order</c> of its nodes, or <see cref="NodeOrder.Unknown"/>; for <see cref="EntitySet"/>.</summary>
    public ref long LastOrder => ref _lastOrder;

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
