using System.Runtime.InteropServices;

namespace Cecelia.Relay.Filters;

/// <summary>
/// A set of slot numbers in ascending order. A single number is stored inline, because most values occur in only one filter. Not thread-safe. A mutable
/// value type that must be changed in place.
/// </summary>
internal struct SlotSet
{
    private int _first;
    private bool _hasFirst;
    private List<int>? _many;

    public readonly bool IsEmpty => !_hasFirst && _many is null;

    /// <summary>Returns the numbers of a set, valid until it changes.</summary>
    public static ReadOnlySpan<int> Read(ref readonly SlotSet set) =>
        set._many is { } many ? CollectionsMarshal.AsSpan(many) : MemoryMarshal.CreateReadOnlySpan(in set._first, set._hasFirst ? 1 : 0);

    /// <summary>Adds a number, if it is not in the set yet.</summary>
    public void Add(int slot)
    {
        if (_many is null && !_hasFirst)
        {
            (_first, _hasFirst) = (slot, true);
            return;
        }

        if (_many is null && _first == slot) return;
        _many ??= [_first];
        int index = _many.BinarySearch(slot);
        if (index < 0) _many.Insert(~index, slot);
    }

    /// <summary>Removes a number, if it is in the set.</summary>
    public void Remove(int slot)
    {
        if (_many is null)
        {
            if (_first == slot) _hasFirst = false;
            return;
        }

        int index = _many.BinarySearch(slot);
        if (index < 0) return;
        _many.RemoveAt(index);
        if (_many.Count > 1) return;
        _first = _many[0];
        _many = null;
    }
}
