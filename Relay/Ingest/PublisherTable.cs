using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Ingest;

/// <summary>What a publisher's number says of an event.</summary>
internal enum NumberVerdict
{
    /// <summary>The next one, the first of its publisher, or one that was missing until now.</summary>
    New,

    /// <summary>New, and the numbers before it that are not there yet are missing.</summary>
    AfterHole,

    /// <summary>It has been here before.</summary>
    Duplicate,
}

/// <summary>
/// How far each publisher that numbers its events has come (PROTOCOL.md, <i>From the publisher</i>: <c>source</c> and <c>seq</c>): tells duplicates and
/// holes. Bounded; the publisher that was silent longest makes room. For the ingest thread, but for the counters.
/// </summary>
internal sealed class PublisherTable
{
    /// <summary>Publishers that are remembered. Each run of a publisher has a source of its own, so old ones die out.</summary>
    private const int MaxPublishers = 1024;

    /// <summary>Holes that are remembered for one publisher: what comes late into an older one counts as a duplicate.</summary>
    private const int MaxHoles = 64;

    private readonly Dictionary<byte[], LinkedListNode<Publisher>> _publishers = new(Utf8Comparer.Instance);
    private readonly LinkedList<Publisher> _byUse = new();
    private long _duplicates;
    private long _missing;

    /// <summary>Events that were dropped because they had been here before. Any thread.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates);

    /// <summary>Numbers that were missing when a later one came, whether or not they came after all. Any thread.</summary>
    public long Missing => Volatile.Read(ref _missing);

    /// <summary>When the last event came that had no number, in Unix milliseconds; 0 when all had. While there are such, no stream proves that nothing is missing. For the ingest thread.</summary>
    public long UnnumberedMs { get; private set; }

