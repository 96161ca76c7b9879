using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Redis;

/// <summary>The giving half: to a sibling that asks, and to whoever starts when nobody is there.</summary>
internal sealed partial class Continuity
{
    /// <summary>For keeping it at the end, when the process is waited for.</summary>
    private static readonly TimeSpan LastKeepDeadline = TimeSpan.FromSeconds(4);

    private JournalPosition _kept;
    private long _keptAt;

    /// <summary>An instance that has lost its link has less than what another keeps, or than it has kept itself.</summary>
    private bool IsWorthKeeping => _ready && _options.HandoffBytes > 0 && _link.Status.State == RedisLinkState.Subscribed && Volatile.Read(ref _mark) is { IsSettled: true };

    /// <summary>On the ingest thread, at the place where a starting instance asked: freezes what stands there; whoever leads hands it over.</summary>
    private void Answer(Guid nonce)
    {
        // What is passed over is not what stands at this place.
        if (!_ready || _ingestor.IsSkipping) return;
        (FrozenFeed frozen, byte[] publishers) = Freeze(NowMs);
        _ = AnswerAsync(nonce, frozen, publishers);
    }

    private async Task AnswerAsync(Guid nonce, FrozenFeed frozen, byte[] publishers)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using (frozen)
        {
            try
            {
                if (await _handoff.TryLeadAsync(nonce, _stopping) is not { IsDone: true, Value: true }) return;
                RedisReply<bool> answered = await _handoff.AnswerAsync(nonce, Handoff.Write(frozen, publishers), _stopping);
                if (!answered.IsDone) LogHandoffFailed(_logger, answered.Reason);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                // Nobody waits for this task. Whoever asked goes on from what is kept.
                if (!_stopping.IsCancellationRequested) LogFault(_logger, fault);
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
            if (cancellationToken.IsCancellationRequested || !IsWorthKeeping) continue;
            // Where nothing happens it must not vanish from Redis all the same.
            bool isFresh = _keptAt > 0 && _time.GetElapsedTime(_keptAt) < _options.KeepLife / 3;
            if (isFresh && _feed.Position == _kept) continue;
            RedisReply<bool> turn = await _handoff.TryTakeTurnAsync(_options.KeepInterval, CancellationToken.None);
            if (turn is { IsDone: true, Value: true }) await KeepOnceAsync(SettleDeadline, cancellationToken);
        }
    }

    private async Task KeepOnceAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        // Before it enters the queue: what had arrived by that time stands before it.
        if (WholeUntilMs is not { } wholeMs) return;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(deadline);
        var frozen = new TaskCompletionSource<(FrozenFeed Feed, byte[] Publishers)>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() =>
        {
            (FrozenFeed Feed, byte[] Publishers) made = Freeze(wholeMs);
            if (!frozen.TrySetResult(made)) made.Feed.Dispose();
        });
        try
        {
            // Behind what waits to be decoded; at the end the ingest thread still runs.
            await using CancellationTokenRegistration late = enough.Token.Register(() => frozen.TrySetCanceled());
            (FrozenFeed feed, byte[] publishers) = await frozen.Task;
            using (feed)
            {
                RedisReply<bool> kept = await _handoff.KeepAsync(Handoff.Write(feed, publishers), _options.KeepLife, enough.Token);
                if (kept.IsDone) (_kept, _keptAt) = (feed.Journal.Entries.Length > 0 ? feed.Journal.Entries[^1].Position : default, _time.GetTimestamp());
                else LogHandoffFailed(_logger, kept.Reason);
            }
        }
        catch (OperationCanceledException)
        {
            // The next time, or by the next instance that stops.
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // What is kept serves some later instance; this one goes on without.
            LogFault(_logger, fault);
        }
    }

    private (FrozenFeed Feed, byte[] Publishers) Freeze(long wholeMs)
    {
        var publishers = new MemoryStream();
        using (var writer = new BinaryWriter(publishers)) _ingestor.Publishers.WriteTo(writer);
        return (_feed.Freeze(wholeMs, _options.HandoffBytes), publishers.ToArray());
    }
}
