namespace Cecelia.Relay.Redis;

/// <summary>
/// A subscription to channels, made again after each failure. What is published in between is lost. <see cref="RunAsync"/> must not run concurrently; the
/// other members are for any thread.
/// </summary>
/// <param name="url">The URL of Redis.</param>
/// <param name="channels">The names of the channels.</param>
/// <param name="maxMessageBytes">Maximum size of a message. A larger one has a truncated payload and its full length.</param>
/// <param name="onMessage">Called on the reading thread, one message at a time. Must not throw or block.</param>
/// <param name="time">The clock for deadlines and intervals.</param>
internal sealed class RedisSubscription(
    RedisUrl url, IReadOnlyList<string> channels, int maxMessageBytes, RespMessageHandler onMessage, TimeProvider time)
{
    private static readonly TimeSpan StepDeadline = TimeSpan.FromSeconds(1);

    /// <summary>Interval of checking the subscription. TCP alone detects a hanging connection only after minutes.</summary>
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PingDeadline = TimeSpan.FromSeconds(3);

    private volatile string? _fault = "not subscribed yet";

    /// <summary>Called with the reason when Redis does not permit the subscription, once until it is permitted. Set before <see cref="RunAsync"/>.</summary>
    public Action<string> Refused { get; init; } = static _ => { };

    /// <summary>Why messages do not arrive, without secrets; null while they do.</summary>
    public string? Fault => _fault;

    /// <summary>True when Redis does not permit the subscription.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Subscribes, and again after each failure, until it is cancelled. Then it returns normally.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = new RedisRetry();
        try
        {
            while (true)
            {
                RedisAnswerKind outcome = await ServeAsync(retry, cancellationToken);
                await Task.Delay(IsRefused ? PingInterval : retry.Next(outcome), time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The requested end. Whether it was subscribed remains visible.
        }
    }

    /// <summary>Subscribes and returns when the subscription has failed.</summary>
    private async Task<RedisAnswerKind> ServeAsync(RedisRetry retry, CancellationToken cancellationToken)
    {
        RedisAnswer answer = await RedisPreflight.FindAsync(url, StepDeadline, time, cancellationToken);
        if (answer.Kind != RedisAnswerKind.Pong)
        {
            _fault = answer.Reason;
            return answer.Kind;
        }

        try
        {
            using RedisSubscriber subscriber = await RedisSubscriber.ConnectAsync(
                url, answer, maxMessageBytes, onMessage, StepDeadline, time, cancellationToken);
            IReadOnlyList<Task<string?>> subscribing = subscriber.SubscribeTogether([.. channels.Select(channel => (channel, false))]);
            string?[] refusals = await Task.WhenAll(subscribing).WaitAsync(StepDeadline, time, cancellationToken);
            string? refusal = refusals.FirstOrDefault(one => one is not null);
            string? reason = refusal is null ? null : url.Clean($"Redis says {refusal}");
            if (reason is not null && !IsRefused) Refused(reason);
            // After the call, so that the report of a visible fault exists.
            (IsRefused, _fault) = (refusal is not null, reason);
            if (refusal is not null) return RedisAnswerKind.Refused;
            retry.Reset();
            _fault = await WatchAsync(subscriber, answer, cancellationToken);
            return RedisAnswerKind.Unreachable;
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            _fault = url.Clean(RedisClient.Describe(failure));
            return RedisAnswerKind.Silent;
        }
    }

    /// <summary>Returns why the subscription has ended.</summary>
    private async Task<string> WatchAsync(RedisSubscriber subscriber, RedisAnswer answer, CancellationToken cancellationToken)
    {
        // Without Sentinels nothing is announced. It has no cancellation, which would keep a task of each round.
        Task never = new TaskCompletionSource().Task;
        while (true)
        {
            await Task.WhenAny(subscriber.Failed, url.Sentinel?.Announcements ?? never, Task.Delay(PingInterval, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (subscriber.Failed.IsCompleted) return url.Clean(await subscriber.Failed);
            if (url.Sentinel?.FindMove(answer.Host) is { } moved) return url.Clean(moved);
            await subscriber.PingAsync().WaitAsync(PingDeadline, time, cancellationToken);
        }
    }
}
