using Cecelia.Relay.Journal;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The earlier moments whose state can still be made, so that a client can replay the events after them (PROTOCOL.md, <i>History over HTTP</i>): divides
/// the journal into generations of undo copies, and drops each generation once the journal no longer has all of its events. Requires the lock of the
/// <see cref="Timeline"/>.
/// </summary>
/// <remarks>
/// Example: the journal keeps 65,536 entries, so a generation has 16,384. When the journal has the entries 70,000 to 135,535, the generations that began
/// before the entries 81,920, 98,304, 114,688 and 131,072 are here. The base is the state before entry 81,920: 53,616 of the 65,536 entries follow it.
/// </remarks>
internal sealed class StateBases
{
    /// <summary>
    /// Number of generations in the journal's window. More of them reach further back (between 3/4 and all of the window), but each has its own copy
    /// of an entity that changes often.
    /// </summary>
    private const int Generations = 4;

    /// <summary>Share of the journal's bytes that undo copies may use.</summary>
    private const int BytesDivisor = 4;

    /// <summary>Maximum number of entries in a generation, so that a base with few events after it can be found in a large journal.</summary>
    private const int MaxEntries = 16 * 1024;

    private readonly EventJournal _journal;
    private readonly StateTable _state;
    private readonly UndoCopies _undo;
    private readonly Queue<StreamPosition> _positions = new();
    private readonly int _maxEntries;
    private readonly long _maxBytes;
    private readonly long _ageMs;
    private UndoGeneration _current;
    private long _bytes;

    /// <param name="journal">The journal.</param>
    /// <param name="state">The entity state.</param>
    /// <param name="undo">The undo copies that the state fills.</param>
    /// <param name="options">The bounds of the journal.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    public StateBases(EventJournal journal, StateTable state, UndoCopies undo, JournalOptions options, long nowMs)
    {
        (_journal, _state, _undo) = (journal, state, undo);
        _maxEntries = Math.Clamp(options.Events / Generations, 1, MaxEntries);
        _maxBytes = PayloadBytes(options) / Generations;
        _ageMs = (long)options.Age.TotalMilliseconds;
        _current = Begin(nowMs);
    }

    /// <summary>Memory of the undo copies, in bytes. Any thread.</summary>
    public long Bytes => _undo.Bytes;

    /// <summary>Returns how many of the journal's bytes are for undo copies.</summary>
    public static int UndoBytes(JournalOptions options) => options.Bytes / BytesDivisor;

    /// <summary>Returns how many of the journal's bytes are for payloads.</summary>
    public static int PayloadBytes(JournalOptions options) => options.Bytes - UndoBytes(options);

    /// <summary>Begins the next generation if it is due, before an event of that many bytes is appended.</summary>
    public void Prepare(int bytes, long nowMs)
    {
        _bytes += bytes;
        if (_journal.Head - _current.FirstEntry < _maxEntries && _bytes <= _maxBytes && !IsOld(_current, nowMs, Generations)) return;
        if (_journal.Head > _current.FirstEntry || !_current.IsEmpty) Begin(nowMs);
    }

    /// <summary>
    /// Drops the generations whose events have left the journal, and starts a new one if the undo copies were lost or the journal does not have all
    /// events of the current one. Called when an event or gap has been appended and applied.
    /// </summary>
    public void Settle(long nowMs)
    {
        if (_undo.IsLost || _current.FirstEntry < _journal.First) Restart(nowMs);
        else if (_positions.Count > _undo.Generations.Count || _undo.Oldest!.FirstEntry < _journal.First) DropOld();
    }

    /// <summary>Begins and drops generations by their age.</summary>
    public void Trim(long nowMs)
    {
        Prepare(0, nowMs);
        Settle(nowMs);
        while (_undo.Generations.Count > 1 && IsOld(_undo.Generations.ElementAt(1), nowMs, 1)) Drop();
    }

    /// <summary>Drops all generations and begins the first one, because the state was replaced.</summary>
    public void Restart(long nowMs)
    {
        _undo.Clear();
        _positions.Clear();
        Begin(nowMs);
    }

    /// <summary>Sets the number of the journal's newest entry, before an event is applied or entities are removed.</summary>
    public void NoteEntry() => _undo.Entry = _journal.Head - 1;

    /// <summary>Finds the oldest base with at most that many entries after it. Returns null if there is none.</summary>
    public UndoGeneration? Find(int maxEntries, out StreamPosition position)
    {
        foreach ((UndoGeneration one, StreamPosition at) in _undo.Generations.Zip(_positions))
        {
            position = at;
            if (_journal.Head - one.FirstEntry <= maxEntries) return one;
        }

        position = default;
        return null;
    }

    /// <inheritdoc cref="UndoCopies.EndRead"/>
    public void EndRead() => _undo.EndRead();

    /// <summary>Finds the number of the first entry after a base.</summary>
    public bool TryFind(StreamPosition position, out long firstEntry)
    {
        foreach ((UndoGeneration one, StreamPosition at) in _undo.Generations.Zip(_positions))
        {
            firstEntry = one.FirstEntry;
            if (at == position) return true;
        }

        firstEntry = -1;
        return false;
    }

    /// <summary>Returns whether the generation began a part of the journal's age ago.</summary>
    private bool IsOld(UndoGeneration generation, long nowMs, int part) => _ageMs > 0 && nowMs - generation.BeganMs >= _ageMs / part;

    private UndoGeneration Begin(long nowMs)
    {
        _current = _undo.Begin(_journal.Head, nowMs, _state.Gaps);
        _positions.Enqueue(_journal.Position);
        _bytes = 0;
        return _current;
    }

    private void DropOld()
    {
        // Those that the undo copies have dropped themselves, because of their bound in bytes.
        while (_positions.Count > _undo.Generations.Count) _positions.Dequeue();
        while (_undo.Oldest!.FirstEntry < _journal.First) Drop();
    }

    private void Drop()
    {
        _undo.DropOldest();
        _positions.Dequeue();
    }
}
