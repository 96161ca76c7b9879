using System.Text;
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

    private readonly RedisOptions _options;
    private readonly byte[] _questions;
    private readonly RedisConnection _publisher;
    private readonly RedisSubscription _subscription;

    public RedisAdminChannel(RedisUrl url, RedisOptions options, string instance, TimeProvider time, ILogger<RedisAdminChannel> logger)
    {
        _options = options;
        _questions = Encoding.UTF8.GetBytes(options.AdminQuestions);
        _publisher = new RedisConnection(url, StepDeadline, time);
        _subscription = new RedisSubscription(url, [options.AdminAnswers(instance), options.AdminQuestions], MaxMessageBytes, OnMessage, time)
        {
            Refused = reason => LogRefused(logger, reason),
        };
    }

    /// <summary>Called for each question, of this instance too, on the reading thread. Set before <see cref="RunAsync"/>. Must not throw or block.</summary>
    public Action<byte[]> QuestionArrived { get; set; } = static _ => { };

    /// <summary>As <see cref="QuestionArrived"/>, for each answer to this instance.</summary>
    public Action<byte[]> AnswerArrived { get; set; } = static _ => { };

    /// <summary>Why questions and answers do not arrive, without secrets; null while they do.</summary>
    public string? Fault => _subscription.Fault;

    /// <summary>True when Redis does not permit the subscription.</summary>
    public bool IsRefused => _subscription.IsRefused;

    /// <summary>Subscribes, and again after each failure, until it is cancelled. Then it returns normally.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _subscription.RunAsync(cancellationToken);

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

    private void OnMessage(bool isPattern, ReadOnlySpan<byte> channel, byte[] payload, long length)
    {
        // One that is larger is not the relay's.
        if (length > MaxMessageBytes) return;
        if (channel.SequenceEqual(_questions)) QuestionArrived(payload);
        else AnswerArrived(payload);
    }
}
