namespace Cecelia.Relay.Minutes;

/// <summary>
/// One row for each of the last 1440 minutes: what happened to tasks, by project, the lag of events, and the slots of the executors. Bounded by
/// <see cref="MaxBytes"/>. A minute that was not observed has no row, and one that was observed in part, or in which events may be missing, is not complete.
/// An event allocates nothing, except when it is the first of a minute or of a project. Used by one thread at a time (the caller holds a lock).
/// </summary>
/// <remarks>
/// <para>The minute of an event is that of the wall clock when this relay accepted it. The table observes while it is live and is called at least every
/// <see cref="MaxPauseMs"/>: by an event, or by <see cref="Tick"/>.</para>
/// <para>Example: the relay starts at 12:00:20. Row 12:00 is not complete, 12:01 is. At 12:02:10 the link is lost, and at 12:05:40 it is live again. Row 12:02
/// is not complete, 12:03 and 12:04 have no row, 12:05 is not complete, and 12:06 is. At 12:07:30 a gap from 12:06:50 is noted: rows 12:06 and 12:07 are not
/// complete.</para>
/// <para>Example: at 12:10:30 the clock is set back to 12:08:00. Rows 12:09 and 12:10 are removed, since it is not known which time they are of. What happens
/// now is added to row 12:08, which is not complete. Had the clock been set back by 5 s or less, its reading would count as 12:10:30 until it has caught
/// up.</para>
/// </remarks>
internal sealed class MinuteTable
{
    /// <summary>Number of minutes that are kept: a day.</summary>
    public const int Minutes = 24 * 60;

    /// <summary>Maximum memory in bytes. Beyond it the oldest minutes are removed.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Length of a minute in milliseconds.</summary>
    public const long MinuteMs = 60_000;

    /// <summary>
    /// Maximum time between two observations that belong together. The table is called every second, so a longer one is a jump of the clock, a process that
    /// was stopped, or the time between two instances.
    /// </summary>
    public const long MaxPauseMs = 15_000;

    /// <summary>Maximum step back of the clock that is bridged: as when it is adjusted while it runs.</summary>
    public const long MaxBackMs = 5_000;

    /// <summary>Memory of everything but the rows: the ring, the values of the current minute, the ids of projects and executors.</summary>
    private const int FixedBytes = 128 * 1024;

    /// <summary>Memory of a row beside its bytes: the header of its array, and rounding.</summary>
    private const int RowOverheadBytes = 32;

    private readonly int _maxRowBytes;
    private readonly KeptMinute[] _rows = new KeptMinute[Minutes];
    private readonly long[] _current = new long[MinuteSeries.Count * MinuteValues.Length];
    private readonly MinuteProjects _projects = new();
    private readonly ExecutorSlots _slots = new();
    private readonly MinutesStart _start;
    private int _rowBytes;
    private long _minute = -1;
    private long _lastMs;
    private long _lastLiveMs = -1;
    private long _sinceMs = -1;
    private long _maxUsed = -1;
    private bool _isWhole;
    private bool _counts;

    /// <param name="start">Why nothing is known from before.</param>
    /// <param name="maxBytes">Maximum memory in bytes.</param>
    public MinuteTable(MinutesStart start = MinutesStart.Started, int maxBytes = MaxBytes) => (_start, _maxRowBytes) = (start, maxBytes - FixedBytes);

    /// <summary>Whether events arrive and none is known to be missing. While it is false, events are counted, and minutes are not complete.</summary>
    public bool IsLive { get; set; }

    /// <summary>Whether the events that follow were accepted before, and are applied again to a state that was loaded.</summary>
    public bool IsReplay { get; set; }

    /// <summary>Memory in bytes, at most <see cref="MaxBytes"/>.</summary>
    public int Bytes => FixedBytes + Volatile.Read(ref _rowBytes);

    /// <summary>Creates the table that a copy was made of.</summary>
    public static MinuteTable From(MinuteCopy copy)
    {
        var table = new MinuteTable(copy.Start) { _lastMs = copy.LastMs, _lastLiveMs = copy.LastLiveMs, _sinceMs = copy.SinceMs, _isWhole = copy.IsWhole };
        foreach ((int place, MinuteProject project) in copy.Projects) table._projects.Set(place, project with { });
        foreach ((byte[] source, (long used, long free)) in copy.Executors) table._slots.Report(source, used, free);
        foreach (KeptMinute row in copy.Rows) table.Store(row);
        if (copy.Rows.Count > 0) table.Reopen(copy.Rows[^1].Minute);
        return table;
    }

