using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

/// <summary>The part that follows the link: a recovery point for each connection, and the link status that clients are shown.</summary>
internal sealed partial class StreamRecovery
{
    /// <summary>Adds the point of the queue at which a fresh connection's events begin. On the link's thread.</summary>
    /// <param name="age">The age of what the server delivers.</param>
    private void AddRecoveryPoint(TimeSpan age)
    {
        RecoveryPoint? before = _point;
        bool isDiscarded = before?.TrySettle(RecoveryResult.Discarded) ?? false;
        bool isFirst = before is null || (isDiscarded && before.IsFirst);
        // A connection that ended before its point was settled leaves the recovery to this one.
        ProvenPoint? lost = isFirst ? null : isDiscarded ? before!.Lost : CompleteUntil;
        var point = new RecoveryPoint(isFirst, lost, NowMs - (long)age.TotalMilliseconds, _link.Status.LastProbe);
        if (isFirst) _readiness.Close();
        Interlocked.Exchange(ref _point, point);
        if (_stopping.IsCancellationRequested) point.TrySettle(RecoveryResult.Discarded);
        var settled = new IngestItem([], [], () => Apply(point));
        _queue.Add(() => _queue.Hold(point.Settled, settled));
    }

    private void OnLinkChanged(RedisLinkStatus status)
    {
        RecordLink(status);
        if (status.Status != RedisLinkStatusKind.Subscribed)
        {
            _readiness.Open();
            lock (_linkGate) _feed.SetLink(new LinkStatus(false, CompleteUntilMs, status.Reason));
            return;
        }

        RecoveryPoint point = _point!;
        // Otherwise the ingest thread sets the status when it passes the point.
        if (point.IsSettled) _queue.Add(UpdateLink);
        else if (point.TryBegin()) _ = SettleAsync(point);
    }

    /// <summary>Records how long the link took to connect, or how long an outage lasted, once it has ended.</summary>
    private void RecordLink(RedisLinkStatus status)
    {
        bool isSubscribed = status.Status == RedisLinkStatusKind.Subscribed;
        if (isSubscribed && _linkBefore is { } before)
        {
            Spans.Record(before.Status == RedisLinkStatusKind.Lost ? Spans.RedisOutage : Spans.RedisConnect, before.Since);
        }

        _linkBefore = isSubscribed ? null : status;
    }

    /// <summary>
    /// Sets the link status for clients. On the ingest thread, once it is known what came before: of a fresh connection, of the old one that proved itself
    /// after all, or of a channel that was refused.
    /// </summary>
    private void UpdateLink()
    {
        if (_link.LateChannels != _lateChannels)
        {
            _lateChannels = _link.LateChannels;
            _feed.NoteGap(GapSinceLinkLoss(_passed?.Lost));
        }

        // The link is subscribed, but what clients see is not complete.
        if (_awaitsState) return;
        lock (_linkGate)
        {
            // Under the lock, so that the link's thread reports a loss either before this check or after the status below. And if there is another
            // connection, it is not known yet what that one has missed.
            RedisLinkStatus link = _link.Status;
            if (link.Status != RedisLinkStatusKind.Subscribed || Volatile.Read(ref _point) != _passed) return;
            // While a channel is refused, events arrive, but not all of them.
            _feed.SetLink((link.Refused, TakeOvers.Missing) switch
            {
                ({ } refused, _) => new LinkStatus(
                    false, CompleteUntilMs, $"{link.Server}: Redis refuses the channel {refused.Name}, so events on it do not arrive: {refused.Error}"),
                (null, { } missing) => MissingStateStatus(missing.Reason),
                _ => new LinkStatus(true, null, null),
            });
        }
    }

    /// <summary>Shows the link as degraded: what the connected clients see is not complete.</summary>
    private void ShowDegraded(string reason)
    {
        lock (_linkGate) _feed.SetLink(MissingStateStatus(reason));
    }

    private static LinkStatus MissingStateStatus(string reason) => new(false, null, "the state of another instance has not been received yet: " + reason);

    /// <summary>Hands history and state over to an instance that requests them, if this one has all of them. On the ingest thread.</summary>
    private void AcceptRequest(Guid nonce)
    {
        if (Volatile.Read(ref _late) is { } own && own.Nonce == nonce)
        {
            own.IsReceivedHere = true;
            return;
        }

        // While messages are skipped, the state does not correspond to this point. While a channel is refused, the state lacks the events of that channel.
        if (!_ready || TakeOvers.Missing is not null || _gate.IsSkipping || _link.Status.Refused is not null || _stopping.IsCancellationRequested) return;
        Sender.AcceptRequest(nonce, new ProvenPoint(NowMs, NewestInStream(_link.Status)));
    }
}
