using System.Net.Sockets;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>Connects StackExchange.Redis for commands, and classifies exceptions that mean that Redis or a resource failed. Stateless; any thread.</summary>
internal static class RedisClient
{
    /// <summary>
    /// The commands that a connection for commands may send. Without SUBSCRIBE the library does not open a second connection. INFO is included because the
    /// library detects a replica by it, or otherwise, having SET, by writing its own key.
    /// </summary>
    private static readonly CommandMap ForCommands = CommandMap.Create(
        [
            "PING", "PUBLISH", "PUBSUB", "AUTH", "CLIENT", "INFO", "ROLE", "SELECT", "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH",
            "DEL", "EXISTS", "EXPIRE", "GET", "GETRANGE", "PEXPIRE", "PSETEX", "SET", "SETEX", "STRLEN", "XADD", "XRANGE", "XREVRANGE",
            "ZADD", "ZCARD", "ZPOPMIN", "ZRANGE", "ZREM", "ZREMRANGEBYSCORE",
        ],
        available: true);

    /// <summary>
    /// Returns a connected multiplexer for commands, which the caller owns. The host should have just answered <see cref="RedisPreflight"/>.
    /// </summary>
    /// <exception cref="RedisConnectionException">It could not connect; or another exception for which <see cref="IsFailure"/> is true.</exception>
    /// <exception cref="TimeoutException">It did not connect within <paramref name="deadline"/>.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(
        RedisUrl url,
        RedisAnswer host,
        TimeSpan deadline,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        ConfigurationOptions configuration = url.ToConfiguration(host, ForCommands, deadline);
        // On another thread, since the library does part of the work before it returns a task.
        Task<ConnectionMultiplexer> connecting = Task.Run(() => ConnectionMultiplexer.ConnectAsync(configuration), CancellationToken.None);
        try
        {
            return await connecting.WaitAsync(deadline, time, cancellationToken);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            // Connecting cannot be cancelled and has no limit in the library. The task below never faults.
            _ = CloseLateAsync(connecting);
            throw;
        }
    }

    /// <summary>Closes the multiplexer without waiting for pending commands. Does not throw.</summary>
    public static async Task CloseAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            await multiplexer.CloseAsync(allowCommandsToComplete: false);
            await multiplexer.DisposeAsync();
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            // The library may fail when it closes a broken connection. The socket is closed in either case.
        }
    }

    /// <summary>
    /// Returns true for exceptions that mean that the connection, Redis or a resource failed. Any other exception is a bug. In .NET a thread that cannot
    /// start and memory above a limit are both an OutOfMemoryException, which is a temporary condition.
    /// </summary>
    public static bool IsFailure(Exception failure) =>
        failure is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or IOException
            or SocketException or OutOfMemoryException
            or TaskSchedulerException { InnerException: OutOfMemoryException };

    /// <summary>Describes an exception briefly, without the addresses and counters that make the library's message different each time.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        RedisServerException server => $"Redis says {server.Message}",
        RedisConnectionException connection => Describe(connection.FailureType),
        TimeoutException => "no answer in time",
        OutOfMemoryException or TaskSchedulerException => "no memory or no thread was available",
        EndOfStreamException => Describe(ConnectionFailureType.SocketClosed),
        RespException unexpected => unexpected.Message,
        SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } or IOException
        {
            InnerException: SocketException { SocketErrorCode: SocketError.TooManyOpenSockets },
        } => "no file descriptor was available",
        SocketException or IOException { InnerException: SocketException } or ObjectDisposedException => Describe(ConnectionFailureType.SocketFailure),
        IOException broken => broken.Message,
        _ => failure.GetType().Name,
    };

    private static string Describe(ConnectionFailureType type) => type switch
    {
        ConnectionFailureType.SocketClosed => "the connection was closed by Redis or by an intermediary",
        ConnectionFailureType.SocketFailure => "the connection was lost",
        ConnectionFailureType.AuthenticationFailure => "the password or the certificate was not accepted",
        _ => $"the Redis client reports {type}",
    };

    private static async Task CloseLateAsync(Task<ConnectionMultiplexer> connecting)
    {
        await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (connecting.IsCompletedSuccessfully) await CloseAsync(await connecting);
    }
}
