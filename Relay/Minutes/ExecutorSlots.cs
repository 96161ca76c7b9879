using Cecelia.Relay.Events;

namespace Cecelia.Relay.Minutes;

/// <summary>
/// The slots of all executors together, as last reported by each. Unknown (-1) until one has reported, and after a gap until one has reported again. Not
/// thread-safe.
/// </summary>
internal sealed class ExecutorSlots
{
    /// <summary>Maximum number of executors. With more, the sum is unknown: publishers choose the names.</summary>
    private const int MaxExecutors = 64;

    private readonly Dictionary<byte[], (long Used, long Free)> _executors = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], (long Used, long Free)>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private bool _hasMore;

    public ExecutorSlots() => _lookup = _executors.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Slots in use; -1 if unknown.</summary>
    public long Used { get; private set; } = -1;

    /// <summary>All slots; -1 if unknown.</summary>
    public long Total { get; private set; } = -1;

    /// <summary>The executors that have reported.</summary>
    public IReadOnlyDictionary<byte[], (long Used, long Free)> Executors => _executors;

    /// <summary>Sets the slots of one executor.</summary>
    public void Report(ReadOnlySpan<byte> source, long used, long free)
    {
        if (_executors.Count < MaxExecutors || _lookup.ContainsKey(source)) _lookup[source] = (used, free);
        else _hasMore = true;
        (Used, Total) = (0, 0);
        foreach ((long usedHere, long freeHere) in _executors.Values)
        {
            Used += usedHere;
            Total += usedHere + freeHere;
        }

        if (_hasMore) (Used, Total) = (-1, -1);
    }

    /// <summary>Forgets the reports, since a later one may be missing.</summary>
    public void Clear()
    {
        _executors.Clear();
        _hasMore = false;
        (Used, Total) = (-1, -1);
    }
}
