using System.Net.Sockets;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>Connects StackExchange.Redis for commands, and says which exceptions mean that Redis or a resource failed. Without state; any thread.</summary>
internal static class RedisClient
{
    /// <summary>
    /// All that a connection for commands sends; without SUBSCRIBE the library makes no second connection. INFO is there because the library tells a replica
    /// by it, or else, having SET, by writing a key of its own.
    /// </summary>
    private static readonly CommandMap ForCommands = CommandMap.Create(
        [
            "PING", "PUBLISH", "AUTH", "CLIENT", "INFO", "ROLE", "SELECT", "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH",
            "DEL", "EXISTS", "EXPIRE", "GET", "GETRANGE", "PEXPIRE", "PSETEX", "SET", "SETEX", "STRLEN", "XADD", "XRANGE", "XREVRANGE",
        ],
        available: true);

    /// <summary>A connected multiplexer for commands, which the caller owns. Give a host that answered <see cref="RedisPreflight"/> just now.</summary>
    /// <exception cref="RedisConnectionException">It could not connect; or another exception as of <see cref="IsFailure"/>.</exception>
    /// <exception cref="TimeoutException">It did not connect within <paramref name="deadline"/>.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(RedisUrl url, RedisAnswer host, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        ConfigurationOptions configuration = url.ToConfiguration(host, ForCommands, deadline);
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

    /// <summary>Closes without waiting for pending commands. Never throws: what is being closed is worthless.</summary>
    public static async Task CloseAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            await multiplexer.CloseAsync(allowCommandsToComplete: false);
            await multiplexer.DisposeAsync();
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            // The library closes a broken connection as if it were whole, and stumbles over it. The socket is gone either way.
        }
    }

    /// <summary>
    /// True for what is thrown when the connection, Redis or a resource fails; anything else is a bug. A thread that cannot start is an
    /// OutOfMemoryException in .NET, as is memory over a limit: both pass.
    /// </summary>
    public static bool IsFailure(Exception failure) =>
        failure is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or IOException or SocketException or OutOfMemoryException
            or TaskSchedulerException { InnerException: OutOfMemoryException };

    /// <summary>An exception in few words, without the addresses and counters that make the library's own message another one each time.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        RedisServerException server => $"Redis says {server.Message}",
        RedisConnectionException connection => Describe(connection.FailureType),
        TimeoutException => "no answer in time",
        OutOfMemoryException or TaskSchedulerException => "no memory or no thread was available",
        EndOfStreamException => Describe(ConnectionFailureType.SocketClosed),
        RespException unexpected => unexpected.Message,
        SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } or IOException { InnerException: SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } } => "no file descriptor was available",
        SocketException or IOException { InnerException: SocketException } or ObjectDisposedException => Describe(ConnectionFailureType.SocketFailure),
        IOException broken => broken.Message,
        _ => failure.GetType().Name,
    };

    private static string Describe(ConnectionFailureType type) => type switch
    {
        ConnectionFailureType.SocketClosed => "the connection was closed by Redis or on the way",
        ConnectionFailureType.SocketFailure => "the connection broke",
        ConnectionFailureType.AuthenticationFailure => "the password or the certificate was not accepted",
        _ => $"the Redis client reports {type}",
    };

    private static async Task CloseLateAsync(Task<ConnectionMultiplexer> connecting)
    {
        await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (connecting.IsCompletedSuccessfully) await CloseAsync(await connecting);
    }
}