    /// <summary>
    /// Notes the event's number, if it has one with a source. After <see cref="NumberVerdict.AfterHole"/>, <paramref name="from"/> to <paramref name="to"/> are missing.
    /// </summary>
    public NumberVerdict Note(DecodedEvent e, long nowMs, out long from, out long to)
    {
        from = to = 0;
        if (!IsNumbered(e))
        {
            UnnumberedMs = nowMs;
            return NumberVerdict.New;
        }

        if (!_publishers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(e.Source, out LinkedListNode<Publisher>? node))
        {
            Add(new Publisher(e.Source.ToArray()) { Last = e.Seq, LastMs = e.TimestampMs });
            return NumberVerdict.New;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        Publisher publisher = node.Value;
        if (e.Seq <= publisher.Last) return NoteEarlier(publisher, e);
        from = publisher.Last + 1;
        to = e.Seq - 1;
        // Before the change: for lack of memory the number has not been seen.
        if (from <= to) publisher.Holes.EnsureCapacity(publisher.Holes.Count + 1);
        publisher.Last = e.Seq;
        publisher.LastMs = Math.Max(publisher.LastMs, e.TimestampMs);
        if (from > to) return NumberVerdict.New;

        if (publisher.Holes.Count == MaxHoles) publisher.Holes.RemoveAt(0);
        publisher.Holes.Add((from, to));
        Volatile.Write(ref _missing, _missing + (to - from + 1));
        return NumberVerdict.AfterHole;
    }

    public static bool IsNumbered(DecodedEvent e) => e.Seq >= 0 && !e.Source.IsEmpty;

    /// <summary>What is missing still of the publisher's numbers from <paramref name="from"/> to <paramref name="to"/>.</summary>
    public IReadOnlyList<(long From, long To)> MissingOf(ReadOnlySpan<byte> source, long from, long to) =>
        _publishers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(source, out LinkedListNode<Publisher>? node)
            ? [.. node.Value.Holes.Where(hole => hole.From >= from && hole.To <= to)]
            : [];

    /// <summary>Writes what <see cref="Read"/> reads.</summary>
    public void WriteTo(BinaryWriter writer)
    {
        writer.Write(UnnumberedMs);
        writer.Write(_byUse.Count);
        // Oldest first, so that loading them in this order gives the same order of use.
        for (LinkedListNode<Publisher>? node = _byUse.Last; node is not null; node = node.Previous)
        {
            Publisher publisher = node.Value;
            writer.Write(publisher.Source.Length);
            writer.Write(publisher.Source);
            writer.Write(publisher.Last);
            writer.Write(publisher.LastMs);
            writer.Write(publisher.Holes.Count);
            foreach ((long from, long to) in publisher.Holes)
            {
                writer.Write(from);
                writer.Write(to);
            }
        }
    }

    /// <summary>What another instance knew.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    /// <exception cref="EndOfStreamException">It is a part.</exception>
    public static PublisherTable Read(BinaryReader reader)
    {
        var table = new PublisherTable { UnnumberedMs = reader.ReadInt64() };
        int count = Bounded(reader.ReadInt32(), MaxPublishers);
        for (int i = 0; i < count; i++)
        {
            int length = Bounded(reader.ReadInt32(), EventLimits.KeyBytes);
            byte[] source = reader.ReadBytes(length);
            if (source.Length < length) throw new EndOfStreamException();
            if (table._publishers.ContainsKey(source)) throw new InvalidDataException("a publisher is there twice");
            var publisher = new Publisher(source) { Last = reader.ReadInt64(), LastMs = reader.ReadInt64() };
            int holes = Bounded(reader.ReadInt32(), MaxHoles);
            for (int hole = 0; hole < holes; hole++) publisher.Holes.Add((reader.ReadInt64(), reader.ReadInt64()));
            table.Add(publisher);
        }

        return table;

        static int Bounded(int value, int most) => value >= 0 && value <= most ? value : throw new InvalidDataException("a count is out of bounds");
    }

    private void Add(Publisher publisher)
    {
        // Before the change, as above.
        var node = new LinkedListNode<Publisher>(publisher);
        _publishers.EnsureCapacity(Math.Min(_publishers.Count + 1, MaxPublishers));
        if (_publishers.Count == MaxPublishers)
        {
            _publishers.Remove(_byUse.Last!.Value.Source);
            _byUse.RemoveLast();
        }

        _byUse.AddFirst(node);
        _publishers[publisher.Source] = node;
    }

    private NumberVerdict NoteEarlier(Publisher publisher, DecodedEvent e)
    {
        for (int i = 0; i < publisher.Holes.Count; i++)
        {
            (long from, long to) = publisher.Holes[i];
            if (e.Seq < from || e.Seq > to) continue;
            publisher.Holes.EnsureCapacity(publisher.Holes.Count + 1);
            publisher.Holes.RemoveAt(i);
            if (e.Seq < to) publisher.Holes.Insert(i, (e.Seq + 1, to));
            if (e.Seq > from) publisher.Holes.Insert(i, (from, e.Seq - 1));
            // One that is filled in its middle is two.
            if (publisher.Holes.Count > MaxHoles) publisher.Holes.RemoveAt(0);
            // Otherwise its duplicate would seem to be later than all that was seen.
            publisher.LastMs = Math.Max(publisher.LastMs, e.TimestampMs);
            return NumberVerdict.New;
        }

        // A publisher that forgot to take another source for another run: its count begins anew, later than the last that was seen.
        if (e.TimestampMs > publisher.LastMs && publisher.LastMs > 0)
        {
            (publisher.Last, publisher.LastMs) = (e.Seq, e.TimestampMs);
            publisher.Holes.Clear();
            return NumberVerdict.New;
        }

        Volatile.Write(ref _duplicates, _duplicates + 1);
        return NumberVerdict.Duplicate;
    }

    private sealed class Publisher(byte[] source)
    {
        public byte[] Source { get; } = source;

        public long Last { get; set; }

        /// <summary>The newest timestamp, in Unix milliseconds; 0 where there was none.</summary>
        public long LastMs { get; set; }

        public List<(long From, long To)> Holes { get; } = [];

        public override string ToString() => $"{Encoding.UTF8.GetString(Source)} at {Last}";
    }
}
