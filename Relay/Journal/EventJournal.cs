using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cecelia.Relay.Journal;

/// <summary>
/// The ordered history of all accepted events, numbered from zero, bounded in bytes, entries and age, from which clients resume. Payloads are stored one
/// behind the other in a ring buffer, so an entry allocates nothing. Not thread-safe: its owner provides the lock.
/// </summary>
/// <remarks>
/// Example: an instance starts and accepts 40 events. Entry 0 is the origin, entries 1 to 40 are the events.
/// <list type="bullet">
/// <item>
/// The position of entry 40 has the hash of the last 32 events, 9 to 40. Another instance that has received them too has an entry with the same hash, whatever
/// its number there, and finds it (<see cref="PositionLookup.Found"/>).
/// </item>
/// <item>
/// An instance that started at event 20 has received 21 of these events. Its window still has 11 random numbers, so it has no entry with that hash
/// (<see cref="PositionLookup.Unknown"/>). From event 51 on, the 32nd that it has received, it has the same positions as the first instance.
/// </item>
/// <item>
/// The positions of the entries 0 to 31 of the first instance depend on the random numbers that its own window began with: no other instance has them.
/// </item>
/// <item>
/// Then entry 41 is a gap. The window is filled with random numbers again, so the positions from there on are this instance's own until it has accepted 32
/// more events. A client at entry 40 is found, but cannot resume, since something may be missing behind it (<see cref="IsCompleteSince"/>); a client at entry
/// 41 can.
/// </item>
/// <item>
/// If the same event is accepted 32 times in a row, the window repeats itself. An instance that received it 40 times has nine such windows, and a client may
/// mean any of them (<see cref="PositionLookup.Ambiguous"/>).
/// </item>
/// </list>
/// </remarks>
internal sealed class EventJournal
{
    /// <summary>
    /// Maximum difference between the times at which two instances accept one event, with the difference of their clocks. An entry with the same hash but
    /// another time, for example of a publisher that sends the same events each night, is not the one that the client means.
    /// </summary>
    private const long MaxApartMs = 60_000;

    /// <summary>Maximum delay with which another instance accepts an event after this one, with the difference of their clocks.</summary>
    private const long MaxLaterMs = 2000;

    /// <summary>Longest period of a repetition that is looked for: half a window, so that a coincidence is not taken for one.</summary>
    private const int MaxPeriod = MessageWindow.Length / 2;

    private readonly JournalOptions _options;
    private readonly byte[] _bytes;
    private readonly JournalEntry[] _entries;

    // For each entry, the number of the previous entry with the same hash; -1 when there is none.
    private readonly long[] _previousWithHash;
    private readonly Dictionary<ulong, WindowMatch> _matches;
    private readonly MessageWindow _window = new();
    private long _first;
    private long _head;
    private long _lastBreak;
    private int _nextOffset;
    private bool _isLoaded;

    // From this time on, by the clocks of other instances, every event that they accepted has been received here too.
    private long _completeFromMs;

    public EventJournal(JournalOptions options, long nowMs)
    {
        _options = options;
        _bytes = GC.AllocateUninitializedArray<byte>(options.Bytes);
        _entries = new JournalEntry[BitOperations.RoundUpToPowerOf2((uint)options.Events)];
        _previousWithHash = new long[_entries.Length];
        _matches = new Dictionary<ulong, WindowMatch>(_entries.Length);
        _completeFromMs = nowMs + MaxLaterMs;
        Add(EntryKind.Origin, _window.Value, [], nowMs);
    }

    /// <summary>Number of the oldest entry.</summary>
    public long First => _first;

    /// <summary>Number that the next entry will get.</summary>
    public long Head => _head;

    /// <summary>Bytes of all payloads.</summary>
    public long Bytes { get; private set; }

    /// <summary>Position of the newest entry.</summary>
    public StreamPosition Position => At(_head - 1).Position;