    /// <summary>Begins an event: what is counted next belongs to it.</summary>
    /// <param name="nowMs">The time at which it was accepted, in Unix milliseconds.</param>
    /// <param name="project">Its project; empty if none.</param>
    /// <param name="lagMs">The time from its timestamp until then; negative if that is unknown.</param>
    public void BeginEvent(long nowMs, ReadOnlySpan<byte> project, long lagMs)
    {
        _counts = Advance(nowMs);
        if (!_counts) return;
        int series = _projects.SeriesOf(project, _minute);
        if (lagMs >= 0) Add(series, MinuteValues.Lag + MinuteBuckets.IndexOf(lagMs, MinuteBuckets.FirstLagMs));
    }

    /// <summary>Counts a task that was created.</summary>
    public void AddCreated(ReadOnlySpan<byte> project) => Add(project, MinuteValues.Created);

    /// <summary>Counts the queue time of a task that started.</summary>
    public void AddQueueTime(ReadOnlySpan<byte> project, long ms) =>
        Add(project, MinuteValues.Queue + MinuteBuckets.IndexOf(ms, MinuteBuckets.FirstDurationMs));

    /// <summary>Counts a task that ended.</summary>
    /// <param name="project">Its project; empty if none.</param>
    /// <param name="outcome"><see cref="MinuteValues.Completed"/> or <see cref="MinuteValues.Failed"/>; null for any other final status.</param>
    /// <param name="runMs">Its run time; negative if that is unknown.</param>
    public void AddEnded(ReadOnlySpan<byte> project, int? outcome, long runMs)
    {
        Add(project, MinuteValues.Ended);
        if (outcome is { } known) Add(project, known);
        if (runMs >= 0) Add(project, MinuteValues.Run + MinuteBuckets.IndexOf(runMs, MinuteBuckets.FirstDurationMs));
    }

    /// <summary>Records the slots of an executor.</summary>
    public void SetSlots(ReadOnlySpan<byte> source, long used, long free)
    {
        _slots.Report(source, used, free);
        _maxUsed = Math.Max(_maxUsed, _slots.Used);
    }

    /// <summary>Observes that nothing happened, if the table is live. Must be called about every second.</summary>
    public void Tick(long nowMs)
    {
        if (IsLive) Advance(nowMs);
    }

    /// <summary>Ends the observation until the table is live again.</summary>
    /// <param name="fromMs">The time up to which nothing is missing, in Unix milliseconds; null if unknown: since the last observation.</param>
    /// <param name="nowMs">Now.</param>
    public void Interrupt(long? fromMs, long nowMs)
    {
        IsLive = false;
        MarkFrom(fromMs ?? (_lastLiveMs >= 0 ? _lastLiveMs : nowMs));
        _lastLiveMs = -1;
    }

    /// <summary>Records that events may be missing: the minutes from then on, up to the current one, are not complete.</summary>
    /// <param name="fromMs">
    /// The beginning, in Unix milliseconds; null if unknown: the minute before, because a missing number shows only with the next event of its publisher.
    /// </param>
    /// <param name="nowMs">Now.</param>
    public void NoteGap(long? fromMs, long nowMs)
    {
        Advance(nowMs);
        MarkFrom(Math.Min(nowMs, fromMs ?? (nowMs - MinuteMs)));
        _slots.Clear();
        _maxUsed = -1;
    }

    /// <summary>Copies the table. Takes about 10 µs: the rows themselves are shared.</summary>
    public MinuteCopy Copy()
    {
        var rows = new List<KeptMinute>(Minutes);
        for (long minute = _minute - Minutes + 1; minute < _minute; minute++)
        {
            if (minute >= 0 && _rows[minute % Minutes] is { Row: not null } row && row.Minute == minute) rows.Add(row);
        }

        if (_minute >= 0) rows.Add(new KeptMinute(_minute, EncodeCurrent(), false));
        var projects = new List<(int Place, MinuteProject Project)>();
        for (int place = 0; place < _projects.Places.Length; place++)
        {
            if (_projects.Places[place] is { } project) projects.Add((place, project with { }));
        }

        return new MinuteCopy(rows, projects, _start)
        {
            SinceMs = _sinceMs,
            LastMs = _lastMs,
            LastLiveMs = _lastLiveMs,
            IsWhole = _isWhole,
            Executors = [.. _slots.Executors.Select(one => (one.Key, one.Value))],
        };
    }

    private byte[] EncodeCurrent() =>
        MinuteRow.Encode(_current, _slots.Used < 0 ? null : new MinuteSlots(Math.Max(_maxUsed, _slots.Used), _slots.Used, _slots.Total));

