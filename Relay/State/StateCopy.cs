using System.Buffers;

namespace Cecelia.Relay.State;

/// <summary>
/// Entities as they were at one moment, each a JSON object, in pooled chunks of one size: a copy that grows moves nothing and never needs one array of
/// its whole size. The owner disposes it; kept and used again, it costs nothing but the copying, and <see cref="Reserve"/> keeps even its growth out
/// of the time in which ingestion waits. Not thread-safe.
/// </summary>
internal sealed class StateCopy : IDisposable
{
    /// <summary>
    /// Size of a chunk. The largest entities of ordinary work (64 KiB of data, 16 KiB of text) fit three times; a larger one gets a chunk of its own.
    /// </summary>
    public const int ChunkBytes = 256 * 1024;

    private const int PageBytes = 4096;

    private readonly List<byte[]> _chunks = [];
    private StateItem[] _items = [];
    private int _chunk;
    private int _at;
    private bool _hasLarge;

    public int Count { get; private set; }

    /// <summary>Bytes of all items.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of the memory that it holds.</summary>
    public long HeldBytes => _chunks.Sum(chunk => (long)chunk.Length);

    /// <summary>The items, in the order in which a handoff needs them: terminal ones first, each part by its last change.</summary>
    public ReadOnlySpan<StateItem> Items => _items.AsSpan(0, Count);

    public ReadOnlySpan<byte> this[int index] => Text(_items[index]);

    public ReadOnlySpan<byte> Text(in StateItem item) => _chunks[item.Chunk].AsSpan(item.Offset, item.Length);

    /// <summary>Bytes that <see cref="MoveTo"/> writes.</summary>
    public long HandoffLength
    {
        get
        {
            // The brackets around all; the comma before each but the first.
            long length = 2 + Math.Max(0, Count - 1);
            foreach (ref readonly StateItem item in Items) length += "{\"\":}"u8.Length + item.Kind.Section().Length + item.Length;
            return length;
        }
    }

    /// <summary>
    /// Empties it and makes room for that many bytes of items, such as <see cref="StateTable.Bytes"/>, which is enough for all but what is lost at the
    /// ends of chunks. To be called before the lock is taken: 10,000 tasks take 2 ms to copy into memory that was there (cold, 5.8 MB), and 5 to 9 ms into
    /// memory that grows and that the system has still to map.
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
        (Count, Length, _chunk, _at) = (0, 0, 0, 0);
        if (!_hasLarge) return;
        foreach (byte[] large in _chunks.Where(IsLarge)) ArrayPool<byte>.Shared.Return(large);
        _chunks.RemoveAll(IsLarge);
        _hasLarge = false;
    }

    /// <summary>Gives back the chunks that hold no item.</summary>
    public void TrimExcess()
    {
        int used = _at > 0 ? _chunk + 1 : _chunk;
        for (int i = used; i < _chunks.Count; i++) ArrayPool<byte>.Shared.Return(_chunks[i]);
        _chunks.RemoveRange(used, _chunks.Count - used);
    }

    /// <summary>
    /// Writes the handoff, which <see cref="StateTable.Load"/> reads: an array of objects with one member each, the section's name and the entity. Each
    /// chunk goes back to the pool when its last item is written, so the memory of the copy shrinks while what it is written to grows. It is empty then.
    /// </summary>
    public void MoveTo(Stream into)
    {
        into.Write("["u8);
        int freed = 0;
        for (int i = 0; i < Count; i++)
        {
            StateItem item = _items[i];
            for (; freed < item.Chunk; freed++) Release(freed);
            into.Write(i == 0 ? "{\""u8 : ",{\""u8);
            into.Write(item.Kind.Section());
            into.Write("\":"u8);
            into.Write(Text(item));
            into.Write("}"u8);
        }

        into.Write("]"u8);
        Dispose();
    }

    public void Dispose()
    {
        (Count, Length, _chunk, _at, _hasLarge) = (0, 0, 0, 0, false);
        for (int i = 0; i < _chunks.Count; i++) Release(i);
        _chunks.Clear();
        if (_items.Length > 0) ArrayPool<StateItem>.Shared.Return(_items);
        _items = [];
    }

    /// <param name="kind">What it is.</param>
    /// <param name="json">An object with at least one member.</param>
    /// <param name="isUncertain">It gets the member <c>uncertain</c>.</param>
    internal void Add(EntityKind kind, ReadOnlySpan<byte> json, bool isUncertain = false)
    {
        if (Count == _items.Length) GrowItems(Math.Max(256, 2 * _items.Length));
        ReadOnlySpan<byte> mark = isUncertain ? ",\"uncertain\":true}"u8 : default;
        if (isUncertain) json = json[..^1];
        int length = json.Length + mark.Length;
        if (_chunk == _chunks.Count || length > _chunks[_chunk].Length - _at) OpenChunk(length);
        Span<byte> place = _chunks[_chunk].AsSpan(_at, length);
        json.CopyTo(place);
        mark.CopyTo(place[json.Length..]);
        _items[Count++] = new StateItem(kind, _chunk, _at, length);
        _at += length;
        Length = checked(Length + length);
    }

    private static bool IsLarge(byte[] chunk) => chunk.Length > ChunkBytes;

    /// <summary>Goes to the next chunk, which has at least so many bytes. What is left of the current one stays unused.</summary>
    private void OpenChunk(int bytes)
    {
        int next = _at > 0 ? _chunk + 1 : _chunk;
        if (next == _chunks.Count || _chunks[next].Length < bytes)
        {
            _chunks.Insert(next, ArrayPool<byte>.Shared.Rent(Math.Max(bytes, ChunkBytes)));
            _hasLarge |= IsLarge(_chunks[next]);
        }

        (_chunk, _at) = (next, 0);
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

/// <summary>Where an entity's JSON lies in the copy.</summary>
internal readonly record struct StateItem(EntityKind Kind, int Chunk, int Offset, int Length);
