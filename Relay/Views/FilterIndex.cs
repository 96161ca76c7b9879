using Cecelia.Relay.Events;

namespace Cecelia.Relay.Views;

/// <summary>
/// Finds the filters that an event matches without asking each: a filter is filed under the values of its narrowest part (task, else execution,
/// else project, else name), and an event looks up only its own values. A million filters that do not match cost it nothing. Not thread-safe.
/// </summary>
/// <typeparam name="T">What is filed with each filter.</typeparam>
internal sealed class FilterIndex<T>
    where T : class
{
    private readonly List<Entry> _all = [];
    private readonly Dictionary<byte[], List<Entry>> _tasks = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], List<Entry>> _executions = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], List<Entry>> _projects = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], List<Entry>> _names = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], List<Entry>> _prefixes = new(Utf8Comparer.Instance);

    // How many filed prefixes have each length, so that a name is looked up only at lengths that occur.
    private readonly SortedDictionary<int, int> _prefixLengths = [];
    private int[] _lengths = [];
    private long _searches;

    public void Add(Filter filter, T item)
    {
        var entry = new Entry(filter, item);
        foreach ((Dictionary<byte[], List<Entry>> table, byte[] key) in Places(filter))
        {
            if (!table.TryGetValue(key, out List<Entry>? entries)) table[key] = entries = [];
            entries.Add(entry);
            if (table == _prefixes) CountPrefix(key.Length, 1);
        }

        if (filter.IsNone) _all.Add(entry);
    }

    public void Remove(Filter filter, T item)
    {
        foreach ((Dictionary<byte[], List<Entry>> table, byte[] key) in Places(filter))
        {
            List<Entry> entries = table[key];
            entries.RemoveAll(entry => entry.Item == item);
            if (entries.Count == 0) table.Remove(key);
            if (table == _prefixes) CountPrefix(key.Length, -1);
        }

        if (filter.IsNone) _all.RemoveAll(entry => entry.Item == item);
    }

    /// <summary>Adds to <paramref name="found"/> what is filed with each filter that the event matches, each once. Allocates nothing once warm.</summary>
    public void Find(DecodedEvent e, List<T> found)
    {
        _searches++;
        foreach (Entry entry in _all) found.Add(entry.Item);
        Look(_tasks, e.TaskId, e, found);
        Look(_executions, e.ExecutionId, e, found);
        Look(_projects, e.ProjectId, e, found);
        Look(_names, e.Name, e, found);
        foreach (int length in _lengths)
        {
            if (length > e.Name.Length) break;
            Look(_prefixes, e.Name[..length], e, found);
        }
    }

    private void Look(Dictionary<byte[], List<Entry>> table, ReadOnlySpan<byte> key, DecodedEvent e, List<T> found)
    {
        // An absent value is empty: a filter may ask for events of no project, and the pattern * alone is an empty prefix.
        if (table.Count == 0 || (key.IsEmpty && table != _prefixes && table != _projects)) return;
        if (!table.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out List<Entry>? entries)) return;
        foreach (Entry entry in entries)
        {
            // Two patterns of one filter may match the same name.
            if (entry.FoundIn == _searches || !entry.Filter.Matches(e)) continue;
            entry.FoundIn = _searches;
            found.Add(entry.Item);
        }
    }

    private IEnumerable<(Dictionary<byte[], List<Entry>> Table, byte[] Key)> Places(Filter filter)
    {
        if (filter.Tasks.Count > 0) return filter.Tasks.Select(key => (_tasks, key));
        if (filter.Executions.Count > 0) return filter.Executions.Select(key => (_executions, key));
        if (filter.Projects.Count > 0) return filter.Projects.Select(key => (_projects, key));
        return filter.Names.Select(name => (name.IsPrefix ? _prefixes : _names, name.Text));
    }

    private void CountPrefix(int length, int by)
    {
        int count = _prefixLengths.GetValueOrDefault(length) + by;
        if (count == 0) _prefixLengths.Remove(length);
        else _prefixLengths[length] = count;
        _lengths = [.. _prefixLengths.Keys];
    }

    private sealed class Entry(Filter filter, T item)
    {
        public Filter Filter { get; } = filter;

        public T Item { get; } = item;

        /// <summary>The search that last found it.</summary>
        public long FoundIn { get; set; }
    }
}
