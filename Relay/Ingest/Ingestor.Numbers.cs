using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Ingest;

/// <summary>What follows from the numbers that publishers give their events, and what is read from a stream. For the ingest thread.</summary>
internal sealed partial class Ingestor
{
    private const string DuplicateDetail = "an event with this source and seq was received before";

    private volatile PublisherTrouble? _trouble;

    /// <summary>The last publisher that counted again or left numbers out; null when there was none. Any thread.</summary>
    public PublisherTrouble? Trouble => _trouble;

    /// <summary>
    /// Takes events that were read from a stream: those that are numbered and have not been here. One that stands before an event that was sent already, or
    /// whose number was missing when a later one was sent, is not sent behind it: it stays missing. Holes that remain in a publisher's numbers are noted.
    /// </summary>
    public void AcceptStored(IReadOnlyList<byte[]> stored)
    {
        Gate.BeginReadAhead();
        AcceptStored(stored, FindOvertaken(stored), isRefill: false);
        Gate.EndReadAhead();
    }

    /// <param name="stored">As above.</param>
    /// <param name="begin">As <see cref="FindOvertaken"/> found it.</param>
    /// <param name="isRefill">
    /// Whether the stream was read while the link was live. Then the events do not arrive over the subscription after this, and what Redis delivered has been
    /// received: an entry begins no new run, and an unknown publisher before <paramref name="begin"/> published before this instance began.
    /// </param>
    private void AcceptStored(IReadOnlyList<byte[]> stored, int begin, bool isRefill)
    {
        var holes = new List<(byte[] Source, long From, long To)>();
        long unreported = 0;
        for (int i = 0; i < stored.Count; i++)
        {
            // Those before were lost without a number that showed it.
            if (i == begin && unreported > 0) _feed.NoteGap(new Gap(GapCause.RedisLost) { Missed = unreported });
            if (!IsNumbered(stored[i]) || (isRefill && i < begin && !_publishers.IsKnown(_storedEvent))) continue;
            ulong hash = PublisherTable.HashOf(stored[i]);
            (long from, long to) = (0, 0);
            NumberVerdict verdict = (isRefill || i < begin) && _publishers.IsBehind(_storedEvent)
                ? _publishers.RecordAgain(_storedEvent, hash)
                : _publishers.Record(_storedEvent, hash, ElapsedMs, out from, out to, isStored: true);
            // A repeated event too: it may arrive when later numbers have been taken from the stream, more than are remembered.
            if (!isRefill && (verdict != NumberVerdict.Duplicate || _publishers.IsRemembered(_storedEvent, hash))) Gate.AddReadAhead(hash);
            if (verdict == NumberVerdict.Duplicate) continue;
            NotePublisher(verdict, _storedEvent);
            bool isOvertaken = i < begin || (verdict == NumberVerdict.Late && !IsIn(holes, _storedEvent));
            // What comes later in the stream may fill it.
            if (verdict == NumberVerdict.AfterHole) holes.Add((_storedEvent.Source.ToArray(), from, to));
            if (isOvertaken && verdict != NumberVerdict.Late) unreported++;
            AcceptStoredEvent(isOvertaken);
        }

        if (begin == stored.Count && unreported > 0) _feed.NoteGap(new Gap(GapCause.RedisLost) { Missed = unreported });
        foreach ((byte[] source, long from, long to) in holes) NoteMissing(source, from, to);
    }

