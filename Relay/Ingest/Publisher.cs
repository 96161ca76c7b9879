using System.Text;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The current run of one source: its last number, a hash of each payload of its last <see cref="Remembered"/> numbers, and the numbers that are missing. For
/// the ingest thread.
/// </summary>
/// <remarks>
/// The hash of number <c>n</c> is at <c>n</c> modulo the length of the array, which holds the numbers above <c>Last - length</c>. With a length of 8 and a
/// last number of 20 these are 13 to 20; 0 means that a number has not been received. The array doubles until it covers the run or has 256 entries.
/// </remarks>
/// <param name="source">The name. The publisher owns the array.</param>
internal sealed class Publisher(byte[] source)
{
    /// <summary>Number of the latest sequence numbers whose payload hashes are kept.</summary>
    public const int Remembered = 256;

    private const int FirstHashes = 8;

    /// <summary>Maximum number of holes. A number of a hole that was dropped begins a new run once it is older than the hashes.</summary>
    private const int MaxHoles = 64;

    private readonly List<(long From, long To)> _holes = [];
    private ulong[] _hashes = new ulong[FirstHashes];

    public byte[] Source { get; } = source;

    /// <summary>The first number of this run that was received; greater than <see cref="Last"/> when only the last number is known.</summary>
    public long First { get; private set; }

    public long Last { get; private set; }

    /// <summary>The newest timestamp, in Unix milliseconds; 0 when there was none.</summary>
    public long LastMs { get; private set; }

    /// <summary>The newest timestamp before the last hole, or of the run before, in Unix milliseconds; 0 when there was none.</summary>
    public long BeforeMs { get; private set; }

    /// <summary>Numbers that are missing, oldest first.</summary>
    public IReadOnlyList<(long From, long To)> Holes => _holes;

    /// <summary>True if only the last number is known.</summary>
    public bool IsReduced => First > Last;

    /// <summary>Begins a run.</summary>
    public void BeginRun(long number, ulong hash, long timestampMs)
    {
        _holes.Clear();
        Array.Clear(_hashes);
        BeforeMs = LastMs;
        (First, Last, LastMs) = (number, number, timestampMs);
        Set(number, hash);
    }

    /// <summary>Continues a run of which only the last number is known.</summary>
    public void Resume(long last) => (First, Last) = (last + 1, last);

    /// <summary>Records a number above the last. Changes nothing when memory is short.</summary>
    /// <param name="number">The number.</param>
    /// <param name="hash">The hash of its payload.</param>
    /// <param name="timestampMs">See <see cref="LastMs"/>.</param>
    /// <param name="isHole">True if the numbers between are missing.</param>
    public void Advance(long number, ulong hash, long timestampMs, bool isHole)
    {
        if (number - Math.Min(First, Last) >= _hashes.Length) Grow(number - Math.Min(First, Last) + 1);
        if (isHole)
        {
            AddHole(_holes.Count, Last + 1, number - 1);
            BeforeMs = LastMs;
        }

        // The hashes of one array length before are not those of the numbers between.
        if (number - Last > _hashes.Length) Array.Clear(_hashes);
        else
        {
            for (long between = Last + 1; between < number; between++) Set(between, 0);
        }

        Last = number;
        LastMs = Math.Max(LastMs, timestampMs);
        Set(number, hash);
    }

    /// <summary>Records numbers before the first as missing.</summary>
    public void AddHoleBefore(long from, long to) => AddHole(0, from, to);

    /// <summary>Records a number that was missing. Returns false if it was not. Changes nothing when memory is short.</summary>
    public bool TryFill(long number, ulong hash, long timestampMs)
    {
        int index = _holes.FindIndex(hole => number >= hole.From && number <= hole.To);
        if (index < 0) return false;
        (long from, long to) = _holes[index];
        _holes.EnsureCapacity(_holes.Count + 1);
        Remember(number, hash, timestampMs);
        _holes.RemoveAt(index);
        if (number < to) _holes.Insert(index, (number + 1, to));
        if (number > from) _holes.Insert(index, (from, number - 1));
        // A hole that is filled in its middle becomes two.
        if (_holes.Count > MaxHoles) _holes.RemoveAt(0);
        return true;
    }

