using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// The channels on which instances ask each other: one for questions, which every instance receives, and one for the answers to each instance. Uses its own
/// subscription, so that a large answer delays no event. <see cref="RunAsync"/> must not run concurrently; the other members are for any thread.
/// </summary>
internal sealed partial class RedisAdminChannel : IAsyncDisposable
{
    /// <summary>Maximum size of a message, in bytes.</summary>
    public const int MaxMessageBytes = 256 * 1024;

    private static readonly TimeSpan StepDeadline = TimeSpan.FromSeconds(1);

    /// <summary>Interval of checking the subscription. TCP alone detects a hanging connection only after minutes.</summary>
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PingDeadline = TimeSpan.FromSeconds(3);

    private readonly RedisUrl _url;
    private readonly RedisOptions _options;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private readonly RedisConnection _publisher;
    private readonly ILogger<RedisAdminChannel> _logger;
    private volatile string? _fault = "not subscribed yet";

    public RedisAdminChannel(RedisUrl url, RedisOptions options, string instance, TimeProvider time, ILogger<RedisAdminChannel> logger)
    {
        (_url, _options, _instance, _time, _logger) = (url, options, instance, time, logger);
        _publisher = new RedisConnection(url, StepDeadline, time);
    }

    /// <summary>Called for each question, of this instance too, on the reading thread. Set before <see cref="RunAsync"/>. Must not throw or block.</summary>
    public Action<byte[]> QuestionArrived { get; set; } = static _ => { };

    /// <summary>As <see cref="QuestionArrived"/>, for each answer to this instance.</summary>
    public Action<byte[]> AnswerArrived { get; set; } = static _ => { };

    /// <summary>Why questions and answers do not arrive, without secrets; null while they do.</summary>
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
                await Task.Delay(IsRefused ? PingInterval : retry.Next(outcome), _time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The requested end. Whether it was subscribed remains visible.
        }
    }

    /// <summary>Publishes a question. Returns the number of instances that received it, with this one if it is subscribed.</summary>
    public Task<RedisReply<long>> AskAsync(byte[] question, CancellationToken cancellationToken) =>
        PublishAsync(_options.AdminQuestions, question, cancellationToken);

    /// <summary>Publishes an answer to an instance.</summary>
    public Task<RedisReply<long>> AnswerAsync(string instance, byte[] answer, CancellationToken cancellationToken) =>
        PublishAsync(_options.AdminAnswers(instance), answer, cancellationToken);

    /// <summary>Returns the names of the instances that are subscribed.</summary>
    public async Task<RedisReply<string[]>> FindInstancesAsync(CancellationToken cancellationToken)
    {
        string prefix = _options.AdminAnswers("");
        return await _publisher.AskAsync(
            async database =>
            {
                RedisResult channels = await database.ExecuteAsync("PUBSUB", "CHANNELS", prefix + "*");
                return ((string?[]?)channels ?? []).OfType<string>().Select(channel => channel[prefix.Length..]).ToArray();
            },
            StepDeadline,
            cancellationToken);
    }

    public ValueTask DisposeAsync() => _publisher.DisposeAsync();

    private Task<RedisReply<long>> PublishAsync(string channel, byte[] message, CancellationToken cancellationToken) =>
        _publisher.AskAsync(
            database => database.PublishAsync(new RedisChannel(channel, RedisChannel.PatternMode.Literal), message),
            StepDeadline,
            cancellationToken);

    /// <summary>Subscribes and returns when the subscription has failed.</summary>
    private async Task<RedisAnswerKind> ServeAsync(RedisRetry retry, CancellationToken cancellationToken)
    {
        RedisAnswer answer = await RedisPreflight.FindAsync(_url, StepDeadline, _time, cancellationToken);
        if (answer.Kind != RedisAnswerKind.Pong)
        {
            _fault = answer.Reason;
            return answer.Kind;
        }

        try
        {
            using RedisSubscriber subscriber = await RedisSubscriber.ConnectAsync(
                _url, answer, MaxMessageBytes, OnMessage, StepDeadline, _time, cancellationToken);
            IReadOnlyList<Task<string?>> subscribing = subscriber.SubscribeTogether(
                [(_options.AdminAnswers(_instance), false), (_options.AdminQuestions, false)]);
            string?[] refusals = await Task.WhenAll(subscribing).WaitAsync(StepDeadline, _time, cancellationToken);
            string? refusal = refusals.FirstOrDefault(one => one is not null);
            _fault = refusal is null ? null : _url.Clean($"Redis says {refusal}");
            // Once, until it is permitted.
            if (_fault is { } reason && !IsRefused) LogRefused(_logger, reason);
            IsRefused = refusal is not null;
            if (refusal is not null) return RedisAnswerKind.Refused;
            retry.Reset();
            _fault = await WatchAsync(subscriber, answer, cancellationToken);
            return RedisAnswerKind.Unreachable;
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            _fault = _url.Clean(RedisClient.Describe(failure));
            return RedisAnswerKind.Silent;
        }
    }

    /// <summary>Returns why the subscription has ended.</summary>
    private async Task<string> WatchAsync(RedisSubscriber subscriber, RedisAnswer answer, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task switched = _url.Sentinel?.Announcements ?? Task.Delay(Timeout.Infinite, cancellationToken);
            await Task.WhenAny(subscriber.Failed, switched, Task.Delay(PingInterval, _time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (subscriber.Failed.IsCompleted) return _url.Clean(await subscriber.Failed);
            if (_url.Sentinel?.FindMove(answer.Host) is { } moved) return _url.Clean(moved);
            await subscriber.PingAsync().WaitAsync(PingDeadline, _time, cancellationToken);
        }
    }

    private void OnMessage(bool isPattern, ReadOnlySpan<byte> channel, byte[] payload, long length)
    {
        // One that is larger is not the relay's.
        if (length > MaxMessageBytes) return;
        if (channel.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(_options.AdminQuestions))) QuestionArrived(payload);
        else AnswerArrived(payload);
    }
}
