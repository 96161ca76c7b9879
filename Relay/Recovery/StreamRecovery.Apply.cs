using Cecelia.Relay.Connections;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Recovery;

/// <summary>The part that applies a settled recovery point to journal and state. On the ingest thread.</summary>
internal sealed partial class StreamRecovery
{
    /// <summary>Applies the result of a point, which is settled, where the connection's events begin.</summary>
    private void Apply(RecoveryPoint point)
    {
        RecoveryResult result = point.Settled.Result;
        if (result.IsDiscarded)
        {
            // The events of this connection follow the missing ones, and the next point reports a gap for all of them.
            _gate.SkipDiscarded();
            return;
        }

        _barrier = null;
        _gate.Skip(0);
        if (!point.IsFirst) AcceptMissed(result, GapSinceLinkLoss(point.Lost));
        else if (Restore(result) is { } unavailable) AwaitState(unavailable);
        _passed = point;
        if (_awaitsState)
        {
            ShowDegraded(TakeOvers.Missing?.Reason ?? "");
            return;
        }

        UpdateLink();
        if (_barrier is null) _queue.Add(BecomeReady);
    }

    /// <summary>
    /// Makes the instance ready, behind all that was queued when the first connection's events began: a client that arrives from another instance finds the
    /// last events it received there.
    /// </summary>
    private void BecomeReady()
    {
        if (_awaitsState) return;
        _ready = true;
        _readiness.OpenForGood();
        if (_options.HandoffBytes > 0 && TakeOvers.Missing is null) _link.SubscribeToRequests();
    }

    /// <summary>Ends skipping at the barrier of the request at the start, or records the point of a later request's barrier.</summary>
    private void PassBarrier(Guid nonce)
    {
        if (Volatile.Read(ref _late) is { } late && late.Nonce == nonce) late.Barrier.TrySetResult(_feed.Head);
        if (nonce != _barrier) return;
        _barrier = null;
        _gate.Skip(0);
        _queue.Add(BecomeReady);
    }

    /// <summary>Loads what was found at the start. Returns why it could not be loaded; null if it is loaded or there was nothing.</summary>
    private string? Restore(RecoveryResult result)
    {
        if (result.IsAlone) StartAlone();
        if (result.Handoff is not { } handoff) return result.Unavailable;
        if (!TryLoad(handoff, null, [])) return "the received state could not be loaded";
        if (result.Barrier is { } barrier)
        {
            // The handoff contains the events between the subscription and the barrier.
            _barrier = barrier;
            _gate.Skip(long.MaxValue);
            return null;
        }

        Overlap overlap = Overlap.Find(handoff.Journal, _queue.Waiting().Where(payload => !_ingestor.IsReply(payload)));
        _gate.Skip(overlap.Count);
        if (!overlap.IsCertain) AcceptMissed(result, GapSinceCopy(handoff, NowMs));
        return null;
    }

    /// <summary>Returns the gap after a copy in Redis. Its start is by the clock of the instance that made the copy.</summary>
    private static Gap GapSinceCopy(Handoff copy, long toMs) => GapBetween(GapCause.Restart, copy.AtMs, toMs);

    private Gap GapSinceLinkLoss(ProvenPoint? complete) => GapBetween(GapCause.RedisLost, complete?.AtMs, NowMs);

    /// <summary>Returns a gap. Its start is left open when two clocks, or one that was set back, would place it after the end.</summary>
    private static Gap GapBetween(GapCause cause, long? fromMs, long toMs) => new(cause) { FromMs = fromMs <= toMs ? fromMs : null, ToMs = toMs };

    /// <summary>Loads a handoff. Returns false, with nothing changed, when it cannot be read or there is not enough memory, which has been recorded.</summary>
    /// <param name="handoff">The history and state.</param>
    /// <param name="between">The gap between the handoff and the later entries; null if there is none.</param>
    /// <param name="later">Entries of this instance's own journal to apply after the handoff.</param>
    private bool TryLoad(Handoff handoff, Gap? between, IReadOnlyList<KeptEntry> later)
    {
        PublisherTable before = _ingestor.Publishers;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(handoff.Publishers));
            _ingestor.Publishers = PublisherTable.Read(reader, _ingestor.ElapsedMs);
            KeptEntry[] fresh = [.. later.Where(entry => entry.Kind == EntryKind.Gap || _ingestor.DecodeAgain(entry.Payload) is not null)];
            _feed.Load(handoff.Journal, handoff.State, between, fresh);
            _inherited = new ProvenPoint(handoff.AtMs, handoff.InStream);
        }
        catch (Exception unreadable) when (
            unreadable is InvalidDataException or EndOfStreamException || (unreadable is OutOfMemoryException && !_feed.IsHalfChanged))
        {
            _ingestor.Publishers = before;
            NoteUnavailable(unreadable.Message);
            return false;
        }

        LogTakenOver(_logger, handoff.Journal.Entries.Length, _feed.State.Total);
        var connections = new List<Connection>();
        _connections.CopyTo(connections);
        foreach (Connection connection in connections) Resync(connection);
        return true;
    }

    private static void Resync(Connection connection)
    {
        try
        {
            connection.Resync();
        }
        catch (OutOfMemoryException)
        {
            connection.Fail();
        }
    }

    /// <summary>
    /// Accepts the events that a stream holds. The gap precedes them, unless they are all: the stream is complete, and every publisher numbers its events.
    /// </summary>
    private void AcceptMissed(RecoveryResult result, Gap gap)
    {
        bool allNumbered = !_ingestor.Publishers.HasUnnumbered && _ingestor.AreNumbered(result.Missed);
        if (!result.IsComplete || !allNumbered) _feed.NoteGap(gap);
        _ingestor.AcceptStored(result.Missed);
    }
}
