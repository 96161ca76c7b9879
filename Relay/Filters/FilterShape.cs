using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Filters;

/// <summary>
/// The filters of one shape, that is, those that restrict the same parts (tasks, executions, projects, names). For each value of a part there is a list of
/// the slots of the filters that contain it. The filters that an event matches are the intersection of one list for each part. Not thread-safe.
/// </summary>
/// <remarks>
/// <para>Example: three filters that restrict tasks and projects.</para>
/// <list type="bullet">
/// <item>Slot 0: tasks <c>t1</c> and <c>t2</c>, project <c>p1</c>.</item>
/// <item>Slot 3: task <c>t1</c>, project <c>p2</c>.</item>
/// <item>Slot 5: task <c>t1</c>, project <c>p1</c>.</item>
/// </list>
/// <para>
/// The lists are <c>t1</c>: 0 3 5; <c>t2</c>: 0; <c>p1</c>: 0 5; <c>p2</c>: 3. An event of task <c>t1</c> in project <c>p1</c> has the lists 0 3 5 and 0 5.
/// The result begins with the shorter one, 0 5, and keeps the slots that the other list contains too: 0 and 5. An event of task <c>t3</c> has no list, so
/// it matches no filter of this shape, and its project is not looked up.
/// </para>
/// <para>
/// If one list is much longer than the other (<see cref="SearchRatio"/>), each slot of the shorter one is searched in it: for 2 and 10,000 slots that is 2
/// binary searches of 14 steps instead of 10,000 steps.
/// </para>
/// </remarks>
internal sealed class FilterShape
{
    /// <summary>Number of shapes.</summary>
    public const int Count = 16;

    /// <summary>Ratio of lengths from which each slot of the shorter list is searched in the longer one, instead of scanning both.</summary>
    private const int SearchRatio = 16;

    // Whether the filters of this shape have no parts; _all then has their slots.
    private readonly bool _isUnrestricted;
    private SlotSet _all;

    private readonly Dictionary<byte[], SlotSet>? _tasks;
    private readonly Dictionary<byte[], SlotSet>? _executions;
    private readonly Dictionary<byte[], SlotSet>? _projects;
    private readonly Dictionary<byte[], SlotSet>? _names;
    private readonly Dictionary<byte[], SlotSet>? _prefixes;

    // Number of prefixes of each length, so that a name is looked up only with lengths that occur.
    private readonly SortedDictionary<int, int> _prefixLengths = [];
    private int[] _lengths = [];

    /// <param name="sample">A filter of the shape.</param>
    public FilterShape(Filter sample)
    {
        _isUnrestricted = IndexOf(sample) == 0;
        if (sample.Tasks.Count > 0) _tasks = CreateLists();
        if (sample.Executions.Count > 0) _executions = CreateLists();
        if (sample.Projects.Count > 0) _projects = CreateLists();
        if (sample.Names.Count > 0) (_names, _prefixes) = (CreateLists(), CreateLists());
    }

    /// <summary>Returns the index of the filter's shape, from 0 to <see cref="Count"/> - 1.</summary>
    public static int IndexOf(Filter filter) =>
        (filter.Tasks.Count > 0 ? 1 : 0) | (filter.Executions.Count > 0 ? 2 : 0) | (filter.Projects.Count > 0 ? 4 : 0) | (filter.Names.Count > 0 ? 8 : 0);

    /// <summary>Adds a filter of this shape under a slot that no other filter has.</summary>
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

    /// <summary>Removes a filter, also if <see cref="Add(Filter, int)"/> failed and added only a part of it.</summary>
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

    /// <summary>
    /// Adds to <paramref name="found"/> the slots of the filters that the event matches, each once. Does not allocate if <paramref name="found"/> is large
    /// enough.
    /// </summary>
    public void Find(DecodedEvent e, List<int> found)
    {
        if (_isUnrestricted)
        {
            found.AddRange(SlotSet.Read(in _all));
            return;
        }

        if (!TryFindSlots(_tasks, e.TaskId, out ReadOnlySpan<int> tasks)) return;
        if (!TryFindSlots(_executions, e.ExecutionId, out ReadOnlySpan<int> executions)) return;
        // An event without a project has the empty project id, which a filter may contain.
        if (!TryFindSlots(_projects, e.ProjectId, out ReadOnlySpan<int> projects)) return;
        if (_names is null)
        {
            Intersect(tasks, executions, projects, [], found);
            return;
        }

        // The names of one filter do not overlap, so no filter is found twice.
        if (TryFindSlots(_names, e.Name, out ReadOnlySpan<int> names)) Intersect(tasks, executions, projects, names, found);
        foreach (int length in _lengths)
        {
            if (length > e.Name.Length) break;
            if (TryFindSlots(_prefixes, e.Name[..length], out names)) Intersect(tasks, executions, projects, names, found);
        }
    }

    private void Intersect(ReadOnlySpan<int> tasks, ReadOnlySpan<int> executions, ReadOnlySpan<int> projects, ReadOnlySpan<int> names, List<int> found)
    {
        ReadOnlySpan<int> shortest = names;
        bool hasAny = _names is not null;
        SelectShortest(_projects, projects, ref shortest, ref hasAny);
        SelectShortest(_executions, executions, ref shortest, ref hasAny);
        SelectShortest(_tasks, tasks, ref shortest, ref hasAny);
        int start = found.Count;
        found.AddRange(shortest);
        if (_tasks is not null && tasks != shortest) KeepCommon(found, start, tasks);
        if (_executions is not null && executions != shortest) KeepCommon(found, start, executions);
        if (_projects is not null && projects != shortest) KeepCommon(found, start, projects);
        if (_names is not null && names != shortest) KeepCommon(found, start, names);
    }

    /// <summary>Selects the list of a part if the part is restricted and the list is the shortest so far.</summary>
    private static void SelectShortest(Dictionary<byte[], SlotSet>? part, ReadOnlySpan<int> list, ref ReadOnlySpan<int> shortest, ref bool hasAny)
    {
        if (part is null || (hasAny && list.Length >= shortest.Length)) return;
        shortest = list;
        hasAny = true;
    }

    /// <summary>Keeps the slots from index <paramref name="start"/> on that <paramref name="list"/> contains too. Both are in ascending order.</summary>
    private static void KeepCommon(List<int> found, int start, ReadOnlySpan<int> list)
    {
        Span<int> slots = CollectionsMarshal.AsSpan(found)[start..];
        bool useSearch = (long)slots.Length * SearchRatio < list.Length;
        int kept = 0;
        foreach (int slot in slots)
        {
            int index;
            if (useSearch)
            {
                index = list.BinarySearch(slot);
            }
            else
            {
                index = 0;
                while (index < list.Length && list[index] < slot) index++;
                if (index == list.Length || list[index] != slot) index = ~index;
            }

            if (index >= 0) slots[kept++] = slot;
            list = list[(index >= 0 ? index + 1 : ~index)..];
        }

        CollectionsMarshal.SetCount(found, start + kept);
    }

    /// <summary>
    /// Looks up the filters with a value. Returns false if there are none, and true with an empty list if filters of this shape do not restrict the part.
    /// </summary>
    private static bool TryFindSlots(Dictionary<byte[], SlotSet>? values, ReadOnlySpan<byte> key, out ReadOnlySpan<int> slots)
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

    /// <summary>Returns whether no filter contains the value any more.</summary>
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

    private static Dictionary<byte[], SlotSet> CreateLists() => new(Utf8Comparer.Instance);
}
