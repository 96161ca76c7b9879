namespace Cecelia.Relay.Recording;

/// <summary>
/// The notes of one pump, from which it follows when each of its clients was given an event, although nothing is written for a delivery. The pump's thread
/// writes; any thread reads without a lock. Bounded: the oldest notes are dropped. Allocates only when it is created.
/// </summary>
/// <remarks>
/// A round serves all views that have grown. At its end one note says up to which journal entry everything had been passed to the pump. A client has a note of
/// its own only when it is not at the head of its view, catches up, or skips. So a client without one had been given everything by the end of the round.
/// <para>
/// Example, with the clients 1 and 2, and the events 70 to 72: <code>
///   0  12:00:00.001  Round     flushed 70
///   1  12:00:00.011  Progress  flushed 71  client 2, behind, reached 70
///   2  12:00:00.011  Round     flushed 71
///   3  12:00:00.021  Round     flushed 72
///   4  12:00:03.400  Skip      flushed 72  client 2, reached 70, to 72
/// </code>
/// Event 71 was given to client 1 by 12:00:00.011 (the first round with 71), and to client 2 not at all: it skipped it at 12:00:03.400.
/// </para>
/// </remarks>
internal sealed class PumpNotes
{
    /// <summary>Memory of one note, in bytes.</summary>
    public const int NoteBytes = Longs * sizeof(long);

    /// <summary>Minimum interval between two notes of a client that stays behind, so that many slow clients do not displace the rounds.</summary>
    private const long ProgressIntervalMs = 250;

    /// <summary>Interval of checking for the end of a flush, which usually takes microseconds.</summary>
    private const int FlushPollMs = 1;

    private const int Longs = 5;
    private const long WasBehind = 1 << 8;
    private const long IsBehind = 1 << 9;
    private const long IsSlow = 1 << 10;
    private const int ClientShift = 16;

    private readonly FlushedEntry _source;
    private readonly TimeProvider _time;
    private readonly long[] _slots;
    private readonly int _capacity;
    private long _next;
    private long _flushed = -1;
    private long _noted = -1;

    /// <param name="bytes">Memory in bytes.</param>
    /// <param name="source">The entry up to which events have been passed to the pumps.</param>
    /// <param name="time">The clock.</param>
    public PumpNotes(long bytes, FlushedEntry source, TimeProvider time)
    {
        (_source, _time) = (source, time);
        _capacity = (int)Math.Clamp(bytes / NoteBytes, 64, int.MaxValue / Longs);
        _slots = GC.AllocateUninitializedArray<long>(_capacity * Longs);
    }

    /// <summary>Index of the next note. Any thread.</summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>Index of the oldest note that can be read. Any thread.</summary>
    public long First => Math.Max(0, Next - _capacity + 1);

    /// <summary>
    /// How long the pump may sleep before its next round, in milliseconds: not at all if something has been flushed since the last round began, and only
    /// shortly during a flush. Otherwise the event that the pump has just sent would have no round before the next event. For the pump, when it has no work.
    /// </summary>
    public int MaxSleepMs => _source.Value != _flushed ? 0 : _source.IsFlushing ? FlushPollMs : Timeout.Infinite;

    /// <summary>Begins a round: everything that was flushed before is served in it. For the pump.</summary>
    public void BeginRound() => _flushed = _source.Value;

    /// <summary>Ends a round. For the pump.</summary>
    public void EndRound()
    {
        if (_flushed == _noted) return;
        _noted = _flushed;
        Write((long)NoteKind.Round, NowMs(), 0, 0);
    }

    /// <summary>Notes how far a client is, unless that is known. For the pump.</summary>
    public void NoteProgress(ref ClientProgress client, bool isBehind, long reached)
    {
        if (isBehind && client.IsBehind)
        {
            if (reached == client.Reached) return;
            long now = NowMs();
            if (now - client.NotedMs is >= 0 and < ProgressIntervalMs) return;
        }

        bool wasBehind = client.IsBehind;
        client = client with { IsBehind = isBehind, Reached = reached, NotedMs = NowMs() };
        long flags = (wasBehind ? WasBehind : 0L) | (isBehind ? IsBehind : 0L);
        Write((long)NoteKind.Progress | flags | (client.Number << ClientShift), client.NotedMs, reached, 0);
    }

    /// <summary>Notes that a client continues behind an entry. For the pump.</summary>
    public void NoteSkip(ref ClientProgress client, long reached, long to, bool isSlow)
    {
        long flags = (client.IsBehind ? WasBehind | IsBehind : 0L) | (isSlow ? IsSlow : 0L);
        Write((long)NoteKind.Skip | flags | (client.Number << ClientShift), NowMs(), reached, to);
    }

    /// <summary>Reads a note. False if it has been dropped, or is not written yet. Any thread.</summary>
    public bool TryRead(long index, out Note note)
    {
        note = default;
        if (index < 0 || index >= Next) return false;
        int slot = (int)(index % _capacity) * Longs;
        long word = _slots[slot], timeMs = _slots[slot + 1], flushed = _slots[slot + 2], reached = _slots[slot + 3], to = _slots[slot + 4];
        Interlocked.MemoryBarrier();
        // The slot of the oldest note may be in the middle of being overwritten.
        if (index < First) return false;
        note = new Note
        {
            Kind = (NoteKind)(word & 0xFF),
            WasBehind = (word & WasBehind) != 0,
            IsBehind = (word & IsBehind) != 0,
            IsSlow = (word & IsSlow) != 0,
            Client = word >> ClientShift,
            TimeMs = timeMs,
            Flushed = flushed,
            Reached = reached,
            To = to,
        };
        return true;
    }

    private void Write(long word, long timeMs, long reached, long to)
    {
        // A reader that sees the new note must also see that the one before it is complete, and that the one in this slot is gone.
        Interlocked.MemoryBarrier();
        int slot = (int)(_next % _capacity) * Longs;
        (_slots[slot], _slots[slot + 1], _slots[slot + 2], _slots[slot + 3], _slots[slot + 4]) = (word, timeMs, _flushed, reached, to);
        Volatile.Write(ref _next, _next + 1);
    }

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>The journal entry up to which events have been passed to all pumps. The ingest thread writes it, the pumps read it.</summary>
internal sealed class FlushedEntry
{
    private long _begun = -1;
    private long _value = -1;

    public long Value => Volatile.Read(ref _value);

    /// <summary>True while views are being marked, or after that has failed.</summary>
    public bool IsFlushing => Volatile.Read(ref _begun) != Value;

    /// <summary>Begins a flush: from now on pumps may find views that have grown in their queues.</summary>
    public void Begin(long entry) => Volatile.Write(ref _begun, entry);

    /// <summary>Ends the flush: every view that has grown is in the queue of its pumps.</summary>
    public void End() => Volatile.Write(ref _value, Volatile.Read(ref _begun));
}

/// <summary>The last note of a client. For its pump.</summary>
internal record struct ClientProgress
{
    /// <summary>Number of the client, unique in this instance.</summary>
    public long Number { get; init; }

    /// <summary>True if the last note says that the client is not at the head.</summary>
    public bool IsBehind { get; init; }

    /// <summary>The entry that the last note says the client has reached.</summary>
    public long Reached { get; init; }

    /// <summary>When the last note was written, in Unix milliseconds.</summary>
    public long NotedMs { get; init; }
}
