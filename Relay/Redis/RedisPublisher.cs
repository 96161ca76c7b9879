using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes, and appends each publication to a stream where there is one. After a failure the next call makes a fresh connection, so that one publisher
/// serves for as long as one likes. Any thread may call, several at once; publications of one caller who awaits each are in order.
/// </summary>
internal sealed class RedisPublisher : IAsyncDisposable
{
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(3);

    private readonly RedisConnection _connection;
    private readonly PublishedStream? _stream;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching = Task.CompletedTask;

    private RedisPublisher(RedisUrl url, PublishedStream? stream)
    {
        _connection = new RedisConnection(url, ConnectDeadline, TimeProvider.System);
        _stream = stream;
        // Not a duty, as a publisher of the command line has none. Should it fail, the role of the server still shows an old primary.
        if (url.Sentinel is not null) _watching = new RedisSentinelWatch(url, TimeProvider.System, NullLogger<RedisSentinelWatch>.Instance).RunAsync(_stop.Token);
    }

    /// <summary>A publisher that is connected.</summary>
    /// <exception cref="RedisUnreachableException">Redis does not serve us.</exception>
    public static Task<RedisPublisher> ConnectAsync(RedisUrl url, CancellationToken cancellationToken = default) => ConnectAsync(url, stream: null, cancellationToken);

    /// <summary>A publisher that is connected, and keeps each publication in <paramref name="stream"/>; null: in none.</summary>
    /// <exception cref="RedisUnreachableException">Redis does not serve us, or has no Streams and one is asked for.</exception>
    public static async Task<RedisPublisher> ConnectAsync(RedisUrl url, PublishedStream? stream, CancellationToken cancellationToken = default)
    {
        var publisher = new RedisPublisher(url, stream);
        try
        {
            RedisReply<bool> connected = await publisher._connection.ConnectAsync(cancellationToken);
            if (!connected.IsDone) throw new RedisUnreachableException(connected.Reason);
            if (stream is null) return publisher;
            if (publisher._connection.FindStreamFault(stream.Key) is { } elsewhere) throw new RedisUnreachableException(elsewhere);
            // Garnet answers a MULTI with a command that it does not know in a way that no client understands, so it is not left to the first event.
            RedisReply<RedisResult> probe = await ProbeAsync(publisher._connection, stream, cancellationToken);
            if (probe.Outcome != RedisOutcome.Unsupported) return publisher;
            throw new RedisUnreachableException(NoStreams(stream, probe.Reason));
        }
        catch
        {
            await publisher.DisposeAsync();
            throw;
        }
    }

    /// <summary>The number of subscribers that Redis handed it to (on a cluster: those of the one node). With a stream, it is in the stream too.</summary>
    /// <exception cref="RedisUnreachableException">It was not published, or nobody knows, or (the message says so) the stream lacks it. The next call may succeed.</exception>
    public async Task<long> PublishAsync(string channel, byte[] payload, CancellationToken cancellationToken = default)
    {
        var literal = new RedisChannel(channel, RedisChannel.PatternMode.Literal);
        RedisReply<long> reply = await _connection.AskAsync(
            database => _stream is null ? database.PublishAsync(literal, payload) : AppendAndPublishAsync(database, _stream, literal, payload), AnswerDeadline, cancellationToken);
        if (reply.IsDone) return reply.Value;
        throw new RedisUnreachableException(_stream is null ? reply.Reason : await ExplainAsync(reply, _stream, cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        await _connection.DisposeAsync();
    }

    /// <summary>Appends in the transaction; publish in the same one.</summary>
    public static Task AppendAsync(ITransaction transaction, PublishedStream stream, byte[] payload) =>
        transaction.ExecuteAsync("XADD", (RedisKey)stream.Key, "MAXLEN", "~", stream.MaxEntries, "*", PublishedStream.Field, payload);

    /// <summary>
    /// What Redis has against entries of the stream. The entry 0-0 cannot be, so it is refused in any case: with an error that says 0-0, or with what Redis has
    /// against any entry.
    /// </summary>
    public static Task<RedisReply<RedisResult>> ProbeAsync(RedisConnection connection, PublishedStream stream, CancellationToken cancellationToken) =>
        connection.AskAsync(database => database.ExecuteAsync("XADD", (RedisKey)stream.Key, "0-0", PublishedStream.Field, ""), AnswerDeadline, cancellationToken);

    /// <summary>What <see cref="RedisOutcome.Unsupported"/> of <see cref="ProbeAsync"/> means.</summary>
    public static string NoStreams(PublishedStream stream, string reason) =>
        $"this Redis has no Streams (the relay's embedded one has none; Redis has them since 5.0), so it cannot keep {stream.Key}: {reason}";

    /// <summary>At one point of Redis' order, so that the stream holds the events as the subscribers get them.</summary>
    private static async Task<long> AppendAndPublishAsync(IDatabase database, PublishedStream stream, RedisChannel channel, byte[] payload)
    {
        ITransaction both = database.CreateTransaction();
        Task appended = AppendAsync(both, stream, payload);
        Task<long> published = both.PublishAsync(channel, payload);
        await Task.WhenAll(both.ExecuteAsync(), appended, published);
        return await published;
    }

    private async Task<string> ExplainAsync(RedisReply<long> failure, PublishedStream stream, CancellationToken cancellationToken)
    {
        // A command that fails while EXEC runs does not take the others back.
        if (failure.Outcome == RedisOutcome.WrongType) return $"published, but not kept, as the key {stream.Key} is no stream: {failure.Reason}";
        if (failure.Outcome != RedisOutcome.Aborted) return failure.Reason;

        RedisReply<RedisResult> probe = await ProbeAsync(_connection, stream, cancellationToken);
        return probe.Reason.Contains("0-0", StringComparison.Ordinal)
            ? $"not published: Redis does not permit the PUBLISH that goes with the stream {stream.Key}"
            : $"not published: Redis does not take it into the stream {stream.Key}: {probe.Reason}";
    }
}
