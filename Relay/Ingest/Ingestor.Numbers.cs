using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Ingest;

/// <summary>The part that handles the publishers' sequence numbers and the events that are read from a stream. For the ingest thread.</summary>
internal sealed partial class Ingestor
{
    private const string DuplicateDetail = "an event with this source and seq was received before";

    private volatile PublisherTrouble? _trouble;

    /// <summary>The last publisher that restarted its numbers or skipped some; null if there was none. Any thread.</summary>
    public PublisherTrouble? Trouble => _trouble;

    /// <summary>
    /// Accepts events that were read from a stream: those that are numbered and were not received before. An event that precedes one that was already sent,
    /// or whose number was missing when a later one was sent, is not sent after it: it remains missing. A gap is noted for each hole that remains in a
    /// publisher's numbers.
    /// </summary>
    public void AcceptStored(IReadOnlyList<byte[]> stored)
    {
        Gate.BeginReadAhead();
        AcceptStored(stored, FindOvertaken(stored), isRefill: false);
        Gate.EndReadAhead();
    }

    /// <param name="stored">The payloads, in the order of the stream.</param>
    /// <param name="begin">The result of <see cref="FindOvertaken"/>.</param>
    /// <param name="isRefill">
    /// True if the stream was read while the link was live. Then the events do not arrive over the subscription later, and all that Redis delivered has
    /// been received: an entry does not begin a new run, and an unknown publisher before <paramref name="begin"/> published before this instance started.
    /// </param>
    private void AcceptStored(IReadOnlyList<byte[]> stored, int begin, bool isRefill)
    {
        var holes = new List<(byte[] Source, long From, long To)>();
        long unreported = 0;
        for (int i = 0; i < stored.Count; i++)
        {
            // The events before this index were lost without a number that showed it.
            if (i == begin && unreported > 0) _feed.NoteGap(new Gap(GapCause.RedisLost) { Missed = unreported });
            if (!IsNumbered(stored[i]) || (isRefill && i < begin && !_publishers.IsKnown(_storedEvent))) continue;
            ulong hash = PublisherTable.HashOf(stored[i]);
            (long from, long to) = (0, 0);
            NumberVerdict verdict = (isRefill || i < begin) && _publishers.IsBehind(_storedEvent)
                ? _publishers.RecordAgain(_storedEvent, hash)
                : _publishers.Record(_storedEvent, hash, ElapsedMs, out from, out to, isStored: true);
            // Also for a repeated event: it may arrive after more later numbers have been taken from the stream than are remembered.
            if (!isRefill && (verdict != NumberVerdict.Duplicate || _publishers.IsRemembered(_storedEvent, hash))) Gate.AddReadAhead(hash);
            if (verdict == NumberVerdict.Duplicate) continue;
            NotePublisher(verdict, _storedEvent);
            bool isOvertaken = i < begin || (verdict == NumberVerdict.Late && !IsIn(holes, _storedEvent));
            // A later entry of the stream may fill it.
            if (verdict == NumberVerdict.AfterHole) holes.Add((_storedEvent.Source.ToArray(), from, to));
            if (isOvertaken && verdict != NumberVerdict.Late) unreported++;
            AcceptStoredEvent(isOvertaken);
        }

        if (begin == stored.Count && unreported > 0) _feed.NoteGap(new Gap(GapCause.RedisLost) { Missed = unreported });
        foreach ((byte[] source, long from, long to) in holes) NoteMissing(source, from, to);
    }

    /// <summary>Returns true if the number was found missing in the entries being read, so that its event is still in order.</summary>
    private static bool IsIn(List<(byte[] Source, long From, long To)> holes, DecodedEvent e)
    {
        foreach ((byte[] source, long from, long to) in holes)
        {
            if (e.Seq >= from && e.Seq <= to && e.Source.SequenceEqual(source)) return true;
        }

        return false;
    }

    private void AcceptStoredEvent(bool isOvertaken)
    {
        IsCounted = false;
        Gate.CountStored();
        try
        {
            if (!isOvertaken)
            {
                Deliver(_storedEvent, []);
            }
            else
            {
                _feed.Recorder?.Add(EventOutcome.Overtaken, _storedEvent, default);
                Volatile.Write(ref _overtaken, _overtaken + 1);
            }
        }
        catch (Exception) when (!IsCounted)
        {
            CountLost();
            throw;
        }
    }

    /// <summary>
    /// Returns the index after the last event of the stream that was already sent; 0 when none is known. For each publisher the first occurrence of its
    /// highest remembered number counts, since that event may be repeated. Its last number may be missing in the stream.
    /// </summary>
    private int FindOvertaken(IReadOnlyList<byte[]> stored)
    {
        var highest = new Dictionary<byte[], long>(Utf8Comparer.Instance);
        Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> lookup = highest.GetAlternateLookup<ReadOnlySpan<byte>>();
        int begin = 0;
        for (int i = 0; i < stored.Count; i++)
        {
            if (!IsNumbered(stored[i]) || !_publishers.IsRemembered(_storedEvent, PublisherTable.HashOf(stored[i]))) continue;
            if (lookup.TryGetValue(_storedEvent.Source, out long known) && _storedEvent.Seq <= known) continue;
            lookup[_storedEvent.Source] = _storedEvent.Seq;
            begin = i + 1;
        }

        return begin;
    }