    /// <summary>Appends an event, and returns its number. Never fails: the oldest entries are dropped to make room.</summary>
    public long Append(ReadOnlySpan<byte> payload, long nowMs)
    {
        ulong hash = _window.Add(MessageHash.Of(payload));
        // An event that would displace a quarter of all others is not kept.
        return payload.Length <= _bytes.Length / 4 ? Add(EntryKind.Event, hash, payload, nowMs) : Break(EntryKind.Omitted, hash, [], nowMs);
    }

    /// <summary>Appends a gap, and returns its number. Gaps belong to this instance only, so their positions are not known to others.</summary>
    /// <param name="data">The <c>data</c> of the <c>relay:gap</c> that clients get.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    public long AppendGap(ReadOnlySpan<byte> data, long nowMs)
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        // Another instance may have accepted events at this point: no window across it may equal one of theirs.
        _window.Clear();
        _completeFromMs = nowMs + MaxLaterMs;
        return Break(EntryKind.Gap, MemoryMarshal.Read<ulong>(random), data, nowMs);
    }

    /// <summary>Finds the number of the entry at a position. Returns false if there is no such entry, or no longer, or if several match.</summary>
    public bool TryFind(StreamPosition position, out long number) => Find(position, out number) == PositionLookup.Found;

    /// <summary>Finds the entry at a position, or the reason why there is none.</summary>
    /// <remarks>
    /// When the same events were accepted twice, the time decides. A position of this instance has exactly the time of its entry. A position of another
    /// instance has a time within 2 s of it: with entries at 10 s and 40 s, a position of 41 s is the second and one of 25 s is neither; if the entries
    /// were at 40 s and 42 s, a position of 41 s could be either.
    /// </remarks>
    /// <param name="position">The position that the client gave.</param>
    /// <param name="number">The number of the entry; -1 when there is none.</param>
    public PositionLookup Find(StreamPosition position, out long number)
    {
        number = -1;
        if (!_matches.TryGetValue(position.Hash, out WindowMatch match)) return PositionLookup.Unknown;
        Span<long> window = stackalloc long[MessageWindow.Length];
        int count = CopyWindow(match.Newest, window, out bool isRandom);
        if (!isRandom && IsCycle(window[..count])) return PositionLookup.Ambiguous;
        if (match.Ambiguous) return FindByTime(position, match.Newest, out number);
        long apartMs = Math.Abs(At(match.Newest).Position.TimeMs - position.TimeMs);
        // Before that, another instance may have accepted the same events once more without their being received here.
        if (apartMs > MaxApartMs || (!isRandom && apartMs > 0 && position.TimeMs < _completeFromMs)) return PositionLookup.Unknown;
        number = match.Newest;
        return PositionLookup.Found;
    }

    /// <summary>Chooses among several entries with the same hash.</summary>
    /// <param name="position">As of <see cref="Find"/>.</param>
    /// <param name="newest">The newest of the entries. The others are at least half a window apart from one another, so that there are few.</param>
    /// <param name="number">As of <see cref="Find"/>.</param>
    private PositionLookup FindByTime(StreamPosition position, long newest, out long number)
    {
        (long exactCount, long closeCount) = (0, 0);
        (long exact, long close) = (-1, -1);
        for (long candidate = newest; candidate >= _first; candidate = _previousWithHash[candidate & (_previousWithHash.Length - 1)])
        {
            long apartMs = Math.Abs(At(candidate).Position.TimeMs - position.TimeMs);
            if (apartMs == 0) (exactCount, exact) = (exactCount + 1, candidate);
            if (apartMs <= MaxLaterMs) (closeCount, close) = (closeCount + 1, candidate);
        }

        // An entry that has been dropped is as old as the oldest entry, or older.
        long keptFromMs = At(_first).Position.TimeMs;
        bool isOwn = exactCount == 1 && position.TimeMs > keptFromMs;
        bool isOthers = closeCount == 1 && position.TimeMs > keptFromMs + MaxLaterMs && position.TimeMs >= _completeFromMs;
        number = isOwn ? exact : isOthers ? close : -1;
        return number >= 0 ? PositionLookup.Found : PositionLookup.Ambiguous;
    }

    /// <summary>Returns true if an entry has the hash of a position, whether or not it is the one that is meant.</summary>
    public bool Contains(StreamPosition position) => _matches.ContainsKey(position.Hash);

    /// <summary>Returns true if nothing is missing between an entry, exclusive, and the newest.</summary>
    public bool IsCompleteSince(long number) => number >= _first && _lastBreak <= number;

    /// <summary>Returns the entry of a number from <see cref="First"/> to below <see cref="Head"/>.</summary>
    public JournalEntry At(long number) => _entries[number & (_entries.Length - 1)];

    /// <summary>Returns the payload of an entry; valid until the next append.</summary>
    public ReadOnlySpan<byte> Payload(JournalEntry entry) => _bytes.AsSpan(entry.Offset, entry.Length);

    /// <summary>Copies the newest entries whose payloads have at most <paramref name="maxBytes"/> together.</summary>
    public JournalTail CopyTail(long maxBytes)
    {
        long first = _head;
        long bytes = 0;
        while (first > _first && bytes + At(first - 1).Length <= maxBytes) bytes += At(--first).Length;
        ulong[] window = new ulong[MessageWindow.Length];
        _window.CopyTo(window);
        var entries = new TailEntry[_head - first];
        byte[] payloads = new byte[bytes];
        int end = 0;
        for (long number = first; number < _head; number++)
        {
            JournalEntry entry = At(number);
            entries[number - first] = new TailEntry(entry.Position, entry.Kind, entry.Length);
            Payload(entry).CopyTo(payloads.AsSpan(end));
            end += entry.Length;
        }

        return new JournalTail(window, entries, payloads);
    }

    /// <summary>
    /// Replaces the entries by those of another instance, which get new numbers and keep their positions. Clients that were connected before have not received
    /// any of them.
    /// </summary>
    public void Load(JournalTail tail)
    {
        int start = 0;
        // The same events may be in both, and a position that occurs twice could not be resumed from. There is always at least one entry.
        while (_head - _first > (tail.Entries.Length > 0 ? 0 : 1)) DropFirst();
        _lastBreak = _head;
        if (tail.Entries.Length > 0) _completeFromMs = tail.Entries[0].Position.TimeMs;
        foreach (TailEntry entry in tail.Entries)
        {
            ReadOnlySpan<byte> payload = tail.Payloads.AsSpan(start, entry.Length);
            start += entry.Length;
            bool fits = payload.Length <= _bytes.Length / 4;
            // The origin of the other instance is a position here too. An event that does not fit here interrupts the run as it would have there.
            if (entry.Kind is EntryKind.Gap or EntryKind.Omitted || !fits) _lastBreak = _head;
            if (entry.Kind is EntryKind.Gap or EntryKind.Origin) _completeFromMs = entry.Position.TimeMs + MaxLaterMs;
            Add(fits ? entry.Kind : EntryKind.Omitted, entry.Position.Hash, fits ? payload : [], entry.Position.TimeMs);
        }

        _window.Load(tail.Window);
        _isLoaded = true;
    }

    /// <summary>Copies the entries from a number on. Returns null if some of them, or their payloads, are no longer here.</summary>
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

    /// <summary>Drops the entries that have exceeded their age, except for the newest, which has the current position.</summary>
    public void Trim(long nowMs)
    {
        if (_options.Age == TimeSpan.Zero) return;
        long oldestMs = nowMs - (long)_options.Age.TotalMilliseconds;
        while (_head - _first > 1 && At(_first).Position.TimeMs < oldestMs) DropFirst();
    }

    /// <summary>
    /// Copies the numbers of the events in the window of an entry, newest first, as far as they are here. A window with random numbers is unique.
    /// </summary>
    private int CopyWindow(long number, Span<long> window, out bool isRandom)
    {
        int count = 0;
        isRandom = false;
        for (; number >= _first && count < window.Length && !isRandom; number--)
        {
            EntryKind kind = At(number).Kind;
            // The start of a stream (after a takeover that of the other instance, not of this one), or an interruption.
            isRandom = kind == EntryKind.Gap || (kind == EntryKind.Origin && (number > 0 || !_isLoaded));
            if (kind is EntryKind.Event or EntryKind.Omitted) window[count++] = number;
        }

        return count;
    }

    /// <summary>
    /// Returns true if the events repeat throughout the window. An instance that received more of them, or receives them earlier, has several entries
    /// with this hash, and the client may mean any of them.
    /// </summary>
    private bool IsCycle(ReadOnlySpan<long> window)
    {
        for (int period = 1; period <= Math.Min(MaxPeriod, window.Length - 1); period++)
        {
            int i = 0;
            while (i + period < window.Length && IsSame(window[i], window[i + period])) i++;
            if (i + period == window.Length) return true;
        }

        return false;
    }

    private bool IsSame(long first, long second) => At(first).Kind == At(second).Kind && Payload(At(first)).SequenceEqual(Payload(At(second)));

    /// <summary>Adds an entry that clients cannot resume across.</summary>
    private long Break(EntryKind kind, ulong hash, ReadOnlySpan<byte> payload, long nowMs)
    {
        _lastBreak = _head;
        return Add(kind, hash, payload, nowMs);
    }

    private long Add(EntryKind kind, ulong hash, ReadOnlySpan<byte> payload, long nowMs)
    {
        while (_head - _first >= Math.Min(_options.Events, _entries.Length)) DropFirst();
        // At least one byte, so that no two entries have the same offset and the oldest is always the one that must be dropped.
        int length = Math.Max(1, payload.Length);
        MakeRoom(length);
        payload.CopyTo(_bytes.AsSpan(_nextOffset));
        _entries[_head & (_entries.Length - 1)] = new JournalEntry(new StreamPosition(hash, nowMs), kind, _nextOffset, payload.Length);
        ref WindowMatch match = ref CollectionsMarshal.GetValueRefOrAddDefault(_matches, hash, out bool exists);
        _previousWithHash[_head & (_previousWithHash.Length - 1)] = exists ? match.Newest : -1;
        match = new WindowMatch(_head, match.Count + 1, exists);
        _nextOffset += length;
        Bytes += payload.Length;
        return _head++;
    }

    /// <summary>Drops the oldest entries until <paramref name="length"/> contiguous bytes are free at <see cref="_nextOffset"/>.</summary>
    private void MakeRoom(int length)
    {
        if (_nextOffset + length > _bytes.Length)
        {
            // The entries between here and the end of the ring are the oldest, from its previous round.
            while (_head > _first && At(_first).Offset >= _nextOffset) DropFirst();
            _nextOffset = 0;
        }

        while (_head > _first && At(_first).Offset >= _nextOffset && At(_first).Offset < _nextOffset + length) DropFirst();
    }

    private void DropFirst()
    {
        JournalEntry entry = At(_first);
        Bytes -= entry.Length;
        ref WindowMatch match = ref CollectionsMarshal.GetValueRefOrNullRef(_matches, entry.Position.Hash);
        // Once two entries have had the same hash it remains ambiguous until the last of them is dropped: a client may mean the one that was dropped first.
        if (match.Count == 1) _matches.Remove(entry.Position.Hash);
        else match = match with { Count = match.Count - 1 };
        _first++;
        if (_first < _head) _completeFromMs = Math.Max(_completeFromMs, At(_first).Position.TimeMs);
    }

    /// <summary>The entries with one hash.</summary>
    private readonly record struct WindowMatch(long Newest, int Count, bool Ambiguous);
}
