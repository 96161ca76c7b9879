namespace Cecelia.Relay.State;

/// <summary>
/// Undo copies of the entities that were changed within the journal's window, from which the state at an earlier time, a base, is made. The window is divided
/// into generations. The first change of an entity in a generation copies it; each further one costs a comparison. Bounded in bytes: beyond the bound
/// the oldest generations are dropped. Used by one thread at a time; <see cref="Bytes"/> may be read from any thread.
/// </summary>
/// <remarks>
/// Example: generation 1 began before entry 10, generation 2 before entry 20, and generation 3 before entry 30. Task t1 was changed by entries 12, 14 and 25,
/// task t2 was created by entry 22, and task t3 has not changed.
/// <list type="bullet">
/// <item>Generation 1 has t1 as it was before entry 12. Generation 2 has t1 as it was before entry 25, and that t2 did not exist.</item>
/// <item>The state before entry 10 is t1 from generation 1, no t2, and t3 as it is now.</item>
/// <item>
/// When entry 10 leaves the journal, generation 1 is dropped. The base is then the state before entry 20: t1 from generation 2, no t2, and t3 as it is now.
/// </item>
/// </list>
/// </remarks>
internal sealed class UndoCopies(long maxBytes)
{
    private readonly UndoMemory _memory = new();
    private readonly Queue<UndoGeneration> _generations = new();
    private readonly Stack<UndoGeneration> _dropped = new();
    private UndoGeneration? _current;
    private int _lastId;
    private int _readers;

    /// <summary>Memory of all generations, in bytes, with what is kept for the next ones.</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>The id of the current generation. An entity with this <see cref="Entity.Generation"/> needs no further copy.</summary>
    public int Current { get; private set; }

    /// <summary>Number of the journal's newest entry. Set before an event is applied.</summary>
    public long Entry { get; set; }

    /// <summary>
    /// True if the copies of the current generation did not fit. Nothing is recorded until <see cref="Begin"/>, and there is no base before that.
    /// </summary>
    public bool IsLost => _current is null;

    /// <summary>The oldest generation; null if there is none.</summary>
    public UndoGeneration? Oldest => _generations.TryPeek(out UndoGeneration? oldest) ? oldest : null;

    /// <summary>The generations, oldest first.</summary>
    public IReadOnlyCollection<UndoGeneration> Generations => _generations;

    /// <summary>Begins the next generation.</summary>
    /// <param name="firstEntry">The number that the journal's next entry will get.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    /// <param name="gaps">The number of gaps so far.</param>
    public UndoGeneration Begin(long firstEntry, long nowMs, long gaps)
    {
        Current = ++_lastId;
        _current = _dropped.TryPop(out UndoGeneration? dropped) ? dropped : new UndoGeneration(_memory);
        _current.Begin(Current, firstEntry, nowMs, gaps);
        _generations.Enqueue(_current);
        return _current;
    }

    /// <summary>Drops the oldest generation. The current one must not be the oldest.</summary>
    public void DropOldest()
    {
        if (Oldest == _current) throw new InvalidOperationException("the current generation cannot be dropped");
        Drop();
    }

    /// <summary>Drops all generations.</summary>
    public void Clear()
    {
        while (_generations.Count > 0) Drop();
        _current = null;
    }

    /// <summary>Returns the records of a generation and of all later ones, oldest first. Must be followed by <see cref="EndRead"/>.</summary>
    public IReadOnlyList<UndoGeneration.FrozenUndo> BeginRead(UndoGeneration from)
    {
        _readers++;
        return [.. _generations.Where(one => one.Id >= from.Id).Select(one => one.Freeze())];
    }

    /// <summary>Notes that the records of one <see cref="BeginRead"/> are no longer used.</summary>
    public void EndRead() => _readers--;

    /// <summary>Copies the entity as it is. Called before its first change in the generation.</summary>
    public void Capture(Entity entity) => Add(UndoKind.Copy, entity, entity.GapsSeen);

    /// <summary>Records that the entity did not exist. Called when it is created.</summary>
    public void CaptureNew(Entity entity) => Add(UndoKind.Absent, entity, 0);

    /// <summary>Records that the entity is removed without an event.</summary>
    public void NoteEvicted(Entity entity) => Add(UndoKind.Evicted, entity, Entry);

    private void Add(UndoKind what, Entity entity, long number)
    {
        if (_current is not { } current) return;
        // An eviction follows the copy of the entity.
        entity.Generation = current.Id;
        try
        {
            current.Add(what, entity, number);
        }
        catch (OutOfMemoryException)
        {
            // The entity itself can still be changed. Without this copy no earlier state can be made.
            Clear();
            return;
        }

        while (Bytes > maxBytes)
        {
            if (_memory.TryFree()) continue;
            if (_generations.Count > 1) DropOldest();
            else Clear();
        }
    }

    private void Drop()
    {
        UndoGeneration dropped = _generations.Dequeue();
        dropped.Clear(isRead: _readers > 0);
        // A reader may still use its values.
        if (_readers == 0) _dropped.Push(dropped);
    }
}
