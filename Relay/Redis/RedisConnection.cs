using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// A connection for commands that is opened by the first request, dropped after a failure and opened again by the next request. It has no subscriptions. Any
/// thread may call, several at once. The requests of a caller that awaits each of them are in order.
/// </summary>
/// <remarks>
/// <para>
/// After a planned failover the old primary keeps its connections as a replica. It refuses a write (READONLY), and then the connection is dropped at once. It
/// does not refuse PUBLISH: it delivers only to its own subscribers. Therefore the role is also requested each second, and the connection is dropped when it
/// has changed.
/// </para>
/// <para>
/// A node of a cluster is dropped in the same way when it no longer has the slot (<see cref="RedisCluster"/>): its answer to a key of the slot is MOVED.
/// </para>
/// Example: the primary A becomes a replica of B. A PUBLISH within the second still reaches A; the next one connects again and chooses the primary of A and B.
/// </remarks>
/// <param name="url">The URL of Redis.</param>
/// <param name="connectDeadline">The deadline for finding a host that answers, and again for connecting to it.</param>
/// <param name="time">The clock for deadlines.</param>
/// <param name="maxPatience">
/// Maximum factor by which deadlines grow: each late step doubles all deadlines, and each step in time halves them again. So on an overloaded machine the
/// same step does not fail indefinitely. With 1 the deadlines do not change.
/// </param>
internal sealed class RedisConnection(RedisUrl url, TimeSpan connectDeadline, TimeProvider time, int maxPatience = 1) : IAsyncDisposable
{
    /// <summary>Interval of checking the role, that of the link's probes.</summary>
    private static readonly TimeSpan RoleInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Wait for the event with the error of a command. It has been queued when the error of its transaction arrives, so only an overloaded machine needs
    /// longer.
    /// </summary>
    private static readonly TimeSpan RefusalDeadline = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private volatile ConnectionMultiplexer? _multiplexer;
    private volatile int _patience = 1;
    private volatile bool _disposed;
    private volatile TaskCompletionSource<string> _nextRefusal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// True when the connection is dropped after the role of its server has changed. Default true; false for the link, which evaluates the role itself.
    /// </summary>
    public bool FollowsPrimary { get; init; } = true;

    /// <summary>True when the server is a node of a cluster. Known while a request is executed.</summary>
    public bool IsCluster { get; private set; }

    /// <summary>
    /// The text in the name of each key of the relay, see <see cref="RedisCluster.FindKeyTag"/>; empty outside a cluster. Known while a request is executed.
    /// </summary>
    public string KeyTag => IsCluster ? RedisCluster.FindKeyTag(url) ?? "" : "";

    /// <summary>Returns the result of <see cref="RedisCluster.FindStreamFault"/>; null outside a cluster. Known while a request is executed.</summary>
    public string? FindStreamFault(string key) => IsCluster ? RedisCluster.FindStreamFault(url, key) : null;

    /// <summary>Connects if it is not connected. The value has no meaning.</summary>
    public async Task<RedisReply<bool>> ConnectAsync(CancellationToken cancellationToken) => (await ConnectedAsync(cancellationToken)).As<bool>();

    /// <summary>
    /// Sends a request and waits for its reply. <paramref name="deadline"/> begins when the connection is open. Throws nothing but a cancellation.
    /// </summary>
    public async Task<RedisReply<T>> AskAsync<T>(Func<IDatabase, Task<T>> ask, TimeSpan deadline, CancellationToken cancellationToken)
    {
        RedisReply<T> reply = await AskOnceAsync(ask, deadline, cancellationToken);
        // The connection has been dropped. The next one connects to the node that has the slot.
        return reply.Outcome == RedisOutcome.Moved ? await AskOnceAsync(ask, deadline, cancellationToken) : reply;
    }

    /// <summary>Drops the connection, if there is one. The next request opens a new one.</summary>
    public void Reset()
    {
        // Dropping never fails, but may take a while.
        if (_multiplexer is { } multiplexer) _ = DropAsync(multiplexer);
    }

