using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes. After a failure the connection is thrown away, and the next call makes a fresh one, so that one publisher serves for as long as one likes.
/// Any thread may call, several at once; publications of one caller who awaits each are in order.
/// </summary>
internal sealed class RedisPublisher : IAsyncDisposable
{
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(3);

    private readonly RedisUrl _url;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private volatile ConnectionMultiplexer? _multiplexer;

    private RedisPublisher(RedisUrl url, TimeProvider time)
    {
        _url = url;
        _time = time;
    }

    /// <summary>A publisher that is connected.</summary>
    /// <exception cref="RedisUnreachableException">Redis does not serve us.</exception>
    public static async Task<RedisPublisher> ConnectAsync(RedisUrl url, CancellationToken cancellationToken = default)
    {
        var publisher = new RedisPublisher(url, TimeProvider.System);
        try
        {
            await publisher.ConnectedAsync(cancellationToken);
            return publisher;
        }
        catch
        {
            await publisher.DisposeAsync();
            throw;
        }
    }

    /// <summary>The number of subscribers that Redis handed it to (on a cluster: those of the one node).</summary>
    /// <exception cref="RedisUnreachableException">It was not published, or nobody knows. The next call may succeed.</exception>
    public async Task<long> PublishAsync(string channel, byte[] payload, CancellationToken cancellationToken = default)
    {
        ConnectionMultiplexer multiplexer = await ConnectedAsync(cancellationToken);
        try
        {
            Task<long> answer = multiplexer.GetSubscriber().PublishAsync(new RedisChannel(channel, RedisChannel.PatternMode.Literal), payload);
            return await answer.WaitAsync(AnswerDeadline, _time, cancellationToken);
        }
        catch (RedisServerException refusal)
        {
            throw new RedisUnreachableException(_url.Clean(RedisClient.Describe(refusal)));
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            await DropAsync(multiplexer);
            throw new RedisUnreachableException(_url.Clean($"{_url.Masked}: {RedisClient.Describe(failure)}"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_multiplexer is { } multiplexer) await DropAsync(multiplexer);
        _connecting.Dispose();
    }

    private async Task<ConnectionMultiplexer> ConnectedAsync(CancellationToken cancellationToken)
    {
        if (_multiplexer is { } ready) return ready;
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_multiplexer is { } meanwhile) return meanwhile;
            RedisAnswer answer = await RedisGreeting.FindAsync(_url, ConnectDeadline, _time, cancellationToken);
            if (answer.Kind != RedisAnswerKind.Pong) throw new RedisUnreachableException(answer.Reason);
            ConnectionMultiplexer multiplexer = await RedisClient.ConnectAsync(_url, answer.Host, ConnectDeadline, _time, cancellationToken);
            _multiplexer = multiplexer;
            // The library would connect again by itself, to who knows whom. Dropping never fails, so nobody needs to wait for it.
            multiplexer.ConnectionFailed += (_, _) => _ = DropAsync(multiplexer);
            return multiplexer;
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            throw new RedisUnreachableException(_url.Clean($"{_url.Masked}: {RedisClient.Describe(failure)}"));
        }
        finally
        {
            _connecting.Release();
        }
    }

    private async Task DropAsync(ConnectionMultiplexer multiplexer)
    {
        // Whoever takes it out closes it; on another thread, as the library may need its time.
        if (Interlocked.CompareExchange(ref _multiplexer, null, multiplexer) != multiplexer) return;
        await Task.Run(() => RedisClient.CloseAsync(multiplexer));
    }
}
