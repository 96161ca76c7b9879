using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Recovery;

/// <summary>The part that loads a state behind events that were accepted already. On the ingest thread.</summary>
internal sealed partial class StreamRecovery
{
    /// <summary>Loads another instance's state at the barrier of the request.</summary>
    /// <param name="handoff">The state and history that were handed over.</param>
    /// <param name="barrier">The number of the first journal entry behind the barrier.</param>
    private bool TryJoin(Handoff handoff, long barrier)
    {
        if (_feed.CopySince(barrier) is not { } later)
        {
            NoteUnavailable("it took so long that the journal has not kept all events since the request");
            return false;
        }

        if (_feed.CopySince(_aloneFrom) is { } own && IsMissingFrom(handoff.Journal, own.SkipLast(later.Count)))
        {
            // The other instance did not receive these events: applied again behind its state, rather than lost.
            return TryLoad(handoff, new Gap(GapCause.Restart) { ToMs = _aloneFromMs }, own) && CompleteTakeOver();
        }

        return TryLoad(handoff, null, later) && CompleteTakeOver();
    }

    /// <summary>Returns true if another instance did not receive some of the events that were received here.</summary>
    private static bool IsMissingFrom(JournalTail journal, IEnumerable<KeptEntry> own) =>
        !journal.EndsLike([.. own.Where(entry => entry.Kind == EntryKind.Event).Select(entry => entry.Payload)]);

    /// <summary>Loads the copy in Redis before the events since the start. At most once.</summary>
    private bool TryJoinCopy(Handoff copy)
    {
        if (_feed.CopySince(_aloneFrom) is not { } later)
        {
            NoteUnavailable("the journal has not kept all events since the start, so the kept copy cannot be joined to them");
            return false;
        }

        Overlap overlap = Overlap.Find(copy.Journal, later.TakeWhile(entry => entry.Kind == EntryKind.Event).Select(entry => entry.Payload));
        Gap? gap = overlap.IsCertain ? null : GapSinceCopy(copy, _aloneFromMs);
        if (!TryLoad(copy, gap, [.. later.Skip(overlap.Count)])) return false;
        _aloneFrom = -1;
        return true;
    }
}