    /// <summary>Drops the connection. A request that is still connecting finds it disposed, and fails.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        if (_multiplexer is { } multiplexer) await DropAsync(multiplexer);
        // The semaphore is left to the garbage collector: at the timeout of the host's shutdown, a request may still hold it.
    }

    private async Task<RedisReply<T>> AskOnceAsync<T>(Func<IDatabase, Task<T>> ask, TimeSpan deadline, CancellationToken cancellationToken)
    {
        RedisReply<ConnectionMultiplexer> connected = await ConnectedAsync(cancellationToken);
        if (connected.Value is not { } multiplexer) return connected.As<T>();
        Task<string> refusal = _nextRefusal.Task;
        try
        {
            T value = await ask(multiplexer.GetDatabase()).WaitAsync(deadline * _patience, time, cancellationToken);
            _patience = Math.Max(1, _patience / 2);
            return RedisReply.Done(value);
        }
        catch (RedisServerException error)
        {
            RedisOutcome outcome = RedisReply.Classify(error);
            if (outcome == RedisOutcome.Aborted && await HasMovedAsync(multiplexer)) outcome = RedisOutcome.Moved;
            string text = outcome == RedisOutcome.Aborted ? await ExplainAsync(error, refusal, cancellationToken) : error.Message;
            if (
                outcome == RedisOutcome.Moved
                    || text.StartsWith("READONLY", StringComparison.Ordinal)
                    || text.StartsWith(RedisCluster.DownWord, StringComparison.Ordinal))
            {
                await DropAsync(multiplexer);
            }

            return new RedisReply<T>(outcome, default, url.Clean($"Redis says {text}"));
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            await DropAsync(multiplexer);
            return Unreachable(failure).As<T>();
        }
    }

    private async Task<RedisReply<ConnectionMultiplexer>> ConnectedAsync(CancellationToken cancellationToken)
    {
        if (_multiplexer is { } ready) return RedisReply.Done(ready);
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_multiplexer is { } meanwhile) return RedisReply.Done(meanwhile);
            TimeSpan deadline = connectDeadline * _patience;
            RedisAnswer answer = await RedisPreflight.FindAsync(url, deadline, time, cancellationToken);
            if (answer.Kind == RedisAnswerKind.Silent) _patience = Math.Min(maxPatience, 2 * _patience);
            if (answer.Kind != RedisAnswerKind.Pong) return new RedisReply<ConnectionMultiplexer>(RedisOutcome.Unreachable, null, answer.Reason);
            ConnectionMultiplexer multiplexer = await RedisClient.ConnectAsync(url, answer, deadline, time, cancellationToken);
            IsCluster = answer.IsCluster;
            _multiplexer = multiplexer;
            if (_disposed)
            {
                await DropAsync(multiplexer);
                throw new ObjectDisposedException(nameof(RedisConnection));
            }

            // The library would reconnect by itself, possibly to a different server. Dropping never fails, so it need not be awaited.
            multiplexer.ConnectionFailed += (_, _) => _ = DropAsync(multiplexer);
            multiplexer.ErrorMessage += (_, error) => NoteRefusal(error.Message);
            // Ends with the connection, and never fails.
            if (FollowsPrimary) _ = WatchRoleAsync(multiplexer, answer);
            return RedisReply.Done(multiplexer);
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            return Unreachable(failure);
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>Completes the tasks of the requests that wait for the next error of a command.</summary>
    private void NoteRefusal(string error)
    {
        if (error.StartsWith(RedisReply.AbortedWord, StringComparison.Ordinal)) return;
        Interlocked.Exchange(ref _nextRefusal, new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(error);
    }

    /// <summary>
    /// Returns the error of the command for which a MULTI was refused. The library returns only the transaction's error, EXECABORT, and raises an event for
    /// the command's, on another thread and possibly later. The error of another request at the same moment may be mistaken for it.
    /// </summary>
    private async Task<string> ExplainAsync(RedisServerException aborted, Task<string> refusal, CancellationToken cancellationToken)
    {
        try
        {
            return await refusal.WaitAsync(RefusalDeadline, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return aborted.Message;
        }
    }

    /// <summary>Drops the connection when its server is no longer the right one. Returns when the connection is dropped.</summary>
    private async Task WatchRoleAsync(ConnectionMultiplexer multiplexer, RedisAnswer server)
    {
        RedisRole role = server.Role;
        while (true)
        {
            // After a failover the old primary may keep its role, and its connections, for seconds.
            Task? news = url.Sentinel?.Announcements;
            if (url.Sentinel?.FindMove(server.Host) is not null) await DropAsync(multiplexer);
            Task pause = Task.Delay(RoleInterval, time);
            if (_multiplexer == multiplexer) await Task.WhenAny(pause, news ?? pause);
            if (_multiplexer != multiplexer) return;
            try
            {
                RedisRole earlier = role;
                role = await RedisRole.AskAsync(multiplexer.GetDatabase());
                if (role.FindChange(earlier) is not null || await HasPrimaryAsync(role) || await HasMovedAsync(multiplexer)) await DropAsync(multiplexer);
            }
            catch (Exception failure) when (RedisClient.IsFailure(failure))
            {
                // Not known this time. A request that fails drops the connection.
            }
        }
    }

    /// <summary>Returns true if the server is a replica and another host of the URL is now a primary.</summary>
    private async Task<bool> HasPrimaryAsync(RedisRole role) => role.Kind == RedisRoleKind.Replica && url.Hosts.Count > 1
        && await RedisPreflight.FindAsync(url, connectDeadline, time, CancellationToken.None) is
        {
            Kind: RedisAnswerKind.Pong,
            Role.Kind: not RedisRoleKind.Replica,
        };

    /// <summary>
    /// Returns true if the server is a node of a cluster that no longer has the slot. It refuses a transaction for that reason with the transaction's error
    /// only.
    /// </summary>
    private async Task<bool> HasMovedAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            return IsCluster && await RedisCluster.FindFaultAsync(multiplexer.GetDatabase(), url).WaitAsync(RoleInterval, time) is not null;
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            return false;
        }
    }

    private RedisReply<ConnectionMultiplexer> Unreachable(Exception failure)
    {
        if (failure is TimeoutException) _patience = Math.Min(maxPatience, 2 * _patience);
        return new(RedisOutcome.Unreachable, null, url.Clean($"{url.Masked}: {RedisClient.Describe(failure)}"));
    }

    private async Task DropAsync(ConnectionMultiplexer multiplexer)
    {
        // The thread that removes it closes it, in the background, since the library may need a while.
        if (Interlocked.CompareExchange(ref _multiplexer, null, multiplexer) != multiplexer) return;
        await Task.Run(() => RedisClient.CloseAsync(multiplexer));
    }
}
