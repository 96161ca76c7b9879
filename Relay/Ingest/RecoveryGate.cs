namespace Cecelia.Relay.Ingest;

/// <summary>
/// The decisions of recovery about the messages that follow, for the ingest thread: how many to skip because a loaded state already contains them, which
/// events a read of the stream has already delivered, and when a hole in a publisher's numbers may be refilled from the stream. For the ingest thread, except
/// for the counters.
/// </summary>
/// <param name="time">For intervals.</param>
/// <param name="readRecent">Reads the recent part of the stream; null where there is no stream.</param>
internal sealed class RecoveryGate(TimeProvider time, Func<Task<IReadOnlyList<byte[]>>>? readRecent = null)
{
    /// <summary>Minimum interval between two reads of the stream for holes: a publisher whose numbers jump must not hold up all others.</summary>
    private static readonly TimeSpan RefillInterval = TimeSpan.FromSeconds(5);

    /// <summary>How long after a read of the stream its events may still arrive over the subscription: longer than a link lives without a proof.</summary>
    private static readonly TimeSpan ReadAheadLife = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Hashes of events that were taken from the stream and may arrive over the present connection as well. By number alone, a publisher that began meanwhile
    /// and has published more than <see cref="Publisher.Remembered"/> events would appear to begin a new run.
    /// </summary>
    private readonly HashSet<ulong> _readAhead = [];

    private long _skip;
    private long _skipped;
    private long _discarded;
    private long _stored;
    private long _readAheadAt;
    private long _refilledAt;

    /// <summary>True while messages are skipped.</summary>
    public bool IsSkipping => _skip > 0;

    /// <summary>True while all messages are skipped, until <see cref="Skip"/> or <see cref="SkipDiscarded"/> is called again.</summary>
    public bool IsSkippingAll => _skip == long.MaxValue;

    /// <summary>
    /// True while the messages of a connection are discarded: they lie within a gap that will be reported, and replies among them are dropped too.
    /// </summary>
    public bool IsDiscarding { get; private set; }

    /// <summary>True if a read of the stream for a hole may begin: there is a stream, and the last read began long enough ago.</summary>
    public bool MayRefill => readRecent is not null && (_refilledAt == 0 || time.GetElapsedTime(_refilledAt) >= RefillInterval);

    /// <summary>Number of messages that were skipped because a loaded state contained them. Any thread.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Number of messages that were discarded because their connection did not last. Any thread.</summary>
    public long Discarded => Volatile.Read(ref _discarded);

    /// <summary>Number of events that were taken from the stream. Any thread.</summary>
    public long Stored => Volatile.Read(ref _stored);

    /// <summary>
    /// Skips the next <paramref name="messages"/> messages, which the loaded state contains; 0 ends skipping, and <see cref="long.MaxValue"/> skips until the
    /// next call. Replies to connections of this instance are delivered meanwhile and do not count.
    /// </summary>
    public void Skip(long messages) => (_skip, IsDiscarding) = (messages, false);

    /// <summary>Discards all messages until the next call of <see cref="Skip"/>: they lie within a gap that will be reported.</summary>
    public void SkipDiscarded() => (_skip, IsDiscarding) = (long.MaxValue, true);

    /// <summary>Counts one message that was skipped.</summary>
    public void CountSkipped()
    {
        if (_skip != long.MaxValue) _skip--;
        if (IsDiscarding) Volatile.Write(ref _discarded, _discarded + 1);
        else Volatile.Write(ref _skipped, _skipped + 1);
    }

    /// <summary>Counts one event that was taken from the stream.</summary>
    public void CountStored() => Volatile.Write(ref _stored, _stored + 1);

    /// <summary>Begins a read of the recent part of the stream. Requires <see cref="MayRefill"/>.</summary>
    public Task<IReadOnlyList<byte[]>> RefillAsync()
    {
        _refilledAt = time.GetTimestamp();
        return readRecent!();
    }

    /// <summary>Forgets which events were read from the stream: nothing more arrives over an earlier connection.</summary>
    public void BeginReadAhead() => _readAhead.Clear();

    /// <summary>Notes an event that was read from the stream and may still arrive over the subscription.</summary>
    public void AddReadAhead(ulong hash) => _readAhead.Add(hash);

    /// <summary>Ends a read of the stream. From now on the events that were noted may arrive for a limited time.</summary>
    public void EndReadAhead() => _readAheadAt = time.GetTimestamp();

    /// <summary>Returns true, once, for an event that was read from the stream already.</summary>
    public bool TakeReadAhead(ulong hash)
    {
        if (_readAhead.Count == 0) return false;
        if (time.GetElapsedTime(_readAheadAt) <= ReadAheadLife) return _readAhead.Remove(hash);
        _readAhead.Clear();
        _readAhead.TrimExcess();
        return false;
    }
}
