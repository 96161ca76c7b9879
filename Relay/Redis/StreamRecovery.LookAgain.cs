using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Redis;

/// <summary>
/// The asking half of an instance that found no other one and no copy at its start, and is ready with nothing. Another instance may only have been away for a
/// moment, as after a restart of Redis, so requests are repeated for <see cref="RecoveryOptions.AskAgainFor"/>. A state that has what this instance lacks is
/// loaded at the barrier of its request.
/// </summary>
/// <remarks>An instance that is there and does not answer for <see cref="RecoveryOptions.HandoffWait"/> is treated as at the start: its state is missing.</remarks>
internal sealed partial class StreamRecovery
{
    /// <summary>Between two of these requests at most: each costs another instance a copy of its state.</summary>
    private static readonly TimeSpan LongestLookPause = TimeSpan.FromSeconds(5);

    /// <summary>On the ingest thread, behind the first mark: nobody is there and nothing is kept.</summary>
    private void BeginWithoutSibling()
    {
        (_aloneFrom, _aloneFromMs) = (_feed.Head, NowMs);
        Volatile.Write(ref _asking, Task.Run(AskAgainAsync));
    }

    private async Task AskAgainAsync()
    {
        long started = _time.GetTimestamp();
        long? silentSince = null;
        TimeSpan pause = ShortestAskPause, wait = _options.HandoffDeadline;
        while (silentSince is not null || _time.GetElapsedTime(started) < _options.AskAgainFor)
        {
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), _time, _stopping);
            pause = Shorter(2 * pause, LongestLookPause);
            if (!_ready || _link.Status.Status != RedisLinkStatusKind.Subscribed) continue;
            try
            {
                var request = new LateRequest(Guid.NewGuid());
                RedisReply<long> siblings = await RequestLateAsync(request, _stopping);
                // Where it could not even be asked, the last thing that was found out counts.
                if (!siblings.IsDone) continue;
                if (siblings.Value <= 0)
                {
                    silentSince = null;
                    continue;
                }

                TakeOver attempt = await ReceiveAsync(request.Nonce, wait, _stopping);
                wait = Shorter(2 * wait, LongestHandoffDeadline);
                if (attempt.Handoff is { } handoff)
                {
                    TakeOvers.Add(attempt);
                    silentSince = null;
                    if (await OnIngestAsync(() => HasMore(handoff) && TryJoin(handoff, request.Barrier.Task.Result), _stopping)) return;
                    continue;
                }

                silentSince ??= _time.GetTimestamp();
                if (_time.GetElapsedTime(silentSince.Value) < _options.HandoffWait) continue;
                NoteUnavailable(attempt.Reason);
                await OnIngestAsync(() => NoteLateFailure(attempt.Reason), _stopping);
                await AskUntilSettledAsync(_stopping);
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                LogFault(_logger, fault);
            }
        }
    }

    /// <summary>On the ingest thread: whether another instance has an entity that this one lacks, or events from before the start of this one.</summary>
    private bool HasMore(Handoff handoff) =>
        handoff.State.HasMoreThan(_feed.State) || (_feed.CopySince(_aloneFrom) is { } own && handoff.Journal.EventCount > own.Count(entry => entry.Kind == EntryKind.Event));

    /// <summary>On the ingest thread: another instance is there, and its state could not be had.</summary>
    private bool NoteLateFailure(string reason)
    {
        TakeOvers.SetMissing(reason);
        _feed.NoteGap(new Gap(GapCause.Restart) { ToMs = _aloneFromMs });
        LogReadyWithout(_logger, reason);
        MarkSubscribed();
        return true;
    }
}
