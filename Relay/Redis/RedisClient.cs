using System.Net.Sockets;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>The few calls of StackExchange.Redis that are made the same way by all, or differently by its major version.</summary>
internal static class RedisClient
{
    private static readonly TimeSpan ConnectionPoll = TimeSpan.FromMilliseconds(2);

    /// <summary>All that a link sends.</summary>
    private static readonly CommandMap ForEvents =
        CommandMap.Create(["PING", "PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "AUTH", "CLIENT"], available: true);

    /// <summary>
    /// All that a connection for commands sends; without SUBSCRIBE the library makes no second connection. UNKNOWN lets pass what version 1 has no name for
    /// (XADD, XRANGE). INFO is there because the library tells a replica by it, or else, having SET, by writing a key of its own.
    /// </summary>
    private static readonly CommandMap ForCommands = CommandMap.Create(
        [
            "PING", "PUBLISH", "AUTH", "CLIENT", "INFO", "SELECT", "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH",
            "DEL", "EXISTS", "EXPIRE", "GET", "GETRANGE", "PEXPIRE", "PSETEX", "SET", "SETEX", "STRLEN", "UNKNOWN", "XADD", "XRANGE",
        ],
        available: true);

    /// <summary>A connected multiplexer for the events, which the caller owns. Give a host that answered <see cref="RedisGreeting"/> just now.</summary>
    /// <exception cref="RedisConnectionException">It could not connect.</exception>
    /// <exception cref="TimeoutException">It did not connect within <paramref name="deadline"/>.</exception>
    public static async Task<ConnectionMultiplexer> ConnectForEventsAsync(RedisUrl url, RedisAnswer host, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        ConnectionMultiplexer multiplexer = await ConnectAsync(url.ToConfiguration(host, ForEvents, deadline), deadline, time, cancellationToken);
        try
        {
#if REDIS_CLIENT_V1
            multiplexer.PreserveAsyncOrder = true;
#endif
            // The library is content when its first connection stands. Asked to subscribe before its second one does, it reports success and sends nothing.
            while (!multiplexer.GetSubscriber().IsConnected())
            {
                if (time.GetElapsedTime(started) > deadline) throw new TimeoutException();
                await Task.Delay(ConnectionPoll, time, cancellationToken);
            }

            return multiplexer;
        }
        catch
        {
            // Beside the caller: the library may need its time, and closing never fails.
            _ = Task.Run(() => CloseAsync(multiplexer), CancellationToken.None);
            throw;
        }
    }

    /// <summary>A connected multiplexer for commands, which the caller owns. Give a host that answered <see cref="RedisGreeting"/> just now.</summary>
    /// <exception cref="RedisConnectionException">It could not connect.</exception>
    /// <exception cref="TimeoutException">It did not connect within <paramref name="deadline"/>.</exception>
    public static Task<ConnectionMultiplexer> ConnectForCommandsAsync(RedisUrl url, RedisAnswer host, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken) =>
        ConnectAsync(url.ToConfiguration(host, ForCommands, deadline), deadline, time, cancellationToken);

    /// <summary>Subscribes so that the handler is called for one message at a time, in the order of arrival over all channels of this subscriber.</summary>
    public static async Task SubscribeInOrderAsync(ISubscriber subscriber, RedisChannel channel, Action<RedisChannel, RedisValue> handler)
    {
#if REDIS_CLIENT_V1
        // PreserveAsyncOrder makes one queue of all handlers of a multiplexer.
        await subscriber.SubscribeAsync(channel, handler);
        // It also completes when there was nobody to send it to.
        if (subscriber.SubscribedEndpoint(channel) is null) throw new TimeoutException();
#else
        // From 2.0 on only the queue form keeps an order.
        ChannelMessageQueue messages = await subscriber.SubscribeAsync(channel);
        messages.OnMessage(message => handler(message.Channel, message.Message));
#endif
    }

    /// <summary>Closes without waiting for pending commands. Never throws: what is being closed is worthless.</summary>
    public static async Task CloseAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            await multiplexer.CloseAsync(allowCommandsToComplete: false);
            multiplexer.Dispose();
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            // The library closes a broken connection as if it were whole, and stumbles over it. The socket is gone either way.
        }
    }

    /// <summary>True for what the library throws when the connection or Redis fails; anything else is a bug.</summary>
    public static bool IsFailure(Exception failure) =>
        failure is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or IOException or SocketException;

    private static async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        // On another thread, as part of it is done before the library returns a task.
        Task<ConnectionMultiplexer> connecting = Task.Run(() => ConnectionMultiplexer.ConnectAsync(configuration), CancellationToken.None);
        try
        {
            return await connecting.WaitAsync(deadline, time, cancellationToken);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            // The library cannot be told to stop connecting, and may take as long as it likes; the task below never fails.
            _ = CloseLateAsync(connecting);
            throw;
        }
    }

    private static async Task CloseLateAsync(Task<ConnectionMultiplexer> connecting)
    {
        await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (connecting.IsCompletedSuccessfully) await CloseAsync(await connecting);
    }

    /// <summary>An exception of the library in few words, without the addresses and counters that make its own message another one each time.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        RedisServerException server => $"Redis says {server.Message}",
        RedisConnectionException connection => Describe(connection.FailureType),
        TimeoutException => "no answer in time",
        _ => failure.GetType().Name,
    };

    public static string Describe(ConnectionFailureType type) => type switch
    {
        ConnectionFailureType.SocketClosed => "the connection was closed by Redis or on the way",
        ConnectionFailureType.SocketFailure => "the connection broke",
        ConnectionFailureType.AuthenticationFailure => "the password or the certificate was not accepted",
        _ => $"the Redis client reports {type}",
    };
}
