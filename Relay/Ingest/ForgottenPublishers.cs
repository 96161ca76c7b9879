using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The last numbers of sources that were evicted from the <see cref="PublisherTable"/>: 16 bytes each, a hash of the name and the number. Bounded; the oldest
/// entry is evicted first. For the ingest thread.
/// </summary>
internal sealed class ForgottenPublishers
{
    public const int MaxPublishers = 65_536;

    private const int None = -1;

    private readonly Dictionary<ulong, int> _byKey = [];
    private Entry[] _entries = new Entry[16];
    private int _used;
    private int _free = None;
    private int _oldest = None;
    private int _newest = None;

    /// <summary>Adds a source that is not in the table. Returns true if another one was evicted for it. Changes nothing when memory is short.</summary>
    public bool Add(ReadOnlySpan<byte> source, long last) => Add(MessageHash.Of(source), last);

    /// <summary>Removes a source and returns its last number. Returns false if it is not in the table.</summary>
    public bool TryTake(ReadOnlySpan<byte> source, out long last)
    {
        last = 0;
        if (!_byKey.Remove(MessageHash.Of(source), out int index)) return false;
        last = _entries[index].Last;
        Unlink(index);
        return true;
    }

    /// <summary>Returns the last number of a source. Returns false if it is not in the table.</summary>
    public bool TryGet(ReadOnlySpan<byte> source, out long last)
    {
        bool found = _byKey.TryGetValue(MessageHash.Of(source), out int index);
        last = found ? _entries[index].Last : 0;
        return found;
    }

    /// <summary>Writes the table, oldest first, for <see cref="ReadFrom"/>.</summary>
    public void WriteTo(BinaryWriter writer)
    {
        writer.Write(_byKey.Count);
        for (int index = _oldest; index != None; index = _entries[index].Newer)
        {
            writer.Write(_entries[index].Key);
            writer.Write(_entries[index].Last);
        }
    }

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The data is not one that was written.</exception>
    /// <exception cref="EndOfStreamException">The data is incomplete.</exception>
    public void ReadFrom(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count is < 0 or > MaxPublishers) throw new InvalidDataException("a count is out of bounds");
        for (int i = 0; i < count; i++)
        {
            (ulong key, long last) = (reader.ReadUInt64(), reader.ReadInt64());
            if (last < 0 || _byKey.ContainsKey(key)) throw new InvalidDataException("an evicted publisher is invalid");
            Add(key, last);
        }
    }

    private bool Add(ulong key, long last)
    {
        // Allocates before the change.
        _byKey.EnsureCapacity(Math.Min(_byKey.Count + 1, MaxPublishers));
        if (_free == None && _used == _entries.Length && _used < MaxPublishers) Array.Resize(ref _entries, 2 * _used);
        bool isFull = _byKey.Count == MaxPublishers;
        if (isFull)
        {
            _byKey.Remove(_entries[_oldest].Key);
            Unlink(_oldest);
        }

        int index = _free == None ? _used++ : _free;
        if (_free != None) _free = _entries[index].Newer;
        _entries[index] = new Entry(key, last, _newest, None);
        if (_newest == None) _oldest = index;
        else _entries[_newest].Newer = index;
        _newest = index;
        _byKey[key] = index;
        return isFull;
    }

    private void Unlink(int index)
    {
        ref Entry entry = ref _entries[index];
        if (entry.Older == None) _oldest = entry.Newer;
        else _entries[entry.Older].Newer = entry.Newer;
        if (entry.Newer == None) _newest = entry.Older;
        else _entries[entry.Newer].Older = entry.Older;
        entry.Newer = _free;
        _free = index;
    }

    /// <summary>A source and its neighbors in order of addition. In a free entry, the newer neighbor is the next free entry.</summary>
    private record struct Entry(ulong Key, long Last, int Older, int Newer);
}
