using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Recovery;

/// <summary>
/// The part that requests the state for an instance that found no other instance and no copy at its start, and is ready without a state. Another instance may
/// only have been away for a moment, as after a restart of Redis, so requests are repeated for <see cref="RecoveryOptions.AskAgainFor"/>. A state that has
/// what this instance lacks is loaded at the barrier of its request.
/// </summary>
/// <remarks>
/// If another instance exists and does not answer for <see cref="RecoveryOptions.HandoffWait"/>, its state counts as missing, as at the start.
/// </remarks>
internal sealed partial class StreamRecovery
{
    /// <summary>Maximum pause between two of these requests: each costs another instance a copy of its state.</summary>
    private static readonly TimeSpan LongestAlonePause = TimeSpan.FromSeconds(5);

    /// <summary>Starts without a state, since there is no other instance and no copy. On the ingest thread, at the first recovery point.</summary>
    private void StartAlone()
    {
        (_aloneFrom, _aloneFromMs) = (_feed.Head, NowMs);
        Volatile.Write(ref _requesting, Task.Run(RequestAloneAsync));
    }

    private async Task RequestAloneAsync()
    {
        long started = _time.GetTimestamp();
        long? silentSince = null;
        TimeSpan pause = ShortestPause, wait = _options.HandoffDeadline;
        while (silentSince is not null || _time.GetElapsedTime(started) < _options.AskAgainFor)
        {
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), _time, _stopping);
            pause = Shorter(2 * pause, LongestAlonePause);
            if (!_ready || _link.Status.Status != RedisLinkStatusKind.Subscribed) continue;
            try
            {
                var request = new LateRequest(Guid.NewGuid());
                RedisReply<long> others = await RequestLateAsync(request, _stopping);
                // When the request could not be published, the last result counts.
                if (!others.IsDone) continue;
                if (others.Value <= 0)
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
                await RequestUntilSettledAsync(_stopping);
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                LogFault(_logger, fault);
            }
        }
    }

    /// <summary>
    /// Returns true if another instance has an entity that this one lacks, or events from before the start of this one. On the ingest thread.
    /// </summary>
    private bool HasMore(Handoff handoff) =>
        handoff.State.HasMoreThan(_feed.State)
            || (_feed.CopySince(_aloneFrom) is { } own && handoff.Journal.EventCount > own.Count(entry => entry.Kind == EntryKind.Event));

    /// <summary>Records that another instance exists whose state could not be loaded. On the ingest thread.</summary>
    private bool NoteLateFailure(string reason)
    {
        TakeOvers.SetMissing(reason);
        _feed.NoteGap(new Gap(GapCause.Restart) { ToMs = _aloneFromMs });
        LogReadyWithout(_logger, reason);
        UpdateLink();
        return true;
    }
}
