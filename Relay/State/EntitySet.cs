using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// All entities, indexed by key, by execution, and by the order of their last change (terminal ones separately). Bounded in number and bytes. Used by one
/// thread at a time; the counters may be read from any thread.
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
    private long _highestOrder;
    private int _total;
    private long _bytes;
    private long _evicted;
    private long _evictedTerminal;

    public EntitySet(int maxEntities, long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntities, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, StateOptions.MaxBytesLimit);
        (_maxEntities, _maxBytes) = (maxEntities, maxBytes);
        _groupLookup = _groups.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (int i = 0; i < _byKey.Length; i++)
        {
            _byKey[i] = new Dictionary<byte[], Entity>(Utf8Comparer.Instance);
            _lookup[i] = _byKey[i].GetAlternateLookup<ReadOnlySpan<byte>>();
        }
    }

    /// <summary>Entities without a terminal status, by their last change.</summary>
    public EntityList Live { get; } = new();

    /// <summary>Entities with a terminal status, by their last change.</summary>
    public EntityList Terminal { get; } = new();

    public int Total => Volatile.Read(ref _total);

    /// <summary>Bytes that are counted against the limit.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Number of entities that were evicted before they had a terminal status.</summary>
    public long Evicted => Volatile.Read(ref _evicted);

    /// <summary>Number of terminal entities that were evicted before their retention time.</summary>
    public long EvictedTerminal => Volatile.Read(ref _evictedTerminal);

    public int Count(EntityKind kind) => Volatile.Read(ref _counts[(int)kind]);

    /// <summary>Gets the undo copies of the entities; null if none are made.</summary>
    public UndoCopies? Undo { get; set; }

    /// <summary>Number of gaps so far.</summary>
    public long Gaps => _gaps;

    /// <summary>Makes an undo copy of the entity if it has not been changed in the current generation. Must be called before each change.</summary>
    public void Touch(Entity entity)
    {
        if (Undo is { } undo && entity.Generation != undo.Current) undo.Capture(entity);
    }

    /// <summary>Records that events may be missing. Every entity without a terminal status is uncertain until its next change. Takes constant time.</summary>
    public void NoteGap() => _gaps++;

    /// <summary>Returns whether a gap followed the last change of the entity, so that a later change may have been missed.</summary>
    public bool IsUncertain(Entity entity) => WasUncertain(entity, _gaps);

    /// <summary>Returns what <see cref="IsUncertain"/> returned after some of the gaps, if the entity has not changed since.</summary>
    public static bool WasUncertain(Entity entity, long gaps) => !entity.IsTerminal && entity.GapsSeen < gaps;

    /// <summary>Returns whether a gap followed the last change of the entity, whatever its status.</summary>
    public bool HasGapSince(Entity entity) => entity.GapsSeen < _gaps;

    public Entity? Find(EntityKind kind, ReadOnlySpan<byte> key) => _lookup[(int)kind].TryGetValue(key, out Entity? entity) ? entity : null;

    /// <summary>Returns the entities of an execution, including the execution itself; null if there are none.</summary>
    public ExecutionGroup? FindGroup(ReadOnlySpan<byte> executionId) => _groupLookup.TryGetValue(executionId, out ExecutionGroup? group) ? group : null;

    /// <summary>Adds an entity, whose key must be new. Its bytes are counted from the first call of <see cref="Changed"/>.</summary>
    public Entity Add(EntityKind kind, ReadOnlySpan<byte> key)
    {
        var entity = new Entity(kind, key.ToArray());
        Add(entity);
        Undo?.CaptureNew(entity);
        return entity;
    }

    /// <summary>Assigns the entity to an execution; an empty id means none.</summary>
    public void SetExecution(Entity entity, ReadOnlySpan<byte> executionId)
    {
        RemoveFromGroup(entity);
        if (executionId.IsEmpty) return;
        if (!_groupLookup.TryGetValue(executionId, out ExecutionGroup? group))
        {
            group = new ExecutionGroup(executionId.ToArray());
            _groups.Add(group.ExecutionId, group);
        }

        group.Add(entity);
    }

    /// <summary>Adds an entity that was transferred from another instance. Its key must be new.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="executionId">The execution that it belongs to; empty if none.</param>
    /// <param name="isUncertain">Whether it was uncertain on the other instance.</param>
    /// <param name="order">The order of a node; 0 if it has none.</param>
    public void AddExisting(Entity entity, ReadOnlySpan<byte> executionId, bool isUncertain, long order)
    {
        Add(entity);
        SetExecution(entity, executionId);
        if (entity.Kind == EntityKind.Node && HighestOrder(entity) != NodeOrder.Unknown) HighestOrder(entity) = Math.Max(HighestOrder(entity), order);
        Changed(entity);
        if (isUncertain) entity.GapsSeen = _gaps - 1;
    }

    /// <summary>Returns the next order number in the node's execution: one more than the highest, starting at 1 (see <see cref="NodeOrder"/>).</summary>
    public long NextOrder(Entity node)
    {
        ref long highest = ref HighestOrder(node);
        // Nodes without an execution belong to the only session of a Workflow publisher.
        if (highest == NodeOrder.Unknown)
        {
            highest = node.Group is { } group ? NodeOrder.HighestOf(group) : Math.Max(NodeOrder.HighestOf(Live), NodeOrder.HighestOf(Terminal));
        }

        return ++highest;
    }

    /// <summary>Invalidates the highest order number if the node has it. Must be called before the node's order changes.</summary>
    public void InvalidateOrder(Entity node)
    {
        if (NodeOrder.Of(node) == HighestOrder(node)) HighestOrder(node) = NodeOrder.Unknown;
    }

    /// <summary>
    /// Makes the entity the newest of its list, counts its bytes, and evicts others if a limit is exceeded. Must be called after each change.
    /// </summary>
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
            if (Terminal.Oldest is { } terminal) Evict(terminal, ref _evictedTerminal);
            else if (Live.Oldest is { } live) Evict(live, ref _evicted);
            else break;
        }
    }

    /// <summary>Updates the bytes that are counted for the entity, without moving it in the order of change.</summary>
    public void Recount(Entity entity)
    {
        int counted = entity.Count();
        Volatile.Write(ref _bytes, _bytes + counted - entity.CountedBytes);
        entity.CountedBytes = counted;
    }

    /// <summary>Removes an entity because of an event.</summary>
    public void Remove(Entity entity)
    {
        Touch(entity);
        if (entity.Kind == EntityKind.Node) InvalidateOrder(entity);
        entity.List?.Remove(entity);
        RemoveFromGroup(entity);
        _byKey[(int)entity.Kind].Remove(entity.Key);
        Volatile.Write(ref _counts[(int)entity.Kind], _byKey[(int)entity.Kind].Count);
        Volatile.Write(ref _total, _total - 1);
        Volatile.Write(ref _bytes, _bytes - entity.CountedBytes);
    }

    /// <summary>Removes an entity without an event.</summary>
    public void Expire(Entity entity)
    {
        Touch(entity);
        Undo?.NoteEvicted(entity);
        Remove(entity);
    }

    private void Add(Entity entity)
    {
        _byKey[(int)entity.Kind].Add(entity.Key, entity);
        Volatile.Write(ref _counts[(int)entity.Kind], _byKey[(int)entity.Kind].Count);
        Volatile.Write(ref _total, _total + 1);
    }

    private ref long HighestOrder(Entity node)
    {
        if (node.Group is { } group) return ref group.HighestOrder;
        return ref _highestOrder;
    }

    private void Evict(Entity entity, ref long counter)
    {
        Expire(entity);
        Volatile.Write(ref counter, counter + 1);
    }

    private void RemoveFromGroup(Entity entity)
    {
        if (entity.Group is not { } group) return;
        group.Remove(entity);
        if (group.First is null) _groups.Remove(group.ExecutionId);
    }
}
