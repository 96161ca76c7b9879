using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Filters;

/// <summary>
/// The filters of one shape: those that restrict the same parts (tasks, executions, projects, names). Each part lists the slots of the filters that hold a
/// value, so that the filters that an event matches are the intersection of one list for each part. Not thread-safe.
/// </summary>
internal sealed class FilterShape
{
    /// <summary>Number of shapes.</summary>
    public const int Count = 16;

    /// <summary>From this ratio of lengths on, each number of the shorter list is searched in the longer one, instead of walking through both.</summary>
    private const int SearchRatio = 16;

    // The filters without any part.
    private readonly bool _isUnrestricted;
    private SlotSet _all;

    private readonly Dictionary<byte[], SlotSet>? _tasks;
    private readonly Dictionary<byte[], SlotSet>? _executions;
    private readonly Dictionary<byte[], SlotSet>? _projects;
    private readonly Dictionary<byte[], SlotSet>? _names;
    private readonly Dictionary<byte[], SlotSet>? _prefixes;

    // How many prefixes have each length, so that a name is looked up only at lengths that occur.
    private readonly SortedDictionary<int, int> _prefixLengths = [];
    private int[] _lengths = [];

    /// <param name="like">A filter of the shape.</param>
    public FilterShape(Filter like)
    {
        _isUnrestricted = IndexOf(like) == 0;
        if (like.Tasks.Count > 0) _tasks = Values();
        if (like.Executions.Count > 0) _executions = Values();
        if (like.Projects.Count > 0) _projects = Values();
        if (like.Names.Count > 0) (_names, _prefixes) = (Values(), Values());
    }

    /// <summary>A number from 0 to <see cref="Count"/> - 1 that is the same for all filters of one shape.</summary>
    public static int IndexOf(Filter filter) =>
        (filter.Tasks.Count > 0 ? 1 : 0) | (filter.Executions.Count > 0 ? 2 : 0) | (filter.Projects.Count > 0 ? 4 : 0) | (filter.Names.Count > 0 ? 8 : 0);

    /// <summary>Files a filter of this shape under a slot that no other filter has.</summary>
    public void Add(Filter filter, int slot)
    {
        if (_isUnrestricted) _all.Add(slot);
        Add(_tasks, filter.Tasks, slot);
        Add(_executions, filter.Executions, slot);
        Add(_projects, filter.Projects, slot);
        foreach (NamePattern name in filter.Names)
        {
            if (Add(name.IsPrefix ? _prefixes! : _names!, name.Text, slot) && name.IsPrefix) CountPrefix(name.Text.Length, 1);
        }
    }

    /// <summary>Removes what <see cref="Add(Filter, int)"/> added, or the part of it that it added before it failed.</summary>
    public void Remove(Filter filter, int slot)
    {
        if (_isUnrestricted) _all.Remove(slot);
        Remove(_tasks, filter.Tasks, slot);
        Remove(_executions, filter.Executions, slot);
        Remove(_projects, filter.Projects, slot);
        foreach (NamePattern name in filter.Names)
        {
            if (Remove(name.IsPrefix ? _prefixes! : _names!, name.Text, slot) && name.IsPrefix) CountPrefix(name.Text.Length, -1);
        }
    }

    /// <summary>Adds to <paramref name="found"/> the slots of the filters that the event matches, each once. Allocates nothing once <paramref name="found"/> is large enough.</summary>
    public void Find(DecodedEvent e, List<int> found)
    {
        if (_isUnrestricted)
        {
            found.AddRange(SlotSet.Read(in _all));
            return;
        }

        if (!TryLook(_tasks, e.TaskId, out ReadOnlySpan<int> tasks)) return;
        if (!TryLook(_executions, e.ExecutionId, out ReadOnlySpan<int> executions)) return;
        // An event without a project has the empty one, which a filter may ask for.
        if (!TryLook(_projects, e.ProjectId, out ReadOnlySpan<int> projects)) return;
        if (_names is null)
        {
            Intersect(tasks, executions, projects, [], found);
            return;
        }

        // The names of one filter do not overlap, so no filter is found twice.
        if (TryLook(_names, e.Name, out ReadOnlySpan<int> names)) Intersect(tasks, executions, projects, names, found);
        foreach (int length in _lengths)
        {
            if (length > e.Name.Length) break;
            if (TryLook(_prefixes, e.Name[..length], out names)) Intersect(tasks, executions, projects, names, found);
        }
    }

