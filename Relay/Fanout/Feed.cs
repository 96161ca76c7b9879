using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.Recording;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The writing side of the <see cref="Timeline"/>: accepts events, gaps and changes of the link, and notifies the pumps. The ingest thread calls
/// <see cref="Accept"/>, <see cref="Flush"/>, <see cref="Tidy"/> and <see cref="Load"/>; the rest is for any thread.
/// </summary>
internal sealed class Feed(
    Timeline timeline, SnapshotMaker snapshots, ViewTable views, EventTracing tracing, TimeProvider time, FlightRecorder? recorder = null)
{
    private static readonly TimeSpan TidyInterval = TimeSpan.FromSeconds(1);

    /// <summary>Value of <see cref="_roundFirstMs"/> while every event of the round is dated ahead of this clock, so that their lag is not known.</summary>
    private const long UnknownMs = -1;

    /// <summary>Number of views that get a notice before the next event may be appended: some ten microseconds.</summary>
    private const int NoticesAtATime = 256;

    private readonly long[] _gaps = new long[Enum.GetValues<GapCause>().Length];
    private long _ahead;
    private long _tidiedAt;

    /// <summary>
    /// Timestamp of the round's first event that is not dated ahead, in Unix milliseconds; 0 when the round has no event. A round ends with
    /// <see cref="Flush"/>.
    /// </summary>
    private long _roundFirstMs;

    /// <summary>Records what was received; null if the recorder is off.</summary>
    public EventRecorder? Recorder => recorder?.Events;

    /// <summary>The entity state, for its counters, which any thread may read.</summary>
    public StateTable State => timeline.State;

    /// <inheritdoc cref="Timeline.CopyMinutes"/>
    public MinuteCopy CopyMinutes() => timeline.CopyMinutes();

    /// <summary>Gaps noted since the start.</summary>
    public long Gaps => _gaps.Sum();

    /// <summary>Returns the number of gaps of one cause noted since the start. Any thread.</summary>
    public long GapsOf(GapCause cause) => Volatile.Read(ref _gaps[(int)cause]);

    /// <summary>Number of entries in the journal, and the bytes of their payloads.</summary>
    public (long Entries, long Bytes) JournalSize => timeline.JournalSize;

    /// <summary>Accepted events that were dated ahead of this instance's clock. Any thread.</summary>
    public long Ahead => Volatile.Read(ref _ahead);

    /// <inheritdoc cref="Timeline.LostFrames"/>
    public long LostFrames => timeline.LostFrames;

    /// <inheritdoc cref="Timeline.IsHalfChanged"/>
    public bool IsHalfChanged => timeline.IsHalfChanged;

    /// <inheritdoc cref="Timeline.Link"/>
    public LinkStatus Link => timeline.Link;

    /// <summary>The position of the newest entry.</summary>
    public StreamPosition Position => timeline.Point.Position;

    /// <summary>The number that the journal's next entry will get.</summary>
    public long Head => timeline.Point.Entry + 1;

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc cref="Timeline.Append"/>
    public Acceptance Accept(DecodedEvent e)
    {
        long nowMs = NowMs;
        TracedEvent? traced = tracing.Receive(e);
        Acceptance acceptance;
        try
        {
            acceptance = timeline.Append(e, nowMs, traced);
        }
        finally
        {
            traced?.EndReceive();
        }

        bool isAhead = e.TimestampMs > nowMs;
        if (isAhead) Volatile.Write(ref _ahead, _ahead + 1);
        if (_roundFirstMs <= 0) _roundFirstMs = isAhead ? UnknownMs : e.RawTimestamp.IsEmpty ? nowMs : Math.Max(1, e.TimestampMs);
        return acceptance;
    }

    /// <summary>Notifies the pumps of the views that have grown since the last call. When it throws, the next call notifies the rest.</summary>
    public void Flush()
    {
        timeline.Flush(_roundFirstMs);
        _roundFirstMs = 0;
    }

    /// <inheritdoc cref="Timeline.TakeFault"/>
    public Exception? TakeFault() => timeline.TakeFault();

    /// <summary>Releases the memory of views that have ended, and, once a second, of everything that has exceeded its age.</summary>
    public void Tidy()
    {
        timeline.ClearEnded();
        // By the monotonic clock: if the wall clock stepped back, nothing would be tidied for the length of the step.
        if (_tidiedAt != 0 && time.GetElapsedTime(_tidiedAt) < TidyInterval) return;
        _tidiedAt = time.GetTimestamp();
        timeline.Trim(NowMs);
        snapshots.Tidy();
    }

    /// <summary>Appends a gap to the journal, and notifies the clients whose wire format has a message for it.</summary>
    public void NoteGap(Gap gap)
    {
        long nowMs = NowMs;
        byte[] data = RelayMessage.Data(gap.WriteTo);
        var notified = new List<View>();
        Interlocked.Increment(ref _gaps[(int)gap.Cause]);
        Recorder?.AddGap(gap.Cause.ToWireName(), gap.Missed, gap.Source ?? "", gap.FromSeq, gap.ToSeq);
        timeline.AppendGap(data, RelayMessage.Data(gap.WithoutSource().WriteTo), gap.FromMs ?? gap.AfterMs ?? gap.ToMs, nowMs, notified);
        foreach (View view in notified) view.MarkDirty(nowMs);
    }

    /// <summary>
    /// Notes that a publisher has restarted its sequence numbers, before the first event of its new run. The numbers of its last run, which entities hold, do
    /// not order the new events.
    /// </summary>
    /// <param name="first">The first event of the new run.</param>
    /// <param name="gap">Names the source.</param>
    public void NoteRestart(DecodedEvent first, Gap gap)
    {
        timeline.ForgetNumbers(first, NowMs);
        NoteGap(gap);
    }

    /// <summary>
    /// Sets the status of the link to Redis, and notifies the clients whose wire format has a message for it, if it has changed. For one thread at a time.
    /// </summary>
    public void SetLink(LinkStatus link)
    {
        LinkStatus before = timeline.Link;
        if (link.Live == before.Live && link.Reason == before.Reason) return;
        if (link.Live == before.Live)
        {
            timeline.SetLink(link, NowMs);
            return;
        }

        long nowMs = NowMs;
        var notice = new Notice(RelayMessage.Write(RelayMessage.Link, nowMs, "", json => link.WriteTo(json, nowMs)));
        var hiding = new Notice(RelayMessage.Write(RelayMessage.Link, nowMs, "", json => link.WithoutReason().WriteTo(json, nowMs)));
        // Before the notices: a client that starts behind its notice learns the new status from its hello.
        timeline.SetLink(link, nowMs);
        foreach (View[] some in ChunkSubprotocolViews())
        {
            timeline.AppendNotice([.. some.Where(view => !view.Kind.HidesSources)], notice, nowMs);
            timeline.AppendNotice([.. some.Where(view => view.Kind.HidesSources)], hiding, nowMs);
            foreach (View view in some) view.MarkDirty(nowMs);
        }
    }

    /// <summary>
    /// Sends a <c>relay:ping</c> to the clients of the subprotocol, with the current position, so that a client whose filter matches few events does not keep
    /// a position that has left the journal. It is appended to the outbound buffers, behind every event that came before it.
    /// </summary>
    public void Ping()
    {
        long nowMs = NowMs;
        foreach (View[] some in ChunkSubprotocolViews())
        {
            timeline.AppendPing(some, nowMs);
            foreach (View view in some) view.MarkDirty(nowMs);
        }
    }

    /// <inheritdoc cref="Timeline.Freeze"/>
    public TimelineCheckpoint Freeze(long atMs, long maxBytes) => timeline.Freeze(atMs, maxBytes);

    /// <inheritdoc cref="Timeline.CopySince"/>
    public IReadOnlyList<KeptEntry>? CopySince(long number) => timeline.CopySince(number);

    /// <summary>
    /// Replaces journal and state by those of another instance, then applies the entries that came after them. For the ingest thread. Connected clients
    /// must be resynchronized afterwards. When it throws, <see cref="IsHalfChanged"/> says whether anything has been changed.
    /// </summary>
    /// <param name="tail">The other instance's journal.</param>
    /// <param name="state">Its state, in a table from <see cref="StateTable.CreateEmpty"/>; must not be used afterwards.</param>
    /// <param name="between">What may be missing between that and <paramref name="later"/>; null if nothing is.</param>
    /// <param name="later">The entries that came after it, without those that it has already.</param>
    public void Load(JournalTail tail, StateTable state, Gap? between, IReadOnlyList<KeptEntry> later)
    {
        byte[]? gap = between is null ? null : RelayMessage.Data(between.WriteTo);
        timeline.Load(tail, state, gap, later, NowMs);
        if (between is null) return;
        Interlocked.Increment(ref _gaps[(int)between.Cause]);
        Recorder?.AddGap(between.Cause.ToWireName(), between.Missed, between.Source ?? "", between.FromSeq, between.ToSeq);
    }

    private IEnumerable<View[]> ChunkSubprotocolViews()
    {
        var found = new List<View>();
        views.FindSubprotocol(found);
        return found.Chunk(NoticesAtATime);
    }
}
