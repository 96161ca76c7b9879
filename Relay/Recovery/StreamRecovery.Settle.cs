using System.Diagnostics;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

/// <summary>The part that finds out what came before a connection, on tasks of the pool, and settles its recovery point.</summary>
internal sealed partial class StreamRecovery
{
    /// <summary>Deadline for settling a recovery point. The deadlines of its steps together are shorter.</summary>
    private static readonly TimeSpan SettleDeadline = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Deadline for the first request at the start, during which the ingest queue is held back. Some of the remainder of <see cref="SettleDeadline"/> is for
    /// reading a stream.
    /// </summary>
    private static readonly TimeSpan FirstRequestDeadline = TimeSpan.FromSeconds(6);

    /// <summary>Deadline for reading a stream after an outage.</summary>
    private static readonly TimeSpan StreamDeadline = TimeSpan.FromSeconds(3);

    /// <summary>Deadline for reading a stream because of a hole in a publisher's numbers, while the link is live.</summary>
    private static readonly TimeSpan RefillDeadline = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How far back, before its newest entry that was seen, the stream is read for a hole. Earlier entries do not justify the delay for all others.
    /// </summary>
    private static readonly TimeSpan RefillReach = TimeSpan.FromSeconds(30);

    /// <summary>Maximum number of entries, and of bytes below, that are read from a stream at once.</summary>
    private const int MaxStreamEntries = 500_000;
    private const long MaxStreamBytes = 256L * 1024 * 1024;

    /// <summary>
    /// Reads the recent part of the stream, for a hole in a publisher's numbers. Returns nothing when it is not known which of the entries are new: no entry
    /// has been seen yet, or the stream cannot be read. Any thread.
    /// </summary>
    public async Task<IReadOnlyList<byte[]>> ReadRecentAsync()
    {
        if (NewestInStream(_link.Status) is not { } newest) return [];
        try
        {
            RedisReply<RedisStreamRead> reply = await ReadStreamAsync(newest.Before(RefillReach), RefillDeadline, _stopping).ConfigureAwait(false);
            return reply.Value is { } read ? [.. read.Entries.Select(entry => entry.Payload)] : [];
        }
        catch (OperationCanceledException)
        {
            // The relay stops.
            return [];
        }
    }

    /// <summary>
    /// Returns the newest entry of the stream up to which all events have arrived. That of an earlier connection is valid too: what has arrived since is read
    /// again and dropped by its numbers.
    /// </summary>
    private RedisStreamId? NewestInStream(RedisLinkStatus link) => link.NewestInStream ?? _inherited?.InStream;

    private async Task SettleAsync(RecoveryPoint point)
    {
        using Activity? span = Spans.Start(Spans.Recovery);
        RecoveryResult result = RecoveryResult.None;
        try
        {
            result = await (
                point.IsFirst ? TakeOverAsync() : ReadMissedAsync(point.Lost?.InStream, RecoveryResult.None)).WaitAsync(SettleDeadline, _time, _stopping);
        }
        catch (Exception fault)
        {
            if (_stopping.IsCancellationRequested) result = RecoveryResult.Discarded;
            else LogFault(_logger, fault);
            if (point.IsFirst && _options.HandoffBytes > 0 && !result.IsDiscarded)
            {
                result = RecoveryResult.None with { Unavailable = "requesting the state failed unexpectedly" };
            }
        }
        finally
        {
            // In every case: the ingest queue is held back until then.
            point.TrySettle(result);
            span?.SetTag(
                "relay.recovery.after",
                point.IsFirst ? "start" : "outage").SetTag("relay.recovery.events", result.Missed.Count).SetTag("relay.recovery.proven", result.IsComplete);
        }
    }

    /// <summary>
    /// Gets what a starting instance can continue from: what a ready instance hands over, or else the copy in Redis and what a stream holds since.
    /// </summary>
    private async Task<RecoveryResult> TakeOverAsync()
    {
        if (_options.HandoffBytes == 0) return RecoveryResult.None;
        var nonce = Guid.NewGuid();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        deadline.CancelAfter(FirstRequestDeadline);
        try
        {
            TakeOver attempt = await TryTakeOverAsync(await _handoff.RequestAsync(nonce, deadline.Token), nonce, _options.HandoffDeadline, deadline.Token);
            return attempt switch
            {
                { Outcome: TakeOverOutcome.Given, Handoff: { } given } => new RecoveryResult(given, nonce, [], IsComplete: true),
                { Outcome: TakeOverOutcome.Kept, Handoff: { } kept } => await ReadMissedAsync(
                    kept.InStream, new RecoveryResult(kept, null, [], IsComplete: false)),
                { Outcome: TakeOverOutcome.NotFound } => RecoveryResult.None with { IsAlone = true },
                _ => RecoveryResult.None with { Unavailable = attempt.Reason },
            };
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            return RecoveryResult.None with { Unavailable = Count(new TakeOver(TakeOverOutcome.Unavailable, Reason: "no state was received in time")).Reason };
        }
    }

    /// <summary>
    /// Adds to a result what the stream holds after an entry. If the stream still holds that entry, this proves that nothing after it is missing.
    /// </summary>
    private async Task<RecoveryResult> ReadMissedAsync(RedisStreamId? seen, RecoveryResult result)
    {
        if (_redis.Options.StreamKey.Length == 0 || seen is not { } from) return result;
        using Activity? span = Spans.Start(Spans.StreamRead);
        RedisReply<RedisStreamRead> reply = await ReadStreamAsync(from, StreamDeadline, _stopping);
        span?.SetStatus(reply.IsDone ? ActivityStatusCode.Ok : ActivityStatusCode.Error, reply.Reason);
        if (reply.Value is not { } read) return result;
        return result with
        {
            Missed = [.. read.Entries.Where(entry => entry.Id != from).Select(entry => entry.Payload)],
            IsComplete = read is { IsComplete: true, IsCut: false },
        };
    }

    private async Task<RedisReply<RedisStreamRead>> ReadStreamAsync(RedisStreamId from, TimeSpan deadline, CancellationToken cancellationToken)
    {
        RedisReply<RedisStreamRead> reply = await RedisStream.ReadAsync(
            _redis.Url, _redis.Options.StreamKey, from, MaxStreamEntries, MaxStreamBytes, deadline, _time, cancellationToken);
        if (!reply.IsDone) LogStreamFailed(_logger, _redis.Options.StreamKey, reply.Reason);
        return reply;
    }
}