    /// <summary>Returns true if the number is one of the last <see cref="Remembered"/>.</summary>
    public bool IsRecent(long number) => number > Last - Remembered;

    /// <summary>Returns the hash of the payload of a number up to the last; 0 when it is not known.</summary>
    public ulong HashOf(long number) => number > Last - _hashes.Length ? _hashes[number & (_hashes.Length - 1)] : 0;

    /// <summary>Sets the hash of a number that arrived after a later one. Changes nothing when memory is short.</summary>
    public void Remember(long number, ulong hash, long timestampMs)
    {
        if (IsRecent(number))
        {
            if (number <= Last - _hashes.Length) Grow(Last - number + 1);
            Set(number, hash);
            First = Math.Min(First, number);
        }

        LastMs = Math.Max(LastMs, timestampMs);
    }

    /// <summary>Writes the publisher for <see cref="Read"/>.</summary>
    public void WriteTo(BinaryWriter writer)
    {
        writer.Write(Source.Length);
        writer.Write(Source);
        writer.Write(First);
        writer.Write(Last);
        writer.Write(LastMs);
        writer.Write(_holes.Count);
        foreach ((long from, long to) in _holes)
        {
            writer.Write(from);
            writer.Write(to);
        }

        writer.Write(_hashes.Length);
        foreach (ulong hash in _hashes) writer.Write(hash);
    }

    /// <summary>Reads one publisher.</summary>
    /// <param name="reader">A reader at its first byte.</param>
    /// <param name="maxSourceBytes">Maximum length of the name.</param>
    /// <exception cref="InvalidDataException">The data is not one that was written.</exception>
    /// <exception cref="EndOfStreamException">The data is incomplete.</exception>
    public static Publisher Read(BinaryReader reader, int maxSourceBytes)
    {
        int length = Bounded(reader.ReadInt32(), 0, maxSourceBytes);
        byte[] source = reader.ReadBytes(length);
        if (source.Length < length) throw new EndOfStreamException();
        var publisher = new Publisher(source) { First = Number(reader), Last = Number(reader), LastMs = reader.ReadInt64() };
        int holes = Bounded(reader.ReadInt32(), 0, MaxHoles);
        for (int i = 0; i < holes; i++) publisher._holes.Add((Number(reader), Number(reader)));
        int hashes = Bounded(reader.ReadInt32(), FirstHashes, Remembered);
        if (!int.IsPow2(hashes)) throw new InvalidDataException("a number of hashes is not a power of two");
        if (hashes > FirstHashes) publisher._hashes = new ulong[hashes];
        for (int i = 0; i < hashes; i++) publisher._hashes[i] = reader.ReadUInt64();
        return publisher;

        static int Bounded(int value, int min, int max) => value >= min && value <= max ? value : throw new InvalidDataException("a count is out of bounds");
        static long Number(BinaryReader reader) => reader.ReadInt64() is >= 0 and { } number ? number : throw new InvalidDataException("a number is negative");
    }

    public override string ToString() => $"{Encoding.UTF8.GetString(Source)} at {Last}";

    private void AddHole(int index, long from, long to)
    {
        _holes.EnsureCapacity(_holes.Count + 1);
        _holes.Insert(index, (from, to));
        if (_holes.Count > MaxHoles) _holes.RemoveAt(0);
    }

    /// <summary>Makes room for the hashes of that many consecutive numbers, up to the maximum.</summary>
    private void Grow(long numbers)
    {
        int length = _hashes.Length;
        while (length < numbers && length < Remembered) length *= 2;
        if (length == _hashes.Length) return;
        ulong[] grown = new ulong[length];
        for (long number = Math.Max(0, Last - _hashes.Length + 1); number <= Last; number++) grown[number & (length - 1)] = HashOf(number);
        _hashes = grown;
    }

    private void Set(long number, ulong hash) => _hashes[number & (_hashes.Length - 1)] = hash;
}
