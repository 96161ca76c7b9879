using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Redis;

/// <summary>Loading a state behind events that were accepted already. On the ingest thread.</summary>
internal sealed partial class StreamRecovery
{
    /// <summary>On the ingest thread: loads another instance's state at the barrier of the request.</summary>
    /// <param name="handoff">What it gave.</param>
    /// <param name="barrier">The number of the journal's first entry behind it.</param>
    private bool TryJoin(Handoff handoff, long barrier)
    {
        if (_feed.CopySince(barrier) is not { } later)
        {
            NoteUnavailable("it took so long that the journal has not kept all events since the request");
            return false;
        }

        if (_feed.CopySince(_aloneFrom) is { } own && IsMissingFrom(handoff.Journal, own.SkipLast(later.Count)))
        {
            // Applied again behind the other instance's state, rather than lost.
            return TryLoad(handoff, new Gap(GapCause.Restart) { ToMs = _aloneFromMs }, own) && CompleteTakeOver();
        }

        return TryLoad(handoff, null, later) && CompleteTakeOver();
    }

    /// <summary>Whether some of the events that came here did not come to another instance.</summary>
    private static bool IsMissingFrom(JournalTail journal, IEnumerable<KeptEntry> own) =>
        !journal.EndsLike([.. own.Where(entry => entry.Kind == EntryKind.Event).Select(entry => entry.Payload)]);

    /// <summary>Loads the kept copy in front of what came since the start. Once.</summary>
    private bool TryJoinKept(Handoff handoff)
    {
        if (_feed.CopySince(_aloneFrom) is not { } later)
        {
            NoteUnavailable("the journal has not kept all events since the start, so the kept copy cannot be joined to them");
            return false;
        }

        Overlap overlap = Overlap.Find(handoff.Journal, later.TakeWhile(entry => entry.Kind == EntryKind.Event).Select(entry => entry.Payload));
        Gap? gap = overlap.IsCertain ? null : GapSinceCopy(handoff, _aloneFromMs);
        if (!TryLoad(handoff, gap, [.. later.Skip(overlap.Count)])) return false;
        _aloneFrom = -1;
        return true;
    }
}
