using System.Net;
using System.Text;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// One subscribed connection, from connecting to the first failure. It is never repaired, only replaced. <see cref="RedisLink"/> owns and disposes it and is
/// its only caller, except for <see cref="CatchUpAsync"/>. The subscriber's reading thread only calls the receiver of messages.
/// </summary>
internal sealed class RedisSession : IDisposable
{
    /// <summary>Step of waiting for a nonce. When messages arrived within the last step, the nonce is queued behind them.</summary>
    private static readonly TimeSpan BacklogStep = TimeSpan.FromMilliseconds(400);

    /// <summary>Bounds the wait for a nonce behind other messages, since the nonce alone may be lost: about ten seconds.</summary>
    private const int MaxBacklogSteps = 25;

    private readonly RedisSubscriber _subscriber;
    private readonly RedisReceiver _receiver;
    private readonly RedisConnection _publisher;
    private readonly TimeProvider _time;
    private readonly string _probeName;
    private readonly RedisChannel _probeChannel;
    private readonly string _streamKey;
    private readonly string _eventsName;

    private RedisSession(
        RedisSubscriber subscriber,
        RedisReceiver receiver,
        RedisAnswer host,
        RedisChannels channels,
        RedisConnection publisher,
        TimeProvider time)
    {
        _subscriber = subscriber;
        _receiver = receiver;
        _publisher = publisher;
        _time = time;
        _probeName = channels.ProbeName;
        _probeChannel = new RedisChannel(_probeName, RedisChannel.PatternMode.Literal);
        _streamKey = channels.StreamKey;
        _eventsName = channels.EventsName;
        Host = host.Host;
        Role = host.Role;
        IsCluster = host.IsCluster;
    }

    /// <summary>The server of the connection.</summary>
    public EndPoint Host { get; }

    /// <summary>Completes, with the reason, when the connection has failed.</summary>
    public Task<string> Failed => _subscriber.Failed;

    /// <summary>The outcome of the last probe that was sent. It may be late.</summary>
    public Task<RedisProbeOutcome> LastProbe => _receiver.Probe.Outcome.Task;

    /// <summary>The <see cref="RedisProbe.Newest"/> of the last probe that was sent.</summary>
    public Task<RedisReply<RedisStreamId>?> NewestInStream => _receiver.Probe.Newest.Task;

    /// <summary>True when publishing on the probe channel is not permitted. Then only PING proves the connection.</summary>
    public bool ProbesByPing { get; private set; }

    /// <summary>The last known role of the server in the replication. Updated by the link.</summary>
    public RedisRole Role { get; set; }

    /// <summary>True when <see cref="Host"/> is a node of a cluster.</summary>
    public bool IsCluster { get; }

    /// <summary>The minimum age of what the server delivers, see <see cref="RedisAnswer.Age"/>.</summary>
    public TimeSpan Age => Role.Age + (IsCluster ? RedisCluster.BusAge : TimeSpan.Zero);

    /// <summary>See <see cref="RespReader.ShardMessages"/>.</summary>
    public long ShardMessages => _subscriber.ShardMessages;

    /// <summary>True when requests for a handoff are subscribed.</summary>
    public bool IsSubscribedToRequests { get; private set; }

    /// <summary>Connects. The caller keeps ownership of <paramref name="publisher"/>.</summary>
    /// <exception cref="IOException">It could not connect; or another exception for which <see cref="RedisClient.IsFailure"/> is true.</exception>
    /// <exception cref="TimeoutException">It did not connect in time.</exception>
    public static async Task<RedisSession> ConnectAsync(
        RedisUrl url, RedisAnswer host, RedisChannels channels, RedisCallbacks callbacks, RedisConnection publisher,
        TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        var receiver = new RedisReceiver(channels, callbacks);
        RedisSubscriber subscriber = await RedisSubscriber.ConnectAsync(
            url, host, callbacks.MaxPayloadBytes, receiver.OnMessage, deadline, time, cancellationToken);
        return new RedisSession(subscriber, receiver, host, channels, publisher, time);
    }

    /// <summary>Subscribes to a channel. Returns null on success, and Redis' error when it was refused. May be called again after a refusal.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    public Task<string?> SubscribeAsync(RedisChannelWatch channel, TimeSpan deadline, CancellationToken cancellationToken) =>
        _subscriber.SubscribeAsync(channel.Name, channel.IsPattern).WaitAsync(deadline, _time, cancellationToken);

    /// <summary>
    /// Subscribes to channels of events and, behind them, to the probe channel, on which the barrier of a handoff arrives too: when a barrier
    /// arrives, it was published after they were subscribed. A refusal of the probe channel makes this session probe by PING.
    /// </summary>
    /// <returns>Null or Redis' error for each channel, and for the probe channel.</returns>
    public async Task<(string?[] Refusals, string? ProbeRefusal)> SubscribeAllAsync(
        IEnumerable<RedisChannelWatch> channels,
        TimeSpan deadline,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<Task<string?>> subscribing =
            _subscriber.SubscribeTogether([.. channels.Select(channel => (channel.Name, channel.IsPattern)), (_probeName, false)]);
        string?[] refusals = await Task.WhenAll(subscribing).WaitAsync(deadline, _time, cancellationToken);
        ProbesByPing = refusals[^1] is not null;
        // Only to detect a publisher that uses SPUBLISH. Redis before 7.0 does not support it, and the user need not have the permission.
        if (IsCluster) await _subscriber.SubscribeShardAsync(_eventsName).WaitAsync(deadline, _time, cancellationToken);
        return (refusals[..^1], refusals[^1]);
    }

