using System.Buffers;

namespace Cecelia.Relay.State;

/// <summary>
/// A copy of entities at one moment, each a JSON object, in pooled chunks of one size. A growing copy moves nothing and never needs one array of its whole
/// size. The owner disposes it. A reused copy allocates nothing, and <see cref="Reserve"/> allocates before the lock is taken, so that ingestion does not
/// wait for it. Not thread-safe.
/// </summary>
internal sealed class StateCopy : IDisposable
{
    /// <summary>
    /// Size of a chunk. Three entities of the largest usual size (64 KiB of data, 16 KiB of text) fit; a larger entity has a chunk of its own.
    /// </summary>
    public const int ChunkBytes = 256 * 1024;

    private const int PageBytes = 4096;

    private readonly List<byte[]> _chunks = [];
    private StateItem[] _items = [];
    private int _currentChunk;
    private int _offset;
    private bool _hasLarge;

    public int Count { get; private set; }

    /// <summary>Total length of all items in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Size of the memory that it holds, in bytes.</summary>
    public long HeldBytes => _chunks.Sum(chunk => (long)chunk.Length);

    /// <summary>The items in the order of a handoff: terminal ones first, then the others, both by their last change.</summary>
    public ReadOnlySpan<StateItem> Items => _items.AsSpan(0, Count);

    public ReadOnlySpan<byte> this[int index] => Text(_items[index]);

    public ReadOnlySpan<byte> Text(in StateItem item) => _chunks[item.Chunk].AsSpan(item.Offset, item.Length);

    /// <summary>Number of bytes that <see cref="MoveTo"/> writes.</summary>
    public long HandoffLength
    {
        get
        {
            // The brackets of the array, and the commas between its elements.
            long length = 2 + Math.Max(0, Count - 1);
            foreach (ref readonly StateItem item in Items) length += "{\"\":}"u8.Length + item.Kind.Section().Length + item.Length;
            return length;
        }
    }

    /// <summary>
    /// Clears the copy and reserves memory for items of that many bytes, such as <see cref="StateTable.Bytes"/>. That is enough except for the space that is
    /// lost at the ends of chunks. Must be called before the lock is taken: copying 10,000 tasks takes 2 ms into existing memory (cold, 5.8 MB), and 5 to 9 ms
    /// into memory that still has to be allocated and mapped.
    /// </summary>
    public void Reserve(long bytes, int items)
    {
        Clear();
        for (long held = (long)_chunks.Count * ChunkBytes; held < bytes; held += ChunkBytes)
        {
            byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
            for (int i = 0; i < chunk.Length; i += PageBytes) chunk[i] = 0;
            _chunks.Add(chunk);
        }

        if (items > _items.Length) GrowItems(items);
    }

    public void Clear()
    {
        (Count, Length, _currentChunk, _offset) = (0, 0, 0, 0);
        if (!_hasLarge) return;
        foreach (byte[] large in _chunks.Where(IsLarge)) ArrayPool<byte>.Shared.Return(large);
        _chunks.RemoveAll(IsLarge);
        _hasLarge = false;
    }

    /// <summary>Returns the chunks without items to the pool.</summary>
    public void TrimExcess()
    {
        int used = _offset > 0 ? _currentChunk + 1 : _currentChunk;
        for (int i = used; i < _chunks.Count; i++) ArrayPool<byte>.Shared.Return(_chunks[i]);
        _chunks.RemoveRange(used, _chunks.Count - used);
    }

    /// <summary>
    /// Writes the handoff, which <see cref="StateTable.Load"/> reads: an array of objects with one member each, the section's name and the entity. Each
    /// chunk is returned to the pool when its last item has been written, so that the copy shrinks while its destination grows. The copy is empty afterwards.
    /// </summary>
    public void MoveTo(Stream destination)
    {
        destination.Write("["u8);
        int freed = 0;
        for (int i = 0; i < Count; i++)
        {
            StateItem item = _items[i];
            for (; freed < item.Chunk; freed++) Release(freed);
            destination.Write(i == 0 ? "{\""u8 : ",{\""u8);
            destination.Write(item.Kind.Section());
            destination.Write("\":"u8);
            destination.Write(Text(item));
            destination.Write("}"u8);
        }

        destination.Write("]"u8);
        Dispose();
    }

    public void Dispose()
    {
        (Count, Length, _currentChunk, _offset, _hasLarge) = (0, 0, 0, 0, false);
        for (int i = 0; i < _chunks.Count; i++) Release(i);
        _chunks.Clear();
        if (_items.Length > 0) ArrayPool<StateItem>.Shared.Return(_items);
        _items = [];
    }

    /// <param name="kind">The kind of the entity.</param>
    /// <param name="json">An object with at least one member.</param>
    /// <param name="isUncertain">Whether the member <c>uncertain</c> is added.</param>
    /// <param name="silentSince">The value of the member <c>silent_since</c>; empty: it is not added.</param>
    internal void Add(EntityKind kind, ReadOnlySpan<byte> json, bool isUncertain = false, ReadOnlySpan<byte> silentSince = default)
    {
        if (Count == _items.Length) GrowItems(Math.Max(256, 2 * _items.Length));
        ReadOnlySpan<byte> uncertain = isUncertain ? ",\"uncertain\":true"u8 : default;
        ReadOnlySpan<byte> silent = silentSince.IsEmpty ? default : ",\"silent_since\":"u8;
        int length = json.Length + uncertain.Length + silent.Length + silentSince.Length;
        if (_currentChunk == _chunks.Count || length > _chunks[_currentChunk].Length - _offset) OpenChunk(length);
        Span<byte> target = _chunks[_currentChunk].AsSpan(_offset, length);
        json.CopyTo(target);
        if (length > json.Length)
        {
            target = target[(json.Length - 1)..];
            uncertain.CopyTo(target);
            silent.CopyTo(target = target[uncertain.Length..]);
            silentSince.CopyTo(target = target[silent.Length..]);
            target[silentSince.Length] = (byte)'}';
        }

        _items[Count++] = new StateItem(kind, _currentChunk, _offset, length);
        _offset += length;
        Length = checked(Length + length);
    }

    private static bool IsLarge(byte[] chunk) => chunk.Length > ChunkBytes;

    /// <summary>Advances to the next chunk, of at least <paramref name="bytes"/>. The rest of the current one remains unused.</summary>
    private void OpenChunk(int bytes)
    {
        int next = _offset > 0 ? _currentChunk + 1 : _currentChunk;
        if (next == _chunks.Count || _chunks[next].Length < bytes)
        {
            _chunks.Insert(next, ArrayPool<byte>.Shared.Rent(Math.Max(bytes, ChunkBytes)));
            _hasLarge |= IsLarge(_chunks[next]);
        }

        (_currentChunk, _offset) = (next, 0);
    }

    private void Release(int chunk)
    {
        if (_chunks[chunk].Length > 0) ArrayPool<byte>.Shared.Return(_chunks[chunk]);
        _chunks[chunk] = [];
    }

    private void GrowItems(int count)
    {
        StateItem[] larger = ArrayPool<StateItem>.Shared.Rent(count);
        Items.CopyTo(larger);
        if (_items.Length > 0) ArrayPool<StateItem>.Shared.Return(_items);
        _items = larger;
    }
}

/// <summary>The location of an entity's JSON in the copy.</summary>
internal readonly record struct StateItem(EntityKind Kind, int Chunk, int Offset, int Length);