    /// <summary>Accepts the event unless it is a duplicate. Returns a task if the stream must be read first for a hole in the publisher's numbers.</summary>
    private Task? Accept(IngestItem item)
    {
        ulong hash = 0;
        if (PublisherTable.IsNumbered(_event))
        {
            hash = PublisherTable.HashOf(_event.Payload.Span);
            if (Gate.TakeReadAhead(hash))
            {
                CountDuplicate(item);
                return null;
            }

            // Before the number is recorded, so that the events of the stream are taken in their order.
            if (_refill is { IsCompleted: true } refill)
            {
                _refill = null;
                Fill(refill.GetAwaiter().GetResult());
            }
            else if (Gate.MayRefill && _publishers.IsAfterHole(_event, ElapsedMs))
            {
                return _refill = Gate.RefillAsync();
            }
        }

        NumberVerdict verdict = _publishers.Record(_event, hash, ElapsedMs, out long from, out long to);
        if (verdict == NumberVerdict.Duplicate)
        {
            CountDuplicate(item);
            SampleDuplicate(item);
            return null;
        }

        NotePublisher(verdict, _event);
        if (verdict == NumberVerdict.AfterHole) NoteMissing(_event.Source, from, to);
        Deliver(_event, item.Channel);
        return null;
    }

    private void CountDuplicate(IngestItem item)
    {
        _feed.Recorder?.Add(EventOutcome.Duplicate, _event, item.Channel);
        Volatile.Write(ref _duplicates, _duplicates + 1);
        IsCounted = true;
    }

    /// <summary>Keeps some of the duplicates only, so that they do not displace the refused events.</summary>
    private void SampleDuplicate(IngestItem item)
    {
        if (!_duplicateRate.Allows(out long suppressed)) return;
        _refused.Sample(RefusalReason.Duplicate, DuplicateDetail, item.Channel, item.Payload, item.Length);
        LogDuplicate(_logger, suppressed);
    }

    private void Fill(IReadOnlyList<byte[]> stored)
    {
        List<byte[]> before = EntriesBefore(_event, stored);
        int begin = FindOvertaken(before);
        // When it is not known which entries were sent, only the missing numbers can be distinguished from old entries.
        AcceptStored(begin > 0 ? before : EarlierNumbers(_event, stored), begin, isRefill: true);
        IsCounted = false;
    }

    /// <summary>Returns the entries before an event, since the others are still to arrive; none if the stream does not hold the event.</summary>
    private static List<byte[]> EntriesBefore(DecodedEvent e, IReadOnlyList<byte[]> stored)
    {
        for (int i = stored.Count - 1; i >= 0; i--)
        {
            if (stored[i].AsSpan().SequenceEqual(e.Payload.Span)) return [.. stored.Take(i)];
        }

        return [];
    }

    /// <summary>Returns the entries of the same publisher with a smaller number.</summary>
    private List<byte[]> EarlierNumbers(DecodedEvent e, IReadOnlyList<byte[]> stored) =>
        [.. stored.Where(payload => IsNumbered(payload) && _storedEvent.Source.SequenceEqual(e.Source) && _storedEvent.Seq < e.Seq)];

    /// <summary>Decodes the payload into <see cref="_storedEvent"/>. Returns false if it is not an event with a number.</summary>
    private bool IsNumbered(byte[] payload) => _decoder.Decode(payload, _storedEvent) == RefusalReason.None && PublisherTable.IsNumbered(_storedEvent);

    /// <summary>Reports a new or unknown run of the publisher, before its event.</summary>
    private void NotePublisher(NumberVerdict verdict, DecodedEvent e)
    {
        if (verdict == NumberVerdict.NewRun)
        {
            string name = Encoding.UTF8.GetString(e.Source);
            _feed.NoteRestart(e, new Gap(GapCause.PublisherRestarted) { Source = name, AfterMs = _publishers.BeforeMsOf(e.Source) });
            _trouble = new PublisherTrouble(
                _time.GetUtcNow(),
                GapCause.PublisherRestarted,
                name,
                "a publisher restarted its numbers under the same source (relay_publishers_restarted_total)");
            if (_publisherRate.Allows(out long suppressed)) LogRestarted(_logger, suppressed);
        }
        else if (verdict == NumberVerdict.Unknown)
        {
            // Normal when the relay starts while publishers run: not a reason for a warning in the readiness report.
            if (_publisherRate.Allows(out long suppressed)) LogUnknown(_logger, suppressed);
        }
    }

    /// <summary>Notes a gap for each range of missing numbers.</summary>
    private void NoteMissing(ReadOnlySpan<byte> source, long from, long to)
    {
        string name = Encoding.UTF8.GetString(source);
        long? afterMs = _publishers.BeforeMsOf(source);
        foreach ((long first, long last) in _publishers.MissingOf(source, from, to))
        {
            _feed.NoteGap(new Gap(GapCause.PublisherGap) { Missed = last - first + 1, Source = name, FromSeq = first, ToSeq = last, AfterMs = afterMs });
            _trouble = new PublisherTrouble(
                _time.GetUtcNow(),
                GapCause.PublisherGap,
                name,
                "events of a publisher are missing: there is a hole in its numbers (relay_gaps_total{cause=\"publisher_gap\"})");
            if (_publisherRate.Allows(out long suppressed)) LogMissing(_logger, last - first + 1, suppressed);
        }
    }
}
