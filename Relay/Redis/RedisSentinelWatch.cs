using System.Net;
using System.Text;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Subscribes to the announcements of failovers at one Sentinel, and at the next one when that fails. After an announcement, and every few seconds, it asks
/// all Sentinels for the primary, which makes the connections of <see cref="RedisSentinel"/> leave the old one: in a planned failover the old one remains a
/// primary for ten seconds, so its role does not show it. <see cref="RunAsync"/> must not run concurrently. The status may be read from any thread.
/// </summary>
/// <param name="url">A URL with <see cref="RedisUrl.Sentinel"/>.</param>
/// <param name="time">The clock for deadlines and times.</param>
/// <param name="logger">Receives each change of the primary and each failure of a Sentinel.</param>
internal sealed partial class RedisSentinelWatch(RedisUrl url, TimeProvider time, ILogger<RedisSentinelWatch> logger)
{
    /// <summary>Deadline for the answers of a Sentinel.</summary>
    private static readonly TimeSpan StepDeadline = TimeSpan.FromSeconds(2);

    /// <summary>Maximum size of an announcement, which names a master and two addresses.</summary>
    private const int MaxAnnouncementBytes = 4096;

    /// <summary>
    /// The Sentinel that carries out a failover announces +switch-master when all replicas follow the new primary, which takes seconds; the new primary
    /// itself it announces as +promoted-slave. The others announce +switch-master as soon as they are informed.
    /// </summary>
    private static readonly string[] Announcements = ["+switch-master", "+promoted-slave"];

    private readonly RedisSentinel _sentinel = url.Sentinel ?? throw new ArgumentException("the URL has no Sentinels", nameof(url));
    private readonly RedisUrl _sentinels = url.ToSentinels();
    private readonly ReasonLog _reasons = new(time);
    private volatile TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RedisSentinelStatus _status = new(Watched: null, "not subscribed yet", time.GetUtcNow());
    private EndPoint? _logged;

    /// <summary>
    /// Interval at which all Sentinels are asked without an announcement, since one may be lost, or be unknown to the subscribed Sentinel. Default 5 s.
    /// </summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The master and its Sentinels.</summary>
    public string Places => url.Places;

    /// <summary>The primary that was found last, as <c>host:port</c>; null before the first.</summary>
    public string? Primary => _sentinel.Primary is { } primary ? RedisUrl.Name(primary) : null;

    public RedisSentinelStatus Status => _status;

    /// <summary>Monitors the Sentinels until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = new RedisRetry();
        for (int turn = 0; ; turn++)
        {
            EndPoint host = _sentinels.Hosts[turn % _sentinels.Hosts.Count];
            string reason;
            try
            {
                reason = await WatchAsync(host, retry, cancellationToken);
            }
            catch (Exception failure) when (RedisClient.IsFailure(failure))
            {
                reason = $"the Sentinel at {RedisUrl.Name(host)}: {_sentinels.Clean(RedisClient.Describe(failure))}";
            }

            _status = new RedisSentinelStatus(Watched: null, reason, _status.Watched is null ? _status.Since : time.GetUtcNow());
            if (_reasons.MayLog(reason)) LogUnwatched(logger, _sentinel.Name, reason);
            await Task.Delay(retry.Next(RedisAnswerKind.Refused), time, cancellationToken);
        }
    }

    /// <summary>Monitors announcements at one Sentinel. Returns why it no longer can.</summary>
    private async Task<string> WatchAsync(EndPoint host, RedisRetry retry, CancellationToken cancellationToken)
    {
        SentinelAnswer found = await _sentinel.AskAsync(_sentinels, host, StepDeadline, time, cancellationToken);
        if (found.Answer.Kind != RedisAnswerKind.Pong) return found.Answer.Reason;
        using RedisSubscriber subscriber = await RedisSubscriber.ConnectAsync(
            _sentinels, found.Answer, MaxAnnouncementBytes, OnMessage, StepDeadline, time, cancellationToken);
        string?[] refusals = await Task.WhenAll(
            subscriber.SubscribeTogether([.. Announcements.Select(channel => (channel, false))])).WaitAsync(StepDeadline, time, cancellationToken);
        if (refusals.FirstOrDefault(refusal => refusal is not null) is { } refusal)
        {
            return $"the Sentinel at {RedisUrl.Name(host)}: Redis refuses {string.Join(" or ", Announcements)}: {_sentinels.Clean(refusal)}";
        }

        retry.Reset();
        _status = new RedisSentinelStatus(RedisUrl.Name(host), Reason: null, time.GetUtcNow());
        LogWatched(logger, _sentinel.Name, RedisUrl.Name(host));
        while (true)
        {
            // Renewed before the Sentinels are asked, so that an announcement meanwhile makes it ask again.
            _announced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await LookAsync(cancellationToken);
            await WaitAsync(subscriber, cancellationToken);
            if (!subscriber.Failed.IsCompleted && !_announced.Task.IsCompleted) await subscriber.PingAsync().WaitAsync(StepDeadline, time, cancellationToken);
            if (subscriber.Failed.IsCompleted) return $"the Sentinel at {RedisUrl.Name(host)}: {_sentinels.Clean(await subscriber.Failed)}";
        }
    }

    /// <summary>Asks the Sentinels for the primary. All connections of the URL share the result.</summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await _sentinel.FindAsync(url, StepDeadline, time, cancellationToken);
        if (_sentinel.Primary is not { } primary || primary.Equals(_logged)) return;
        if (_logged is null) LogFound(logger, _sentinel.Name, RedisUrl.Name(primary), string.Join(',', url.Hosts.Select(RedisUrl.Name)));
        else LogSwitched(logger, _sentinel.Name, RedisUrl.Name(_logged), RedisUrl.Name(primary));
        _logged = primary;
    }

    /// <summary>Handles an announcement, which is only a reason to ask: its content may be about another master, and older than what is known.</summary>
    private void OnMessage(bool isPattern, ReadOnlySpan<byte> channel, byte[] payload, long length)
    {
        if (Encoding.UTF8.GetString(payload).Split(' ').Contains(_sentinel.Name, StringComparer.Ordinal)) _announced.TrySetResult();
    }

    private async Task WaitAsync(RedisSubscriber subscriber, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(subscriber.Failed, _announced.Task, Task.Delay(LookInterval, time, ended.Token));
        await ended.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>Status of the announcements of failovers. An immutable snapshot without secrets.</summary>
/// <param name="Watched">The subscribed Sentinel, as <c>host:port</c>; null when there is none.</param>
/// <param name="Reason">Why there is none; null when there is one.</param>
/// <param name="Since">The time since which this is so.</param>
internal sealed record RedisSentinelStatus(string? Watched, string? Reason, DateTimeOffset Since);
