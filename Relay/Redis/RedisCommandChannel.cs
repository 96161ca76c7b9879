using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes clients' commands on the command channel, on its own connection, so that commands and events do not wait for each other. Messages reach Redis in
/// the order in which their <see cref="PublishAsync"/> wrote them. Any thread.
/// </summary>
internal sealed class RedisCommandChannel(RedisUrl url, RedisOptions options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Deadline for finding a host that answers, and again for connecting to it.</summary>
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(1);

    private readonly RedisConnection _connection = new(url, ConnectDeadline, time);
    private readonly RedisChannel _channel = new(options.CommandsChannel, RedisChannel.PatternMode.Literal);

    /// <summary>True when the server is a node of a cluster, where the number of receivers does not include those at other nodes.</summary>
    public bool IsCluster => _connection.IsCluster;

    /// <summary>Connects unless it is connected already.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<RedisReply<bool>> ConnectAsync(CancellationToken cancellationToken) => _connection.ConnectAsync(cancellationToken);

    /// <summary>Publishes a message and returns the number of its receivers.</summary>
    /// <param name="message">The message.</param>
    /// <param name="written">Called when the message was handed to the Redis client: from then on it may have been published whatever the reply is.</param>
    /// <param name="deadline">For the reply.</param>
    /// <param name="cancellationToken">Ends the wait for the reply.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<RedisReply<long>> PublishAsync(byte[] message, Action written, TimeSpan deadline, CancellationToken cancellationToken) =>
        _connection.AskAsync(
            database =>
            {
                Task<long> published = database.PublishAsync(_channel, message);
                written();
                return published;
            },
            deadline,
            cancellationToken);

    /// <summary>Asks the server for its role in the replication.</summary>
    public Task<RedisReply<RedisRole>> FindRoleAsync(TimeSpan deadline, CancellationToken cancellationToken) =>
        _connection.AskAsync(RedisRole.AskAsync, deadline, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
