using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Redis;

/// <summary>The giving half: to a sibling that asks, and to whoever starts when nobody is there.</summary>
internal sealed partial class Continuity
{
    private JournalPosition _kept;

    /// <summary>On the ingest thread, at the place where a starting instance asked: freezes what stands there; whoever leads hands it over.</summary>
    private void Answer(Guid nonce)
    {
        if (!_ready) return;
        (FrozenFeed frozen, byte[] publishers) = Freeze();
        _ = AnswerAsync(nonce, frozen, publishers);
    }

    private async Task AnswerAsync(Guid nonce, FrozenFeed frozen, byte[] publishers)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using (frozen)
        {
            try
            {
                if (await _handoff.TryLeadAsync(nonce, _stopping.Token) is not { IsDone: true, Value: true }) return;
                RedisReply<bool> answered = await _handoff.AnswerAsync(nonce, Handoff.Write(frozen, publishers), _stopping.Token);
                if (!answered.IsDone) LogHandoffFailed(_logger, answered.Reason);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // It asks another, or goes on from what is kept.
            }
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (_options.HandoffBytes == 0) return;
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan jittered = _options.KeepInterval * (0.8 + (0.4 * Random.Shared.NextDouble()));
            await Task.Delay(jittered, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_ready || cancellationToken.IsCancellationRequested || _link.Status.State != RedisLinkState.Subscribed || _feed.Position == _kept) continue;
            RedisReply<bool> turn = await _handoff.TryTakeTurnAsync(_options.KeepInterval, CancellationToken.None);
            if (turn is { IsDone: true, Value: true }) await KeepOnceAsync(cancellationToken);
        }
    }

    private async Task KeepOnceAsync(CancellationToken cancellationToken)
    {
        var frozen = new TaskCompletionSource<(FrozenFeed Feed, byte[] Publishers)>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() => frozen.SetResult(Freeze()));
        try
        {
            // Behind what waits to be decoded; at the end the ingest thread still runs.
            (FrozenFeed feed, byte[] publishers) = await frozen.Task.WaitAsync(MarkDeadline, _time, cancellationToken);
            using (feed)
            {
                RedisReply<bool> kept = await _handoff.KeepAsync(Handoff.Write(feed, publishers), _options.KeepLife, cancellationToken);
                if (kept.IsDone) _kept = feed.Journal.Entries.Length > 0 ? feed.Journal.Entries[^1].Position : default;
                else LogHandoffFailed(_logger, kept.Reason);
            }
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            // The next time, or by the next instance that stops.
        }
    }

    private (FrozenFeed Feed, byte[] Publishers) Freeze()
    {
        var publishers = new MemoryStream();
        using (var writer = new BinaryWriter(publishers)) _ingestor.Publishers.WriteTo(writer);
        return (_feed.Freeze(_options.HandoffBytes), publishers.ToArray());
    }
}
