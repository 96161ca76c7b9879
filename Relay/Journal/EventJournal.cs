using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cecelia.Relay.Journal;

/// <summary>
/// The one ordered sequence of everything that was accepted, numbered from zero, bounded in bytes, entries and age: what has gone out and may be asked
/// for again. Payloads lie one behind the other in one circle of memory, so an entry allocates nothing. For one thread at a time: its owner's lock.
/// </summary>
internal sealed class EventJournal
{
    /// <summary>
    /// How far two instances' clocks, and their delivery of one event, may lie apart. A place that looks alike but was passed at another time, as by a
    /// publisher that says the same thing each night, is not the place that was meant.
    /// </summary>
    private const long MostApartMs = 60_000;

    /// <summary>By how much another instance may pass an event later than this one, with what the clocks differ.</summary>
    private const long MostLaterMs = 2000;

    /// <summary>Longest cycle of events that is looked for: half a window, so that chance does not look like one.</summary>
    private const int MostPeriod = MessageWindow.Length / 2;

    private readonly JournalOptions _options;
    private readonly byte[] _bytes;
    private readonly JournalEntry[] _entries;

    // Of each entry, the number of the entry before it with the same hash; -1 where there is none.
    private readonly long[] _alike;
    private readonly Dictionary<ulong, WindowMatch> _places;
    private readonly MessageWindow _window = new();
    private long _first;
    private long _head;
    private long _lastBreak;
    private int _at;
    private bool _loaded;

    // The times of others from which on nothing has passed without being here.
    private long _seenFromMs;

    public EventJournal(JournalOptions options, long nowMs)
    {
        _options = options;
        _bytes = GC.AllocateUninitializedArray<byte>(options.Bytes);
        _entries = new JournalEntry[BitOperations.RoundUpToPowerOf2((uint)options.Events)];
        _alike = new long[_entries.Length];
        _places = new Dictionary<ulong, WindowMatch>(_entries.Length);
        _seenFromMs = nowMs + MostLaterMs;
        Add(EntryKind.Origin, _window.Value, [], nowMs);
    }

    /// <summary>Number of the oldest entry that is kept.</summary>
    public long First => _first;

    /// <summary>Number that the next entry will get.</summary>
    public long Head => _head;

    /// <summary>Bytes of the payloads that are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Where the stream stands: the newest entry's.</summary>
    public StreamPosition Position => At(_head - 1).Position;

    /// <summary>Adds an event and returns its number. Never fails: the oldest make room.</summary>
    public long Append(ReadOnlySpan<byte> payload, long nowMs)
    {
        ulong hash = _window.Add(MessageHash.Of(payload));
        // One that would push out a quarter of all others is not worth it.
        return payload.Length <= _bytes.Length / 4 ? Add(EntryKind.Event, hash, payload, nowMs) : Break(EntryKind.Omitted, hash, [], nowMs);
    }

