using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The sequence numbers of each publisher that numbers its events (PROTOCOL.md, <i>Publisher sequence numbers</i>). Detects duplicates, new runs and holes.
/// For the ingest thread, except for the counters.
/// </summary>
/// <remarks>
/// Whether an event is accepted depends on the payloads alone, so that all instances accept the same events; only whether numbers before a publisher's first
/// one are reported as missing depends on a clock. Bounded: the publisher that has been silent longest is reduced to its last number (<see
/// cref="ForgottenPublishers"/>), and later evicted.
/// </remarks>
/// <param name="nowMs">
/// The time since which every publisher has been recorded, in milliseconds of a monotonic clock of this machine. All times passed to the table are of that
/// clock.
/// </param>
internal sealed class PublisherTable(long nowMs)
{
    /// <summary>Maximum number of publishers of which more than the last number is known: at most 2 KiB each.</summary>
    public const int MaxPublishers = 1024;

    /// <summary>
    /// How long all publishers must have been recorded before an unknown publisher counts as a new one, whose numbers begin at 1. Until then it may have
    /// published its first numbers before the start of this instance, or of the one whose state was loaded.
    /// </summary>
    public const long UnknownForMs = 10 * 60 * 1000;

    private readonly Dictionary<byte[], LinkedListNode<Publisher>> _publishers = new(Utf8Comparer.Instance);
    private readonly LinkedList<Publisher> _byUse = new();
    private readonly ForgottenPublishers _forgotten = new();
    private long _sinceMs = nowMs;
    private long _missing;
    private long _unknown;
    private long _restarted;
    private long _evicted;

    /// <summary>Numbers that were missing when a later one arrived, whether or not they arrived afterwards. Any thread.</summary>
    public long Missing => Volatile.Read(ref _missing);

    /// <summary>Publishers whose first number was above 1 and that may have begun before all publishers were recorded. Any thread.</summary>
    public long Unknown => Volatile.Read(ref _unknown);

    /// <summary>New runs that began under a source that had been used before. Any thread.</summary>
    public long Restarted => Volatile.Read(ref _restarted);

    /// <summary>Publishers that were evicted entirely to make room for others. Any thread.</summary>
    public long Forgotten => Volatile.Read(ref _evicted);

    /// <summary>
    /// True if an event without a number has ever arrived. A stream cannot prove that no event of its publisher is missing. For the ingest thread.
    /// </summary>
    public bool HasUnnumbered { get; private set; }

    public static bool IsNumbered(DecodedEvent e) => e.Seq >= 0 && !e.Source.IsEmpty;

    /// <summary>Returns true if <see cref="Record"/> would find numbers missing before the event. Changes nothing.</summary>
    public bool IsAfterHole(DecodedEvent e, long nowMs)
    {
        if (!IsNumbered(e)) return false;
        return TryGetLast(e.Source, out long last) ? e.Seq > last + 1 : e.Seq > 1 && RemembersAll(nowMs);
    }

    /// <summary>Returns true if the hash of this payload is among the last ones of its publisher. Changes nothing.</summary>
    public bool IsRemembered(DecodedEvent e, ulong hash) =>
        Peek(e.Source) is { Value: { } publisher } && e.Seq <= publisher.Last && publisher.HashOf(e.Seq) == hash;

    /// <summary>Returns true if a number of the publisher is known. Changes nothing.</summary>
    public bool IsKnown(DecodedEvent e) => TryGetLast(e.Source, out _);

    /// <summary>Returns true if the number is not above the last one of its publisher. Changes nothing.</summary>
    public bool IsBehind(DecodedEvent e) => TryGetLast(e.Source, out long last) && e.Seq <= last;

    /// <summary>
    /// Records an event of a stream that <see cref="IsBehind"/> and cannot begin a new run: <see cref="NumberVerdict.Late"/> if its number was missing, else
    /// a duplicate.
    /// </summary>
    public NumberVerdict RecordAgain(DecodedEvent e, ulong hash) =>
        Find(e.Source)?.TryFill(e.Seq, hash, e.TimestampMs) == true ? NumberVerdict.Late : NumberVerdict.Duplicate;

