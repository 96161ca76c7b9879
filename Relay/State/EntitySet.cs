using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// All entities: found by key, by execution, and in the order of their last change, the terminal ones apart; bounded in number and bytes. One thread
/// at a time; the counters may be read from any.
/// </summary>
internal sealed class EntitySet
{
    private readonly int _maxEntities;
    private readonly long _maxBytes;
    private readonly Dictionary<byte[], Entity>[] _byKey = new Dictionary<byte[], Entity>[EntitySections.Count];
    private readonly Dictionary<byte[], Entity>.AlternateLookup<ReadOnlySpan<byte>>[] _lookup =
        new Dictionary<byte[], Entity>.AlternateLookup<ReadOnlySpan<byte>>[EntitySections.Count];

    private readonly Dictionary<byte[], ExecutionGroup> _groups = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], ExecutionGroup>.AlternateLookup<ReadOnlySpan<byte>> _groupLookup;
    private readonly int[] _counts = new int[EntitySections.Count];
    private long _gaps;
    private long _lastOrder;
    private int _total;
    private long _bytes;
    private long _evicted;
    private long _evictedTerminal;

    public EntitySet(int maxEntities, long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntities, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, StateOptions.MostBytes);
        (_maxEntities, _maxBytes) = (maxEntities, maxBytes);
        _groupLookup = _groups.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (int i = 0; i < _byKey.Length; i++)
        {
            _byKey[i] = new Dictionary<byte[], Entity>(Utf8Comparer.Instance);
            _lookup[i] = _byKey[i].GetAlternateLookup<ReadOnlySpan<byte>>();
        }
    }

    /// <summary>Entities that are under way, by their last change.</summary>
    public EntityList Live { get; } = new();

    /// <summary>Entities that are over, by their last change.</summary>
    public EntityList Terminal { get; } = new();

    public int Total => Volatile.Read(ref _total);

    /// <summary>What is counted against the bound, in bytes.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Entities pushed out while still under way.</summary>
    public long Evicted => Volatile.Read(ref _evicted);

    /// <summary>Terminal entities pushed out before their time.</summary>
    public long EvictedTerminal => Volatile.Read(ref _evictedTerminal);

    public int Count(EntityKind kind) => Volatile.Read(ref _counts[(int)kind]);

    /// <summary>Notes that something may be missing here: whatever has not ended is uncertain until its next change. Costs the same however many there are.</summary>
    public void NoteGap() => _gaps++;

    /// <summary>Whether the entity was last changed before a gap, so that it may have changed, or ended, without the relay knowing.</summary>
    public bool IsUncertain(Entity entity) => !entity.IsTerminal && entity.GapsSeen < _gaps;

    public Entity? Find(EntityKind kind, ReadOnlySpan<byte> key) => _lookup[(int)kind].TryGetValue(key, out Entity? entity) ? entity : null;

    /// <summary>What belongs to the execution, the execution itself too; null when nothing does.</summary>
    public ExecutionGroup? FindGroup(ReadOnlySpan<byte> executionId) => _groupLookup.TryGetValue(executionId, out ExecutionGroup? group) ? group : null;

    /// <summary>Makes an entity whose key must be new. It counts from the first <see cref="Changed"/>.</summary>
    public Entity Add(EntityKind kind, ReadOnlySpan<byte> key)
    {
        var entity = new Entity(kind, key.ToArray());
        Add(entity);
        return entity;
    }

    /// <summary>Files the entity under an execution; an empty id stands for none.</summary>
    public void SetExecution(Entity entity, ReadOnlySpan<byte> executionId)
    {
        LeaveGroup(entity);
        if (executionId.IsEmpty) return;
        if (!_groupLookup.TryGetValue(executionId, out ExecutionGroup? group))
        {
            group = new ExecutionGroup(executionId.ToArray());
            _groups.Add(group.ExecutionId, group);
        }

        group.Add(entity);
    }

    /// <summary>Adds the entity of another instance, with all that it has; its key must be new.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="executionId">What it belongs to; empty: to none.</param>
    /// <param name="isUncertain">It was so there.</param>
    /// <param name="order">A node's; 0: it has none.</param>
    public void AddExisting(Entity entity, ReadOnlySpan<byte> executionId, bool isUncertain, long order)
    {
        Add(entity);
        SetExecution(entity, executionId);
        if (entity.Kind == EntityKind.Node && LastOrder(entity) != NodeOrder.Unknown) LastOrder(entity) = Math.Max(LastOrder(entity), order);
        Changed(entity);
        if (isUncertain) entity.GapsSeen = _gaps - 1;
    }

    /// <summary>The next number of the order in which the nodes of this one's execution were first heard of: one more than the highest there is, from 1.</summary>
    public long NextOrder(Entity node)
    {
        ref long last = ref LastOrder(node);
        // Of no execution are the nodes of System D's only session.
        if (last == NodeOrder.Unknown) last = node.Group is { } group ? NodeOrder.HighestOf(group) : Math.Max(NodeOrder.HighestOf(Live), NodeOrder.HighestOf(Terminal));
        return ++last;
    }

    /// <summary>To be called before a node's order changes: the highest may be another then.</summary>
    public void LeaveOrder(Entity node)
    {
        if (NodeOrder.Of(node) == LastOrder(node)) LastOrder(node) = NodeOrder.Unknown;
    }

    /// <summary>To be called after each change: makes it the newest of its list, counts its bytes, and pushes out others where a bound is passed.</summary>
    public void Changed(Entity entity)
    {
        EntityList list = entity.IsTerminal ? Terminal : Live;
        if (entity.List != list || list.Newest != entity)
        {
            entity.List?.Remove(entity);
            list.Add(entity);
        }

        entity.GapsSeen = _gaps;
        Recount(entity);
        while (_total > _maxEntities || _bytes > _maxBytes)
        {
            if (Terminal.Oldest is { } over) Evict(over, ref _evictedTerminal);
            else if (Live.Oldest is { } oldest) Evict(oldest, ref _evicted);
            else break;
        }
    }

    /// <summary>Counts what the entity takes now, without moving it in the order of change.</summary>
    public void Recount(Entity entity)
    {
        int counted = entity.Count();
        Volatile.Write(ref _bytes, _bytes + counted - entity.CountedBytes);
        entity.CountedBytes = counted;
    }

    public void Remove(Entity entity)
    {
        if (entity.Kind == EntityKind.Node) LeaveOrder(entity);
        entity.List?.Remove(entity);
        LeaveGroup(entity);
        _byKey[(int)entity.Kind].Remove(entity.Key);
        Volatile.Write(ref _counts[(int)entity.Kind], _byKey[(int)entity.Kind].Count);
        Volatile.Write(ref _total, _total - 1);
        Volatile.Write(ref _bytes, _bytes - entity.CountedBytes);
    }

    private void Add(Entity entity)
    {
        _byKey[(int)entity.Kind].Add(entity.Key, entity);
        Volatile.Write(ref _counts[(int)entity.Kind], _byKey[(int)entity.Kind].Count);
        Volatile.Write(ref _total, _total + 1);
    }

    private ref long LastOrder(Entity node)
    {
        if (node.Group is { } group) return ref group.LastOrder;
        return ref _lastOrder;
    }

    private void Evict(Entity entity, ref long counter)
    {
        Remove(entity);
        Volatile.Write(ref counter, counter + 1);
    }

    private void LeaveGroup(Entity entity)
    {
        if (entity.Group is not { } group) return;
        group.Remove(entity);
        if (group.First is null) _groups.Remove(group.ExecutionId);
    }
}