    private void Intersect(ReadOnlySpan<int> tasks, ReadOnlySpan<int> executions, ReadOnlySpan<int> projects, ReadOnlySpan<int> names, List<int> found)
    {
        ReadOnlySpan<int> shortest = names;
        bool hasAny = _names is not null;
        TakeShortest(_projects, projects, ref shortest, ref hasAny);
        TakeShortest(_executions, executions, ref shortest, ref hasAny);
        TakeShortest(_tasks, tasks, ref shortest, ref hasAny);
        int start = found.Count;
        found.AddRange(shortest);
        if (_tasks is not null && tasks != shortest) Keep(found, start, tasks);
        if (_executions is not null && executions != shortest) Keep(found, start, executions);
        if (_projects is not null && projects != shortest) Keep(found, start, projects);
        if (_names is not null && names != shortest) Keep(found, start, names);
    }

    /// <summary>Takes the list of a part, if it is restricted and the shortest so far.</summary>
    private static void TakeShortest(Dictionary<byte[], SlotSet>? part, ReadOnlySpan<int> list, ref ReadOnlySpan<int> shortest, ref bool hasAny)
    {
        if (part is null || (hasAny && list.Length >= shortest.Length)) return;
        shortest = list;
        hasAny = true;
    }

    /// <summary>Keeps those numbers from <paramref name="start"/> on that <paramref name="list"/> has too. Both are in ascending order.</summary>
    private static void Keep(List<int> found, int start, ReadOnlySpan<int> list)
    {
        Span<int> numbers = CollectionsMarshal.AsSpan(found)[start..];
        bool searches = (long)numbers.Length * SearchRatio < list.Length;
        int kept = 0;
        foreach (int number in numbers)
        {
            int at;
            if (searches)
            {
                at = list.BinarySearch(number);
            }
            else
            {
                at = 0;
                while (at < list.Length && list[at] < number) at++;
                if (at == list.Length || list[at] != number) at = ~at;
            }

            if (at >= 0) numbers[kept++] = number;
            list = list[(at >= 0 ? at + 1 : ~at)..];
        }

        CollectionsMarshal.SetCount(found, start + kept);
    }

    /// <summary>False when no filter holds the value; true with an empty list when filters of this shape do not restrict the part.</summary>
    private static bool TryLook(Dictionary<byte[], SlotSet>? values, ReadOnlySpan<byte> key, out ReadOnlySpan<int> slots)
    {
        slots = [];
        if (values is null) return true;
        ref SlotSet set = ref CollectionsMarshal.GetValueRefOrNullRef(values.GetAlternateLookup<ReadOnlySpan<byte>>(), key);
        if (Unsafe.IsNullRef(in set)) return false;
        slots = SlotSet.Read(in set);
        return true;
    }

    private static void Add(Dictionary<byte[], SlotSet>? values, IReadOnlyList<byte[]> keys, int slot)
    {
        foreach (byte[] key in keys) Add(values!, key, slot);
    }

    private static void Remove(Dictionary<byte[], SlotSet>? values, IReadOnlyList<byte[]> keys, int slot)
    {
        foreach (byte[] key in keys) Remove(values!, key, slot);
    }

    /// <summary>Returns whether the value is new.</summary>
    private static bool Add(Dictionary<byte[], SlotSet> values, byte[] key, int slot)
    {
        ref SlotSet set = ref CollectionsMarshal.GetValueRefOrAddDefault(values, key, out bool exists);
        set.Add(slot);
        return !exists;
    }

    /// <summary>Returns whether no filter holds the value any more.</summary>
    private static bool Remove(Dictionary<byte[], SlotSet> values, byte[] key, int slot)
    {
        ref SlotSet set = ref CollectionsMarshal.GetValueRefOrNullRef(values, key);
        if (Unsafe.IsNullRef(in set)) return false;
        set.Remove(slot);
        return set.IsEmpty && values.Remove(key);
    }

    /// <summary>Adds to the number of prefixes of a length.</summary>
    private void CountPrefix(int length, int by)
    {
        int count = _prefixLengths.GetValueOrDefault(length) + by;
        if (count == 0) _prefixLengths.Remove(length);
        else _prefixLengths[length] = count;
        _lengths = [.. _prefixLengths.Keys];
    }

    private static Dictionary<byte[], SlotSet> Values() => new(Utf8Comparer.Instance);
}