    /// <summary>Records the event's number, if it has one and a source.</summary>
    /// <param name="e">The event.</param>
    /// <param name="hash">The <see cref="HashOf"/> of its payload.</param>
    /// <param name="nowMs">The current time.</param>
    /// <param name="from">The first of the numbers that are missing before it, after <see cref="NumberVerdict.AfterHole"/>.</param>
    /// <param name="to">The last of them.</param>
    /// <param name="isStored">True if the event was read from a stream, and so may have been received before.</param>
    public NumberVerdict Record(DecodedEvent e, ulong hash, long nowMs, out long from, out long to, bool isStored = false)
    {
        from = to = 0;
        if (!IsNumbered(e))
        {
            HasUnnumbered = true;
            return NumberVerdict.New;
        }

        Publisher? publisher = Find(e.Source);
        if (publisher is null && _forgotten.TryGet(e.Source, out long last))
        {
            publisher = Add(e.Source.ToArray(), nowMs, added => added.Resume(last));
            _forgotten.TryTake(e.Source, out _);
        }

        NumberVerdict verdict;
        if (publisher is null) verdict = BeginRun(e, hash, nowMs, ref from, ref to);
        else if (e.Seq > publisher.Last) verdict = Advance(publisher, e, hash, ref from, ref to);
        else verdict = ClassifyOld(publisher, e, hash, isStored);
        if (verdict == NumberVerdict.NewRun)
        {
            publisher!.BeginRun(e.Seq, hash, e.TimestampMs);
            Volatile.Write(ref _restarted, _restarted + 1);
        }

        return verdict;
    }

    /// <summary>Returns the hash of a payload, which is never 0.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> payload) => Math.Max(1, MessageHash.Of(payload));

    /// <summary>Returns the numbers of the publisher from <paramref name="from"/> to <paramref name="to"/> that are still missing.</summary>
    public IReadOnlyList<(long From, long To)> MissingOf(ReadOnlySpan<byte> source, long from, long to) =>
        Peek(source) is { } node ? [.. node.Value.Holes.Where(hole => hole.From >= from && hole.To <= to)] : [];

    /// <summary>
    /// Returns the timestamp of the source's last event before its last hole, or before its current run, in Unix milliseconds; null if there was none.
    /// </summary>
    public long? BeforeMsOf(ReadOnlySpan<byte> source) => Peek(source) is { Value.BeforeMs: > 0 and var beforeMs } ? beforeMs : null;

    /// <summary>Continues the counters of a table that this one replaces, or that temporarily replaced this one.</summary>
    public void TakeCounts(PublisherTable replaced)
    {
        (_missing, _unknown) = (replaced._missing, replaced._unknown);
        (_restarted, _evicted) = (replaced._restarted, replaced._evicted);
    }

    /// <summary>
    /// Writes the table for <see cref="Read"/>. The time since which all publishers have been recorded is written as a duration, since the reader has a
    /// different clock.
    /// </summary>
    public void WriteTo(BinaryWriter writer, long nowMs)
    {
        writer.Write(nowMs - _sinceMs);
        writer.Write(HasUnnumbered);
        writer.Write(_byUse.Count);
        // Oldest first, so that loading them in this order results in the same order of use.
        for (LinkedListNode<Publisher>? node = _byUse.Last; node is not null; node = node.Previous) node.Value.WriteTo(writer);
        _forgotten.WriteTo(writer);
    }

    /// <summary>Reads what another instance wrote.</summary>
    /// <exception cref="InvalidDataException">The data is not one that was written.</exception>
    /// <exception cref="EndOfStreamException">The data is incomplete.</exception>
    public static PublisherTable Read(BinaryReader reader, long nowMs)
    {
        var table = new PublisherTable(nowMs - Math.Max(0, reader.ReadInt64())) { HasUnnumbered = reader.ReadBoolean() };
        int count = reader.ReadInt32();
        if (count is < 0 or > MaxPublishers) throw new InvalidDataException("a count is out of bounds");
        for (int i = 0; i < count; i++)
        {
            var publisher = Publisher.Read(reader, EventLimits.KeyBytes);
            if (!table._publishers.TryAdd(publisher.Source, table._byUse.AddFirst(publisher)))
            {
                throw new InvalidDataException("a publisher is contained twice");
            }
        }

        table._forgotten.ReadFrom(reader);
        return table;
    }

