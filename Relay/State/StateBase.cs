using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// The state at the beginning of a generation: the entities that have not changed since, which were copied under the lock, and the undo copies of the others.
/// Any thread, one at a time.
/// </summary>
/// <param name="generation">The generation.</param>
/// <param name="undo">Its records and those of all later generations, oldest first.</param>
internal sealed class StateBase(UndoGeneration generation, IReadOnlyList<UndoGeneration.FrozenUndo> undo)
{
    /// <summary>The generation at whose beginning the state was this one.</summary>
    public UndoGeneration Generation { get; } = generation;

    /// <summary>Adds the selected entities that have changed since, as they were. The first record of each entity applies.</summary>
    public void CopyChangedTo(StateCopy copy, StateSelection selection)
    {
        var seen = new HashSet<byte[]>[EntitySections.Count];
        for (int kind = 0; kind < seen.Length; kind++) seen[kind] = new HashSet<byte[]>(Utf8Comparer.Instance);
        foreach (UndoGeneration.FrozenUndo records in undo)
        {
            for (int i = 0; i < records.Count; i++)
            {
                ref readonly UndoRecord record = ref records[i];
                if (record.What == UndoKind.Evicted || !AddKey(seen[(int)record.Kind], records.Key(record))) continue;
                if (record.What == UndoKind.Absent || !Matches(selection, records, record)) continue;
                copy.Add(record.Kind, records.Json(record), isUncertain: !record.IsTerminal && record.Number < Generation.Gaps);
            }
        }
    }

    /// <summary>Calls the action with the kind, the key and the journal's newest entry of each selected entity that was removed without an event.</summary>
    public void ForEachEvicted(StateSelection selection, Action<EntityKind, byte[], long> action)
    {
        foreach (UndoGeneration.FrozenUndo records in undo)
        {
            for (int i = 0; i < records.Count; i++)
            {
                ref readonly UndoRecord record = ref records[i];
                if (record.What == UndoKind.Evicted && Matches(selection, records, record))
                    action(record.Kind, records.Key(record).ToArray(), record.Number);
            }
        }
    }

    private static bool AddKey(HashSet<byte[]> seen, ReadOnlySpan<byte> key) => seen.GetAlternateLookup<ReadOnlySpan<byte>>().Add(key);

    private static bool Matches(StateSelection selection, UndoGeneration.FrozenUndo records, in UndoRecord record) =>
        selection.Matches(record.Kind, records.Key(record), records.Project(record), records.Execution(record));
}
