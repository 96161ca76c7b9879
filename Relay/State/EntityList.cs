namespace Cecelia.Relay.State;

/// <summary>An intrusive linked list of entities in the order of their last change. Adding and removing take constant time.</summary>
internal sealed class EntityList
{
    public Entity? Oldest { get; private set; }

    public Entity? Newest { get; private set; }

    /// <summary>Appends an entity, which must not be in a list.</summary>
    public void Add(Entity entity)
    {
        entity.List = this;
        entity.Older = Newest;
        if (Newest is null) Oldest = entity;
        else Newest.Newer = entity;
        Newest = entity;
    }

    public void Remove(Entity entity)
    {
        if (entity.Older is null) Oldest = entity.Newer;
        else entity.Older.Newer = entity.Newer;
        if (entity.Newer is null) Newest = entity.Older;
        else entity.Newer.Older = entity.Older;
        entity.List = null;
        entity.Older = entity.Newer = null;
    }
}
