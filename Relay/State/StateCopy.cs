using System.Buffers;

namespace Cecelia.Relay.State;

/// <summary>
/// Entities as they were at one moment, each a JSON object, in one pooled buffer. Whoever makes it disposes it; kept and used again, it costs nothing
/// but the copying, and <see cref="Reserve"/> keeps even its growth out of the time in which ingestion waits. Not thread-safe.
/// </summary>
internal sealed class StateCopy : IDisposable
{
    private const int PageBytes = 4096;

    private byte[] _bytes = [];
    private StateItem[] _items = [];
    private int _length;

    public int Count { get; private set; }

    /// <summary>Bytes of all items.</summary>
    public int Length => _length;

    /// <summary>The items, in the order in which a handoff needs them: terminal ones first, each part by its last change.</summary>
    public ReadOnlySpan<StateItem> Items => _items.AsSpan(0, Count);

    public ReadOnlySpan<byte> this[int index] => Text(_items[index]);

    public ReadOnlySpan<byte> Text(in StateItem item) => _bytes.AsSpan(item.Offset, item.Length);

    /// <summary>
    /// Empties it and makes room for that many bytes of items, such as <see cref="StateTable.Bytes"/>, which is always enough for all. To be called
    /// before the lock is taken: 10,000 tasks take 2 ms to copy into memory that was there (cold, 5.8 MB), and 5 to 9 ms into memory that grows and that the
    /// system has still to map.
    /// </summary>
    public void Reserve(long bytes)
    {
        Clear();
        if (bytes <= _bytes.Length) return;
        Return(ref _bytes);
        _bytes = ArrayPool<byte>.Shared.Rent(checked((int)bytes));
        for (int i = 0; i < _bytes.Length; i += PageBytes) _bytes[i] = 0;
    }

    public void Clear() => (Count, _length) = (0, 0);

    /// <summary>Writes the handoff, which <see cref="StateTable.Load"/> reads: an array of objects with one member each, the section's name and the entity.</summary>
    public void WriteTo(IBufferWriter<byte> into)
    {
        into.Write("["u8);
        foreach (ref readonly StateItem item in Items)
        {
            into.Write(item.Offset == 0 ? "{\""u8 : ",{\""u8);
            into.Write(item.Kind.Section());
            into.Write("\":"u8);
            into.Write(Text(item));
            into.Write("}"u8);
        }

        into.Write("]"u8);
    }

    public void Dispose()
    {
        Clear();
        Return(ref _bytes);
        if (_items.Length > 0) ArrayPool<StateItem>.Shared.Return(_items);
        _items = [];
    }

    internal void Add(EntityKind kind, ReadOnlySpan<byte> json)
    {
        if (_length + json.Length > _bytes.Length) GrowBytes(json.Length);
        if (Count == _items.Length) GrowItems();
        json.CopyTo(_bytes.AsSpan(_length));
        _items[Count++] = new StateItem(kind, _length, json.Length);
        _length += json.Length;
    }

    private static void Return(ref byte[] bytes)
    {
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
        bytes = [];
    }

    private void GrowBytes(int more)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + more), (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        Return(ref _bytes);
        _bytes = larger;
    }

    private void GrowItems()
    {
        StateItem[] larger = ArrayPool<StateItem>.Shared.Rent(Math.Max(256, 2 * _items.Length));
        Items.CopyTo(larger);
        if (_items.Length > 0) ArrayPool<StateItem>.Shared.Return(_items);
        _items = larger;
    }
}

/// <summary>Where an entity's JSON lies in the copy.</summary>
internal readonly record struct StateItem(EntityKind Kind, int Offset, int Length);
