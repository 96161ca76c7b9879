using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes events, and appends each to a stream where there is one. After a failure the next call opens a new connection. Any thread may call, several at
/// once. The publications of a caller that awaits each of them are in order.
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
        // Not a duty, since a publisher of the command line has none. If it fails, an old primary is still detected by its role.
        if (url.Sentinel is not null)
        {
            _watching = new RedisSentinelWatch(url, TimeProvider.System, NullLogger<RedisSentinelWatch>.Instance).RunAsync(_stop.Token);
        }
    }

    /// <summary>Returns a connected publisher.</summary>
    /// <exception cref="RedisUnreachableException">Redis cannot be used.</exception>
    public static Task<RedisPublisher> ConnectAsync(RedisUrl url, CancellationToken cancellationToken = default) =>
        ConnectAsync(url, stream: null, cancellationToken);

    /// <summary>Returns a connected publisher that appends each event to <paramref name="stream"/>, if it is not null.</summary>
    /// <exception cref="RedisUnreachableException">Redis cannot be used, or does not support the stream.</exception>
    public static async Task<RedisPublisher> ConnectAsync(RedisUrl url, PublishedStream? stream, CancellationToken cancellationToken = default)
    {
        var publisher = new RedisPublisher(url, stream);
        try
        {
            RedisReply<bool> connected = await publisher._connection.ConnectAsync(cancellationToken);
            if (!connected.IsDone) throw new RedisUnreachableException(connected.Reason);
            if (stream is null) return publisher;
            if (publisher._connection.FindStreamFault(stream.Key) is { } elsewhere) throw new RedisUnreachableException(elsewhere);
            // Checked before the first event: Garnet's answer to a MULTI with an unsupported command is one that no client understands.
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

    /// <summary>
    /// Publishes an event and returns the number of subscribers that received it (in a cluster only those of the one node). With a stream, it is in the
    /// stream too.
    /// </summary>
    /// <exception cref="RedisUnreachableException">
    /// It was not published, or that is unknown, or (according to the message) the stream lacks it. The next call may succeed.
    /// </exception>
    public async Task<long> PublishAsync(string channel, byte[] payload, CancellationToken cancellationToken = default)
    {
        var literal = new RedisChannel(channel, RedisChannel.PatternMode.Literal);
        RedisReply<long> reply = await _connection.AskAsync(
            database => _stream is null
                ? database.PublishAsync(literal, payload)
                : AppendAndPublishAsync(database, _stream, literal, payload), AnswerDeadline, cancellationToken);
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

    /// <summary>Appends an event to the stream in a transaction, which must also publish it.</summary>
    public static Task AppendAsync(ITransaction transaction, PublishedStream stream, byte[] payload) =>
        transaction.ExecuteAsync("XADD", (RedisKey)stream.Key, "MAXLEN", "~", stream.MaxEntries, "*", PublishedStream.Field, payload);

    /// <summary>
    /// Returns why Redis refuses entries of the stream. An entry with the ID 0-0 is always refused: with an error that says 0-0, or with the reason for which
    /// any entry is refused.
    /// </summary>
    public static Task<RedisReply<RedisResult>> ProbeAsync(RedisConnection connection, PublishedStream stream, CancellationToken cancellationToken) =>
        connection.AskAsync(
            database => database.ExecuteAsync("XADD", (RedisKey)stream.Key, "0-0", PublishedStream.Field, ""),
            AnswerDeadline,
            cancellationToken);

    /// <summary>Describes <see cref="RedisOutcome.Unsupported"/> of <see cref="ProbeAsync"/>.</summary>
    public static string NoStreams(PublishedStream stream, string reason) =>
        $"this Redis has no Streams (the relay's embedded one has none; Redis has them since 5.0), so it cannot keep {stream.Key}: {reason}";

    /// <summary>
    /// Publishes and appends at one point of Redis' order, so that the stream holds the events in the order in which subscribers receive them.
    /// </summary>
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
        // A command that fails while EXEC runs does not undo the others.
        if (failure.Outcome == RedisOutcome.WrongType) return $"published, but not appended, since the key {stream.Key} is not a stream: {failure.Reason}";
        if (failure.Outcome != RedisOutcome.Aborted) return failure.Reason;

        RedisReply<RedisResult> probe = await ProbeAsync(_connection, stream, cancellationToken);
        return probe.Reason.Contains("0-0", StringComparison.Ordinal)
            ? $"not published: Redis does not permit the PUBLISH that goes with the stream {stream.Key}"
            : $"not published: Redis does not take it into the stream {stream.Key}: {probe.Reason}";
    }
}