    /// <summary>Subscribes to the channel of requests for a handoff, like <see cref="SubscribeAsync"/>.</summary>
    public async Task<string?> SubscribeRequestsAsync(RedisChannelWatch channel, TimeSpan deadline, CancellationToken cancellationToken)
    {
        string? refusal = await SubscribeAsync(channel, deadline, cancellationToken);
        IsSubscribedToRequests = refusal is null;
        return refusal;
    }

    /// <summary>Makes PING the only proof of the connection.</summary>
    public void ProbeByPing() => ProbesByPing = true;

    /// <summary>Sends a probe and returns when it has arrived, was refused, or is late. A late one may still complete <see cref="LastProbe"/>.</summary>
    public async Task<RedisProbeOutcome> ProbeAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var probe = new RedisProbe(Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")));
        _receiver.Probe = probe;
        // Never faults, and ends with the connection at the latest. The outcome is awaited below.
        _ = SendAsync(probe);

        await WaitAsync(probe, deadline - BacklogStep, cancellationToken);
        for (int step = 0; step < MaxBacklogSteps && !probe.Outcome.Task.IsCompleted && !Failed.IsCompleted; step++)
        {
            // Replacing the session while messages still arrive would lose the messages in flight, only because this process is slow.
            long arrived = _receiver.Received;
            await WaitAsync(probe, BacklogStep, cancellationToken);
            if (_receiver.Received == arrived) break;
        }

        return probe.Outcome.Task.IsCompleted ? await probe.Outcome.Task : RedisProbeOutcome.Late;
    }

    /// <summary>Returns when Redis has answered a PING: all that it had sent before has been delivered. Any thread.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public Task CatchUpAsync(CancellationToken cancellationToken) => _subscriber.PingAsync().WaitAsync(cancellationToken);

    /// <summary>Ends the session with a reason. What it proves from now on does not count.</summary>
    public void Fail(string reason) => _subscriber.Fail(reason);

    /// <summary>Ends delivery. No message of this session is delivered after it has returned.</summary>
    public void Close() => _receiver.Close();

    /// <summary>Ends delivery and closes the connection. Does not wait for the peer.</summary>
    public void Dispose()
    {
        Close();
        _subscriber.Dispose();
    }

    /// <summary>
    /// Publishes the nonce. When that is not possible although Redis may be available (the connection for commands failed, or a script runs), a PING on the
    /// subscribed connection proves the same for a single Redis: its answer follows all that was sent before.
    /// </summary>
    private async Task SendAsync(RedisProbe probe)
    {
        try
        {
            bool byPing = ProbesByPing;
            if (!byPing || _streamKey.Length > 0)
            {
                RedisReply<RedisReply<RedisStreamId>?> sent = await _publisher.AskAsync(
                    database => PublishAsync(database, byPing ? null : probe.Nonce),
                    RedisLink.PublishDeadline,
                    CancellationToken.None);
                probe.Newest.TrySetResult(sent.Value);
                if (!byPing && sent.IsDone) return;
                if (!byPing && sent.Outcome == RedisOutcome.Forbidden)
                {
                    probe.Outcome.TrySetResult(RedisProbeOutcome.Refused);
                    return;
                }
            }

            await _subscriber.PingAsync();
            probe.Outcome.TrySetResult(RedisProbeOutcome.Returned);
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            // The probe will be late, or the session has failed.
        }
        finally
        {
            probe.Newest.TrySetResult(null);
        }
    }

    /// <summary>Requests the newest entry of the stream, if there is one, and after that publishes the nonce, if there is one.</summary>
    private async Task<RedisReply<RedisStreamId>?> PublishAsync(IDatabase database, byte[]? nonce)
    {
        // On one connection, so Redis executes them in this order.
        Task<RedisReply<RedisStreamId>>? newest = _streamKey.Length == 0 ? null
            : _publisher.FindStreamFault(_streamKey) is { } fault ? Task.FromResult(new RedisReply<RedisStreamId>(RedisOutcome.Refused, default, fault))
            : RedisStream.FindNewestAsync(database, _streamKey);
        Task<long> published = nonce is null ? Task.FromResult(1L) : database.PublishAsync(_probeChannel, nonce);
        // The caller handles a refusal of the PUBLISH.
        await Task.WhenAll(published, newest ?? Task.CompletedTask);
        // A nonce that is received over the bus of a cluster proves nothing about the node that should be subscribed.
        if (IsCluster && await published == 0) Fail("the subscription is at another node of the cluster than the slot of the events channel");
        return newest is null ? null : await newest;
    }

    private async Task WaitAsync(RedisProbe probe, TimeSpan time, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(probe.Outcome.Task, Failed, Task.Delay(time, _time, ended.Token));
        await ended.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
