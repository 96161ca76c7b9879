using System.Runtime.InteropServices;

namespace Cecelia.Relay.Filters;

/// <summary>
/// A set of slot numbers in ascending order. One number takes no memory of its own, because most values occur in one filter only. Not thread-safe; a
/// mutable value type, to be changed in place.
/// </summary>
internal struct SlotSet
{
    private int _first;
    private bool _hasFirst;
    private List<int>? _many;

    public readonly bool IsEmpty => !_hasFirst && _many is null;

    /// <summary>The numbers of a set in place, valid until it changes.</summary>
    public static ReadOnlySpan<int> Read(ref readonly SlotSet set) =>
        set._many is { } many ? CollectionsMarshal.AsSpan(many) : MemoryMarshal.CreateReadOnlySpan(in set._first, set._hasFirst ? 1 : 0);

    /// <summary>Adds a number; one that is there already changes nothing.</summary>
    public void Add(int slot)
    {
        if (_many is null && !_hasFirst)
        {
            (_first, _hasFirst) = (slot, true);
            return;
        }

        if (_many is null && _first == slot) return;
        _many ??= [_first];
        int at = _many.BinarySearch(slot);
        if (at < 0) _many.Insert(~at, slot);
    }

    /// <summary>Removes a number, if it is there.</summary>
    public void Remove(int slot)
    {
        if (_many is null)
        {
            if (_first == slot) _hasFirst = false;
            return;
        }

        int at = _many.BinarySearch(slot);
        if (at < 0) return;
        _many.RemoveAt(at);
        if (_many.Count > 1) return;
        _first = _many[0];
        _many = null;
    }
}