    private void Add(ReadOnlySpan<byte> project, int value)
    {
        if (_counts) Add(_projects.SeriesOf(project, _minute), value);
    }

    private void Add(int series, int value) => _current[(series * MinuteValues.Length) + value]++;

    /// <summary>
    /// Moves to the minute of a time. Returns false for an event that is applied again and whose minute has ended: it cannot be counted any more.
    /// </summary>
    private bool Advance(long nowMs)
    {
        if (nowMs < _lastMs)
        {
            if (IsReplay && nowMs / MinuteMs < _minute)
            {
                MarkFrom(nowMs, nowMs);
                return false;
            }

            if (_lastMs - nowMs > MaxBackMs && !IsReplay) SetBack(nowMs);
            else nowMs = _lastMs;
        }

        bool isContinuous = _lastLiveMs >= 0 && nowMs - _lastLiveMs <= MaxPauseMs;
        if (nowMs / MinuteMs != _minute) Roll(nowMs / MinuteMs, isContinuous);
        else _isWhole &= isContinuous || !IsLive;
        _lastMs = nowMs;
        if (_sinceMs < 0) _sinceMs = nowMs;
        if (IsLive) _lastLiveMs = nowMs;
        return true;
    }

    private void Roll(long minute, bool isContinuous)
    {
        if (_minute >= 0) Store(new KeptMinute(_minute, EncodeCurrent(), _isWhole && isContinuous));
        _isWhole = isContinuous && minute == _minute + 1;
        _minute = minute;
        Array.Clear(_current);
        _maxUsed = _slots.Used;
    }

    private void Store(KeptMinute row)
    {
        ref KeptMinute place = ref _rows[row.Minute % Minutes];
        Volatile.Write(ref _rowBytes, _rowBytes + BytesOf(row) - BytesOf(place));
        place = row;
        while (_rowBytes > _maxRowBytes)
        {
            int oldest = -1;
            for (int i = 0; i < _rows.Length; i++)
            {
                if (_rows[i].Row is not null && (oldest < 0 || _rows[i].Minute < _rows[oldest].Minute)) oldest = i;
            }

            Remove(ref _rows[oldest]);
        }
    }

    private void Remove(ref KeptMinute row)
    {
        Volatile.Write(ref _rowBytes, _rowBytes - BytesOf(row));
        row = default;
    }

    private static int BytesOf(KeptMinute row) => row.Row is null ? 0 : row.Row.Length + RowOverheadBytes;

    /// <summary>Marks the minutes from a time on as not complete, up to that of another time.</summary>
    private void MarkFrom(long fromMs, long toMs = long.MaxValue)
    {
        long to = Math.Min(_minute, toMs / MinuteMs);
        for (long minute = Math.Max(Math.Max(0, fromMs / MinuteMs), to - Minutes + 1); minute <= to; minute++)
        {
            if (minute == _minute) _isWhole = false;
            else if (_rows[minute % Minutes].Minute == minute) _rows[minute % Minutes].IsComplete = false;
        }
    }

    private void SetBack(long nowMs)
    {
        long minute = nowMs / MinuteMs;
        for (int i = 0; i < _rows.Length; i++)
        {
            if (_rows[i].Row is not null && _rows[i].Minute > minute) Remove(ref _rows[i]);
        }

        _projects.SetBack(minute);
        if (minute != _minute) Reopen(minute);
        _isWhole = false;
        (_lastMs, _lastLiveMs, _sinceMs) = (nowMs, -1, Math.Min(_sinceMs, nowMs));
    }

    /// <summary>Makes a minute the current one, with what has been counted in it.</summary>
    private void Reopen(long minute)
    {
        ref KeptMinute row = ref _rows[minute % Minutes];
        Array.Clear(_current);
        (_minute, _maxUsed) = (minute, _slots.Used);
        if (row.Row is null || row.Minute != minute) return;
        MinuteRow.TryDecode(row.Row, _current, out MinuteSlots? slots);
        if (slots is { } known) _maxUsed = Math.Max(_maxUsed, known.MaxUsed);
        Remove(ref row);
    }
}

/// <summary>A minute that is kept.</summary>
/// <param name="Minute">The minute, as a number of minutes since 1970.</param>
/// <param name="Row">The values, as <see cref="MinuteRow"/> encodes them. Must not be modified.</param>
/// <param name="IsComplete">Whether the whole minute was observed, and no event is known to be missing.</param>
internal record struct KeptMinute(long Minute, byte[] Row, bool IsComplete);
