using Cecelia.Relay.Events;

namespace Cecelia.Relay.Filters;

/// <summary>
/// Finds the filters that an event matches without testing each of them. Filters are grouped by shape (<see cref="FilterShape"/>), and only the event's own
/// values are looked up. Filters without any of the event's values cost nothing; the others cost one step each in lists of slot numbers. Not thread-safe.
/// </summary>
/// <typeparam name="T">The type of the item that is stored with each filter.</typeparam>
internal sealed class FilterIndex<T>
    where T : class
{
    private readonly FilterShape?[] _shapes = new FilterShape?[FilterShape.Count];
    private readonly Dictionary<T, int> _slots = [];
    private readonly Stack<int> _free = [];
    private readonly List<int> _found = [];
    private T?[] _items = new T?[16];
    private int _used;

    /// <summary>Adds an item, which must not be in the index yet. If an exception is thrown, nothing has been added.</summary>
    public void Add(Filter filter, T item)
    {
        int slot = AllocateSlot();
        FilterShape shape = _shapes[FilterShape.IndexOf(filter)] ??= new FilterShape(filter);
        try
        {
            _slots.Add(item, slot);
            shape.Add(filter, slot);
            _items[slot] = item;
        }
        catch
        {
            shape.Remove(filter, slot);
            _slots.Remove(item);
            _free.Push(slot);
            throw;
        }
    }

    /// <summary>Removes an item that was added with this filter.</summary>
    public void Remove(Filter filter, T item)
    {
        if (!_slots.Remove(item, out int slot)) return;
        _shapes[FilterShape.IndexOf(filter)]?.Remove(filter, slot);
        _items[slot] = null;
        _free.Push(slot);
    }

    /// <summary>Adds to <paramref name="found"/> the item of each filter that the event matches, each once. Does not allocate after warm-up.</summary>
    public void Find(DecodedEvent e, List<T> found)
    {
        _found.Clear();
        foreach (FilterShape? shape in _shapes) shape?.Find(e, _found);
        foreach (int slot in _found) found.Add(_items[slot]!);
    }

    private int AllocateSlot()
    {
        if (_free.TryPop(out int slot)) return slot;
        if (_used == _items.Length) Array.Resize(ref _items, 2 * _items.Length);
        // Returning a slot must not fail for lack of memory.
        _free.EnsureCapacity(_items.Length);
        return _used++;
    }
}