    /// <summary>Whether the number was found missing in what is being read, and so is still in its place.</summary>
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
        _isCounted = false;
        Gate.CountStored();
        try
        {
            if (!isOvertaken) Deliver(_storedEvent);
            else Volatile.Write(ref _overtaken, _overtaken + 1);
        }
        catch (Exception) when (!_isCounted)
        {
            Volatile.Write(ref _lost, _lost + 1);
            throw;
        }
    }

    /// <summary>
    /// The index behind the last event of the stream that was sent; 0 where none is known. Of each publisher its highest remembered number counts, where it is met
    /// first: it may be there again. Its last number may be missing in the stream.
    /// </summary>
    private int FindOvertaken(IReadOnlyList<byte[]> stored)
    {
        var met = new Dictionary<byte[], long>(Utf8Comparer.Instance);
        Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> lookup = met.GetAlternateLookup<ReadOnlySpan<byte>>();
        int begin = 0;
        for (int i = 0; i < stored.Count; i++)
        {
            if (!IsNumbered(stored[i]) || !_publishers.IsRemembered(_storedEvent, PublisherTable.HashOf(stored[i]))) continue;
            if (lookup.TryGetValue(_storedEvent.Source, out long highest) && _storedEvent.Seq <= highest) continue;
            lookup[_storedEvent.Source] = _storedEvent.Seq;
            begin = i + 1;
        }

        return begin;
    }

    private void Accept(IngestItem item)
    {
        ulong hash = 0;
        if (PublisherTable.IsNumbered(_event))
        {
            hash = PublisherTable.HashOf(_event.Payload.Span);
            if (Gate.TakeReadAhead(hash))
            {
                CountDuplicate();
                return;
            }

            // Before the number is recorded, so that the events of the stream are taken in their order.
            if (_refill is { } refill)
            {
                _refill = null;
                Fill(refill.GetAwaiter().GetResult());
            }
            else if (Gate.MayRefill && _publishers.IsAfterHole(_event, ElapsedMs))
            {
                // Processed again once the stream has been read. Until then the queue gives out nothing, so its order is kept.
                Task<IReadOnlyList<byte[]>> reading = Gate.RefillAsync();
                _queue.Hold(reading, item);
                _refill = reading;
                return;
            }
        }

        NumberVerdict verdict = _publishers.Record(_event, hash, ElapsedMs, out long from, out long to);
        if (verdict == NumberVerdict.Duplicate)
        {
            CountDuplicate();
            SampleDuplicate(item);
            return;
        }

        NotePublisher(verdict, _event);
        if (verdict == NumberVerdict.AfterHole) NoteMissing(_event.Source, from, to);
        Deliver(_event);
    }

    private void CountDuplicate()
    {
        Volatile.Write(ref _duplicates, _duplicates + 1);
        _isCounted = true;
    }

    /// <summary>Keeps some of the duplicates, so that they do not push out what was refused.</summary>
    private void SampleDuplicate(IngestItem item)
    {
        if (!_duplicateRate.Allows(out long suppressed)) return;
        _refused.Sample(RefusalReason.Duplicate, DuplicateDetail, item.Channel, item.Payload, item.Length);
        LogDuplicate(_logger, suppressed);
    }

    private void Fill(IReadOnlyList<byte[]> stored)
    {
        List<byte[]> before = ComingBefore(_event, stored);
        int begin = FindOvertaken(before);
        // Where it is not known which entries were sent, the missing numbers alone can be told from old entries.
        AcceptStored(begin > 0 ? before : EarlierNumbers(_event, stored), begin, isRefill: true);
        _isCounted = false;
    }

    /// <summary>The entries before an event, since the others are still to arrive; none if the stream does not hold the event.</summary>
    private static List<byte[]> ComingBefore(DecodedEvent e, IReadOnlyList<byte[]> stored)
    {
        for (int at = stored.Count - 1; at >= 0; at--)
        {
            if (stored[at].AsSpan().SequenceEqual(e.Payload.Span)) return [.. stored.Take(at)];
        }

        return [];
    }

    /// <summary>The entries of the same publisher with a smaller number.</summary>
    private List<byte[]> EarlierNumbers(DecodedEvent e, IReadOnlyList<byte[]> stored) =>
        [.. stored.Where(payload => IsNumbered(payload) && _storedEvent.Source.SequenceEqual(e.Source) && _storedEvent.Seq < e.Seq)];

    /// <summary>Decodes the payload into <see cref="_storedEvent"/>; false when it is not an event with a number.</summary>
    private bool IsNumbered(byte[] payload) => _decoder.Decode(payload, _storedEvent) == RefusalReason.None && PublisherTable.IsNumbered(_storedEvent);

    /// <summary>Reports what is remarkable about the publisher of an event, before the event.</summary>
    private void NotePublisher(NumberVerdict verdict, DecodedEvent e)
    {
        if (verdict == NumberVerdict.NewRun)
        {
            string name = Encoding.UTF8.GetString(e.Source);
            _feed.NoteRestart(e, new Gap(GapCause.PublisherRestarted) { Source = name });
            _trouble = new PublisherTrouble(_time.GetUtcNow(), GapCause.PublisherRestarted, name, "a publisher counts again under the same source (relay_publishers_restarted_total)");
            if (_publisherRate.Allows(out long suppressed)) LogRestarted(_logger, suppressed);
        }
        else if (verdict == NumberVerdict.Unknown)
        {
            // Usual where the relay starts beside publishers that run: nothing that readiness should show.
            if (_publisherRate.Allows(out long suppressed)) LogUnknown(_logger, suppressed);
        }
    }

    /// <summary>Notes a gap for each run of numbers that has not come.</summary>
    private void NoteMissing(ReadOnlySpan<byte> source, long from, long to)
    {
        string name = Encoding.UTF8.GetString(source);
        foreach ((long first, long last) in _publishers.MissingOf(source, from, to))
        {
            _feed.NoteGap(new Gap(GapCause.PublisherGap) { Missed = last - first + 1, Source = name, FromSeq = first, ToSeq = last });
            _trouble = new PublisherTrouble(_time.GetUtcNow(), GapCause.PublisherGap, name, "events of a publisher are missing: there is a hole in its numbers (relay_gaps_total{cause=\"publisher_gap\"})");
            if (_publisherRate.Allows(out long suppressed)) LogMissing(_logger, last - first + 1, suppressed);
        }
    }
}
