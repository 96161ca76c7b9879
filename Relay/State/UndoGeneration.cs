namespace Cecelia.Relay.State;

/// <summary>
/// A stretch of the journal with an undo copy of each entity that was changed in it. Records are only appended, so that a reader that has taken a
/// <see cref="Freeze"/> may read them without a lock. Not thread-safe otherwise.
/// </summary>
/// <param name="memory">Provides the memory.</param>
internal sealed class UndoGeneration(UndoMemory memory)
{
    private readonly List<byte[]> _chunks = [];
    private readonly List<UndoRecord[]> _pages = [];
    private int _count;
    private int _open;
    private int _offset;

    /// <summary>Its number; later generations have greater ones.</summary>
    public int Id { get; private set; }

    /// <summary>Number of its first journal entry. The undo copies undo this entry and all later ones.</summary>
    public long FirstEntry { get; private set; }

    /// <summary>The time at which it began, in Unix milliseconds.</summary>
    public long BeganMs { get; private set; }

    /// <summary>The number of gaps before it.</summary>
    public long Gaps { get; private set; }

    /// <summary>Whether nothing was recorded.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Begins the generation, which must be empty.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="firstEntry">Number of its first journal entry.</param>
    /// <param name="beganMs">Now, in Unix milliseconds.</param>
    /// <param name="gaps">The number of gaps so far.</param>
    public void Begin(int id, long firstEntry, long beganMs, long gaps)
    {
        (Id, FirstEntry, BeganMs, Gaps) = (id, firstEntry, beganMs, gaps);
        (_open, _offset) = (-1, 0);
    }

    /// <summary>Removes all records, and returns their memory.</summary>
    /// <param name="isRead">As of <see cref="UndoMemory.Return"/>.</param>
    public void Clear(bool isRead)
    {
        memory.Return(_chunks, _pages, isRead);
        _chunks.Clear();
        _pages.Clear();
        _count = 0;
    }

    /// <summary>Adds a record of the entity as it is.</summary>
    /// <param name="what">The meaning of the record.</param>
    /// <param name="entity">The entity.</param>
    /// <param name="number">As <see cref="UndoRecord.Number"/>.</param>
    public void Add(UndoKind what, Entity entity, long number)
    {
        ReadOnlySpan<byte> json = what == UndoKind.Copy ? entity.Json.Text : default;
        ReadOnlySpan<byte> execution = entity.Group is { } group ? group.ExecutionId : default;
        int length = entity.Key.Length + entity.ProjectId.Length + execution.Length + json.Length;
        Span<byte> bytes = Reserve(length, out int chunk, out int offset);
        entity.Key.CopyTo(bytes);
        entity.ProjectId.CopyTo(bytes = bytes[entity.Key.Length..]);
        execution.CopyTo(bytes = bytes[entity.ProjectId.Length..]);
        json.CopyTo(bytes[execution.Length..]);
        if (_count == _pages.Count * UndoMemory.PageRecords) _pages.Add(memory.RentPage());
        _pages[^1][_count++ % UndoMemory.PageRecords] = new UndoRecord(
            what, entity.Kind, entity.IsTerminal, chunk, offset, entity.Key.Length, entity.ProjectId.Length, execution.Length, json.Length, number);
    }

    /// <summary>Returns the records up to now.</summary>
    public FrozenUndo Freeze() => new([.. _chunks], [.. _pages], _count);

    private Span<byte> Reserve(int length, out int chunk, out int offset)
    {
        if (length >= UndoMemory.ChunkBytes / 4)
        {
            (chunk, offset) = (AddChunk(length), 0);
            return _chunks[chunk].AsSpan(0, length);
        }

        if (_open < 0 || _offset + length > UndoMemory.ChunkBytes) (_open, _offset) = (AddChunk(length), 0);
        (chunk, offset) = (_open, _offset);
        _offset += length;
        return _chunks[chunk].AsSpan(offset, length);
    }

    private int AddChunk(int bytes)
    {
        _chunks.Add(memory.RentChunk(bytes));
        return _chunks.Count - 1;
    }

    /// <summary>The records of a generation at one moment. Any thread.</summary>
    internal sealed class FrozenUndo(byte[][] chunks, UndoRecord[][] pages, int count)
    {
        public int Count => count;

        public ref readonly UndoRecord this[int index] => ref pages[index / UndoMemory.PageRecords][index % UndoMemory.PageRecords];

        public ReadOnlySpan<byte> Key(in UndoRecord record) => chunks[record.Chunk].AsSpan(record.Offset, record.KeyLength);

        public ReadOnlySpan<byte> Project(in UndoRecord record) =>
            chunks[record.Chunk].AsSpan(record.Offset + record.KeyLength, record.ProjectLength);

        public ReadOnlySpan<byte> Execution(in UndoRecord record) =>
            chunks[record.Chunk].AsSpan(record.Offset + record.KeyLength + record.ProjectLength, record.ExecutionLength);

        public ReadOnlySpan<byte> Json(in UndoRecord record) =>
            chunks[record.Chunk].AsSpan(record.Offset + record.KeyLength + record.ProjectLength + record.ExecutionLength, record.JsonLength);
    }
}
