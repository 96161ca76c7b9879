using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Cecelia.Relay.Redis;

/// <summary>
/// A connection to Redis that only subscribes. One thread reads it and delivers all messages in the order in which Redis sent them, across all channels and
/// patterns. (StackExchange.Redis has a queue for each subscription, so that messages of two subscriptions overtake each other.) It is replaced after its
/// first failure. Any thread may call. Disposing ends the thread and fails pending requests.
/// </summary>
internal sealed class RedisSubscriber : IDisposable
{
    /// <summary>Stack size of the thread. Default stacks use up to 8 MB of address space, and the calls of this thread are not deep.</summary>
    private const int StackBytes = 512 * 1024;

    /// <summary>Timeout of a send. Commands have less than 1 KB, so a send that blocks this long means that the peer does not read.</summary>
    private const int SendTimeoutMs = 1000;

    private readonly RedisUrl _url;
    private readonly RedisAnswer _host;
    private readonly int _maxPayloadBytes;
    private readonly RespMessageHandler _onMessage;
    private readonly Socket _socket;
    private volatile RespReader? _reader;
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<RespReply>> _pending = new();
    private readonly TaskCompletionSource<Stream> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RedisSubscriber(RedisUrl url, RedisAnswer host, int maxPayloadBytes, RespMessageHandler onMessage)
    {
        _url = url;
        _host = host;
        _maxPayloadBytes = maxPayloadBytes;
        _onMessage = onMessage;
        // Never used asynchronously, so its reads block in the kernel, and a message wakes one thread and not two.
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = SendTimeoutMs };
    }

    /// <summary>Completes with the reason, without secrets, when the connection has failed. Never faults.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>Connects, with TLS and AUTH according to the URL, and starts reading. The caller owns the subscriber.</summary>
    /// <param name="url">The URL with TLS, user and password.</param>
    /// <param name="host">A host that has just answered.</param>
    /// <param name="maxPayloadBytes">See <see cref="RespReader"/>.</param>
    /// <param name="onMessage">Called on the reading thread, one message at a time. Must not throw. Nothing is read while it runs.</param>
    /// <param name="deadline">The deadline for the whole operation.</param>
    /// <param name="time">The clock for the deadline.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="IOException">
    /// There is no connection, or Redis refuses it; or another exception for which <see cref="RedisClient.IsFailure"/> is true.
    /// </exception>
    /// <exception cref="TimeoutException">It took longer than <paramref name="deadline"/>.</exception>
    public static async Task<RedisSubscriber> ConnectAsync(
        RedisUrl url, RedisAnswer host, int maxPayloadBytes, RespMessageHandler onMessage,
        TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        var subscriber = new RedisSubscriber(url, host, maxPayloadBytes, onMessage);
        try
        {
            // A thread that cannot start is an OutOfMemoryException, which the caller treats as a failed attempt.
            new Thread(subscriber.Run, StackBytes) { IsBackground = true, Name = "redis" }.Start();
            await subscriber.GreetAsync().WaitAsync(deadline, time, cancellationToken);
            return subscriber;
        }
        catch
        {
            subscriber.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Subscribes to a channel or pattern. Returns null if Redis has confirmed it, otherwise Redis' error. Replies are in the order of the calls.
    /// </summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public Task<string?> SubscribeAsync(string channel, bool isPattern) => SubscribeTogether([(channel, isPattern)])[0];

    /// <summary>
    /// Subscribes to several channels or patterns in one write and returns a task for each, see <see cref="SubscribeAsync(string, bool)"/>. Redis executes
    /// commands that arrive together without another client's command in between, so that no event of a later channel is missed after one of an earlier
    /// channel has arrived.
    /// </summary>
    public IReadOnlyList<Task<string?>> SubscribeTogether(IReadOnlyList<(string Channel, bool IsPattern)> channels)
    {
        IReadOnlyList<Task<RespReply>> replies = Send(
            [.. channels.SelectMany(one => RespCommand.Write(one.IsPattern ? "PSUBSCRIBE" : "SUBSCRIBE", one.Channel))],
            channels.Count);
        return [.. replies.Select(RefusalAsync)];
    }

    /// <summary>
    /// Subscribes to the shard channel of that name, whose messages are only counted. Returns null if Redis has confirmed it, otherwise Redis' error.
    /// </summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public Task<string?> SubscribeShardAsync(string channel) => RefusalAsync(SendAsync(RespCommand.Write("SSUBSCRIBE", channel)));

    /// <summary>See <see cref="RespReader.ShardMessages"/>.</summary>
    public long ShardMessages => _reader?.ShardMessages ?? 0;

    /// <summary>Completes when Redis has answered a PING: everything that Redis sent before has been delivered.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public Task PingAsync() => SendAsync(RespCommand.Write("PING"));

    /// <summary>Ends the connection with a reason, if it has not failed yet.</summary>
    public void Fail(string reason)
    {
        TaskCompletionSource<RespReply>[] pending;
        lock (_gate)
        {
            if (!_failed.TrySetResult(reason)) return;
            pending = [.. _pending];
            _pending.Clear();
        }

        // Wakes the reading thread from any wait.
        _socket.Dispose();
        var failure = new IOException(reason);
        _connected.TrySetException(failure);
        foreach (TaskCompletionSource<RespReply> one in pending) one.TrySetException(failure);
        // These may not be awaited.
        _ = _connected.Task.Exception;
        foreach (TaskCompletionSource<RespReply> one in pending) _ = one.Task.Exception;
    }

    public void Dispose() => Fail("the connection was closed by the relay");

    private async Task GreetAsync()
    {
        await _connected.Task;
        if (RespCommand.WriteAuth(_url) is { } auth && await SendAsync(auth) is { IsError: true } refusal)
        {
            throw new RespException($"Redis says {refusal.Text}");
        }

        // For CLIENT LIST. The connection works without this permission too.
        await SendAsync(RespCommand.Write("CLIENT", "SETNAME", RedisUrl.ClientName));
    }

    private static async Task<string?> RefusalAsync(Task<RespReply> asked) => await asked is { IsError: true } refusal ? refusal.Text : null;

    /// <summary>Sends a command. The task completes with its reply.</summary>
    private Task<RespReply> SendAsync(byte[] command) => Send(command, 1)[0];

    /// <summary>Sends commands in one write. The tasks complete with their replies.</summary>
    private IReadOnlyList<Task<RespReply>> Send(byte[] commands, int count)
    {
        TaskCompletionSource<RespReply>[] replies =
        [
            .. Enumerable.Range(0, count).Select(_ => new TaskCompletionSource<RespReply>(TaskCreationOptions.RunContinuationsAsynchronously)),
        ];
        try
        {
            lock (_gate)
            {
                if (_failed.Task.IsCompleted) return [.. replies.Select(_ => Task.FromException<RespReply>(new IOException(_failed.Task.Result)))];
                // Under the same lock as the send, so that replies match. The duration of a blocking write is limited by SendTimeoutMs.
                foreach (TaskCompletionSource<RespReply> reply in replies) _pending.Enqueue(reply);
                _connected.Task.Result.Write(commands);
            }
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            Fail(RedisClient.Describe(failure));
        }

        return [.. replies.Select(reply => reply.Task)];
    }

    private void Run()
    {
        try
        {
            _socket.Connect(_host.Address ?? _host.Host);
            Stream stream = new NetworkStream(_socket);
            if (_url.Tls)
            {
                var secure = new SslStream(stream);
                secure.AuthenticateAsClient(_url.ToTlsOptions(_host.Host));
                stream = secure;
            }

            var reader = new RespReader(stream, _maxPayloadBytes);
            _reader = reader;
            _connected.TrySetResult(stream);
            while (true)
            {
                if (reader.Read(_onMessage) is { } reply) Answer(reply);
            }
        }
        catch (AuthenticationException failure)
        {
            Fail($"TLS failed: {failure.Message}");
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            Fail(RedisClient.Describe(failure));
        }
#pragma warning disable CA1031 // An exception that leaves a thread ends the process. The link reports this one and reconnects.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Fail($"a fault of the relay: {fault.GetType().Name}: {fault.Message}");
        }
    }

    private void Answer(RespReply reply)
    {
        TaskCompletionSource<RespReply>? asked;
        lock (_gate) _pending.TryDequeue(out asked);
        if (asked is null) throw new RespException("it sent a reply without a command");
        asked.TrySetResult(reply);
    }
}