    /// <summary>Notes that something may be missing here. Gaps are this instance's own, so their positions mean nothing to another.</summary>
    /// <param name="data">The <c>data</c> of the <c>relay:gap</c> that clients get.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    public long AppendGap(ReadOnlySpan<byte> data, long nowMs)
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        // Events that another instance has between these must not be passed over by whoever compares places.
        _window.Clear();
        _seenFromMs = nowMs + MostLaterMs;
        return Break(EntryKind.Gap, MemoryMarshal.Read<ulong>(random), data, nowMs);
    }

    /// <summary>The number of the entry at that position; false when it is not, or no longer, known here, or when it cannot be told from another one.</summary>
    public bool TryFind(StreamPosition position, out long number) => Find(position, out number) == PositionLookup.Found;

    /// <summary>Looks for the entry at a position, and says why there is none.</summary>
    /// <remarks>
    /// Where the same events were accepted twice, the time decides. This instance's own positions have the time of their entry. Those of another instance
    /// lie within 2 s of it: with entries at 10 s and 40 s, a position of 41 s is the second, one of 25 s is neither, and if the entries were at 40 s and 42 s it
    /// could be both.
    /// </remarks>
    /// <param name="position">As a client gave it.</param>
    /// <param name="number">The entry's number; -1 where there is none.</param>
    public PositionLookup Find(StreamPosition position, out long number)
    {
        number = -1;
        if (!_places.TryGetValue(position.Hash, out WindowMatch place)) return PositionLookup.Unknown;
        Span<long> window = stackalloc long[MessageWindow.Length];
        int count = CopyWindow(place.Newest, window, out bool isRandom);
        if (!isRandom && IsCycle(window[..count])) return PositionLookup.Ambiguous;
        if (place.Ambiguous) return FindByTime(position, place.Newest, out number);
        long apartMs = Math.Abs(At(place.Newest).Position.TimeMs - position.TimeMs);
        // Before that, another instance may have passed a place that looks like this one and was never seen here.
        if (apartMs > MostApartMs || (!isRandom && apartMs > 0 && position.TimeMs < _seenFromMs)) return PositionLookup.Unknown;
        number = place.Newest;
        return PositionLookup.Found;
    }

    /// <summary>Chooses among entries with the same hash.</summary>
    /// <param name="position">As of <see cref="Find"/>.</param>
    /// <param name="newest">The newest of the entries. The others are at least half a window apart from one another, so that there are few.</param>
    /// <param name="number">As of <see cref="Find"/>.</param>
    private PositionLookup FindByTime(StreamPosition position, long newest, out long number)
    {
        (long exact, long close) = (0, 0);
        (long atExact, long atClose) = (-1, -1);
        for (long at = newest; at >= _first; at = _alike[at & (_alike.Length - 1)])
        {
            long apartMs = Math.Abs(At(at).Position.TimeMs - position.TimeMs);
            if (apartMs == 0) (exact, atExact) = (exact + 1, at);
            if (apartMs <= MostLaterMs) (close, atClose) = (close + 1, at);
        }

        // One that has left the journal is as old as the oldest entry, or older.
        long keptFromMs = At(_first).Position.TimeMs;
        bool isOwn = exact == 1 && position.TimeMs > keptFromMs;
        bool isOthers = close == 1 && position.TimeMs > keptFromMs + MostLaterMs && position.TimeMs >= _seenFromMs;
        number = isOwn ? atExact : isOthers ? atClose : -1;
        return number >= 0 ? PositionLookup.Found : PositionLookup.Ambiguous;
    }

    /// <summary>Some place here looks like that position, whether or not it is the one that is meant.</summary>
    public bool Contains(StreamPosition position) => _places.ContainsKey(position.Hash);

    /// <summary>True if nothing is missing between the entry of that number, exclusive, and the newest.</summary>
    public bool IsCompleteSince(long number) => number >= _first && _lastBreak <= number;

    /// <summary>The entry of that number, from <see cref="First"/> to below <see cref="Head"/>.</summary>
    public JournalEntry At(long number) => _entries[number & (_entries.Length - 1)];

    /// <summary>The entry's payload; good until the next append.</summary>
    public ReadOnlySpan<byte> Payload(JournalEntry entry) => _bytes.AsSpan(entry.Offset, entry.Length);

    /// <summary>The newest entries, whose payloads have at most <paramref name="maxBytes"/> together.</summary>
    public JournalTail CopyTail(long maxBytes)
    {
        long first = _head;
        long bytes = 0;
        while (first > _first && bytes + At(first - 1).Length <= maxBytes) bytes += At(--first).Length;
        ulong[] window = new ulong[MessageWindow.Length];
        _window.CopyTo(window);
        var entries = new TailEntry[_head - first];
        byte[] payloads = new byte[bytes];
        int at = 0;
        for (long number = first; number < _head; number++)
        {
            JournalEntry entry = At(number);
            entries[number - first] = new TailEntry(entry.Position, entry.Kind, entry.Length);
            Payload(entry).CopyTo(payloads.AsSpan(at));
            at += entry.Length;
        }

        return new JournalTail(window, entries, payloads);
    }

    /// <summary>
    /// Continues where another instance stood, in place of what this one had: its entries get new numbers and keep their positions. Who has been here before
    /// knows nothing of what is taken over.
    /// </summary>
    public void Load(JournalTail tail)
    {
        int at = 0;
        // The same events may be in both, and a position that is met twice could not be resumed from. One entry is always there.
        while (_head - _first > (tail.Entries.Length > 0 ? 0 : 1)) DropFirst();
        _lastBreak = _head;
        if (tail.Entries.Length > 0) _seenFromMs = tail.Entries[0].Position.TimeMs;
        foreach (TailEntry entry in tail.Entries)
        {
            ReadOnlySpan<byte> payload = tail.Payloads.AsSpan(at, entry.Length);
            at += entry.Length;
            bool fits = payload.Length <= _bytes.Length / 4;
            // The place where another instance began is a place here too; what does not fit here breaks the run as it would have there.
            if (entry.Kind is EntryKind.Gap or EntryKind.Omitted || !fits) _lastBreak = _head;
            if (entry.Kind is EntryKind.Gap or EntryKind.Origin) _seenFromMs = entry.Position.TimeMs + MostLaterMs;
            Add(fits ? entry.Kind : EntryKind.Omitted, entry.Position.Hash, fits ? payload : [], entry.Position.TimeMs);
        }

        _window.Load(tail.Window);
        _loaded = true;
    }

    /// <summary>The entries from that number on with their payloads; null when not all of them are here with their bytes.</summary>
    public IReadOnlyList<KeptEntry>? CopySince(long number)
    {
        if (number < _first) return null;
        var entries = new List<KeptEntry>();
        for (; number < _head; number++)
        {
            JournalEntry entry = At(number);
            if (entry.Kind == EntryKind.Omitted) return null;
            if (entry.Kind != EntryKind.Origin) entries.Add(new KeptEntry(entry.Kind, entry.Position.TimeMs, Payload(entry).ToArray()));
        }

        return entries;
    }

    /// <summary>Drops what is older than the bound by age, but for the newest entry, which says where the stream stands.</summary>
    public void Trim(long nowMs)
    {
        if (_options.Age == TimeSpan.Zero) return;
        long oldestMs = nowMs - (long)_options.Age.TotalMilliseconds;
        while (_head - _first > 1 && At(_first).Position.TimeMs < oldestMs) DropFirst();
    }

    /// <summary>The numbers of the events that make a place what it is, newest first, as far as they are here; or it has random numbers, like which there is no other.</summary>
    private int CopyWindow(long number, Span<long> window, out bool isRandom)
    {
        int count = 0;
        isRandom = false;
        for (; number >= _first && count < window.Length && !isRandom; number--)
        {
            EntryKind kind = At(number).Kind;
            // Where a stream began (after a take-over, not where this instance did but the one before) or was broken off.
            isRandom = kind == EntryKind.Gap || (kind == EntryKind.Origin && (number > 0 || !_loaded));
            if (kind is EntryKind.Event or EntryKind.Omitted) window[count++] = number;
        }

        return count;
    }

    /// <summary>
    /// The events repeat themselves all along the window. An instance that saw more of them, or sees them sooner, knows several places that look like this one,
    /// and the client may mean any.
    /// </summary>
    private bool IsCycle(ReadOnlySpan<long> window)
    {
        for (int period = 1; period <= Math.Min(MostPeriod, window.Length - 1); period++)
        {
            int i = 0;
            while (i + period < window.Length && IsSame(window[i], window[i + period])) i++;
            if (i + period == window.Length) return true;
        }

        return false;
    }

    private bool IsSame(long one, long other) => At(one).Kind == At(other).Kind && Payload(At(one)).SequenceEqual(Payload(At(other)));

    private long Break(EntryKind kind, ulong hash, ReadOnlySpan<byte> payload, long nowMs)
    {
        _lastBreak = _head;
        return Add(kind, hash, payload, nowMs);
    }

    private long Add(EntryKind kind, ulong hash, ReadOnlySpan<byte> payload, long nowMs)
    {
        while (_head - _first >= Math.Min(_options.Events, _entries.Length)) DropFirst();
        // A byte at least, so that no two entries begin at one place and the oldest is always the one in the way.
        int room = Math.Max(1, payload.Length);
        MakeRoom(room);
        payload.CopyTo(_bytes.AsSpan(_at));
        _entries[_head & (_entries.Length - 1)] = new JournalEntry(new StreamPosition(hash, nowMs), kind, _at, payload.Length);
        ref WindowMatch place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, hash, out bool known);
        _alike[_head & (_alike.Length - 1)] = known ? place.Newest : -1;
        place = new WindowMatch(_head, place.Count + 1, known);
        _at += room;
        Bytes += payload.Length;
        return _head++;
    }

    /// <summary>Drops the oldest until <paramref name="length"/> bytes are free in one piece at <see cref="_at"/>.</summary>
    private void MakeRoom(int length)
    {
        if (_at + length > _bytes.Length)
        {
            // What lies between here and the end is the oldest, from the last time round.
            while (_head > _first && At(_first).Offset >= _at) DropFirst();
            _at = 0;
        }

        while (_head > _first && At(_first).Offset >= _at && At(_first).Offset < _at + length) DropFirst();
    }

    private void DropFirst()
    {
        JournalEntry entry = At(_first);
        Bytes -= entry.Length;
        ref WindowMatch place = ref CollectionsMarshal.GetValueRefOrNullRef(_places, entry.Position.Hash);
        // Once two entries have had the same hash it stays ambiguous until the last of them is gone: a client may mean the one that left first.
        if (place.Count == 1) _places.Remove(entry.Position.Hash);
        else place = place with { Count = place.Count - 1 };
        _first++;
        if (_first < _head) _seenFromMs = Math.Max(_seenFromMs, At(_first).Position.TimeMs);
    }

    /// <summary>Where a hash was met.</summary>
    private readonly record struct WindowMatch(long Newest, int Count, bool Ambiguous);
}