    private bool RemembersAll(long nowMs) => nowMs - _sinceMs >= UnknownForMs;

    private bool TryGetLast(ReadOnlySpan<byte> source, out long last)
    {
        if (Peek(source) is not { Value: { } publisher }) return _forgotten.TryGet(source, out last);
        last = publisher.Last;
        return true;
    }

    private LinkedListNode<Publisher>? Peek(ReadOnlySpan<byte> source) =>
        _publishers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(source, out LinkedListNode<Publisher>? node) ? node : null;

    /// <summary>Returns the publisher and makes it the most recently used.</summary>
    private Publisher? Find(ReadOnlySpan<byte> source)
    {
        if (Peek(source) is not { } node) return null;
        if (node != _byUse.First)
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
        }

        return node.Value;
    }

    private NumberVerdict BeginRun(DecodedEvent e, ulong hash, long nowMs, ref long from, ref long to)
    {
        bool remembersAll = RemembersAll(nowMs);
        (long seq, long timestampMs) = (e.Seq, e.TimestampMs);
        Add(e.Source.ToArray(), nowMs, added =>
        {
            added.BeginRun(seq, hash, timestampMs);
            if (seq > 1 && remembersAll) added.AddHoleBefore(1, seq - 1);
        });
        if (seq <= 1) return NumberVerdict.New;
        if (!remembersAll)
        {
            Volatile.Write(ref _unknown, _unknown + 1);
            return NumberVerdict.Unknown;
        }

        (from, to) = (1, seq - 1);
        Volatile.Write(ref _missing, _missing + to);
        return NumberVerdict.AfterHole;
    }

    private NumberVerdict Advance(Publisher publisher, DecodedEvent e, ulong hash, ref long from, ref long to)
    {
        (from, to) = (publisher.Last + 1, e.Seq - 1);
        publisher.Advance(e.Seq, hash, e.TimestampMs, isHole: from <= to);
        if (from > to) return NumberVerdict.New;
        Volatile.Write(ref _missing, _missing + (to - from + 1));
        return NumberVerdict.AfterHole;
    }

    /// <summary>Classifies a number that is not above the last one.</summary>
    private static NumberVerdict ClassifyOld(Publisher publisher, DecodedEvent e, ulong hash, bool isStored)
    {
        if (!publisher.IsReduced)
        {
            if (publisher.TryFill(e.Seq, hash, e.TimestampMs)) return NumberVerdict.Late;
            if (publisher.HashOf(e.Seq) is not 0 and { } seen) return seen == hash ? NumberVerdict.Duplicate : NumberVerdict.NewRun;
            if (publisher.IsRecent(e.Seq))
            {
                publisher.Remember(e.Seq, hash, e.TimestampMs);
                return NumberVerdict.Late;
            }
        }

        // The payload of this number is not known. Over the subscription it is most likely a new run whose first numbers were not received, and an unknown
        // event must not be dropped. In a stream it is most likely an entry from before the last event, which must not be sent again.
        bool isLater = e.TimestampMs > publisher.LastMs && publisher.LastMs > 0;
        return isStored && e.Seq > 1 && !isLater ? NumberVerdict.Duplicate : NumberVerdict.NewRun;
    }

    private Publisher Add(byte[] source, long nowMs, Action<Publisher> fill)
    {
        // Allocates before the change.
        var publisher = new Publisher(source);
        fill(publisher);
        var node = new LinkedListNode<Publisher>(publisher);
        _publishers.EnsureCapacity(Math.Min(_publishers.Count + 1, MaxPublishers));
        if (_publishers.Count == MaxPublishers)
        {
            Publisher oldest = _byUse.Last!.Value;
            if (_forgotten.Add(oldest.Source, oldest.Last))
            {
                Volatile.Write(ref _evicted, _evicted + 1);
                // An unknown publisher whose first number is above 1 may be the one that was evicted.
                _sinceMs = nowMs;
            }

            _publishers.Remove(oldest.Source);
            _byUse.RemoveLast();
        }

        _byUse.AddFirst(node);
        _publishers[source] = node;
        return publisher;
    }
}
