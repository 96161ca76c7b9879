using System.Net;
using System.Text;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// One subscribed connection, from connecting to the first failure: it is never repaired, only replaced. <see cref="RedisLink"/> owns and disposes it and
/// is alone in calling it, but for <see cref="CatchUpAsync"/>; the subscriber's reading thread only reaches what receives messages.
/// </summary>
internal sealed class RedisSession : IDisposable
{
    /// <summary>When messages arrived within the last such step, the nonce is only queued behind them.</summary>
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

    private RedisSession(RedisSubscriber subscriber, RedisReceiver receiver, RedisAnswer host, RedisChannels channels, RedisConnection publisher, TimeProvider time)
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

    /// <summary>The server that it is connected to.</summary>
    public EndPoint Host { get; }

    /// <summary>Completes, with the reason, when the connection has failed.</summary>
    public Task<string> Failed => _subscriber.Failed;

    /// <summary>The outcome of the last probe that was sent; it may come late.</summary>
    public Task<RedisProbeOutcome> LastProbe => _receiver.Probe.Outcome.Task;

    /// <summary>As of <see cref="RedisProbe.Newest"/>, of the last probe that was sent.</summary>
    public Task<RedisReply<RedisStreamId>?> NewestInStream => _receiver.Probe.Newest.Task;

    /// <summary>True when publishing on the probe channel is not permitted: then PING alone proves the connection.</summary>
    public bool ProbesByPing { get; private set; }

    /// <summary>The server's role in the replication when it was last known. Kept by the link.</summary>
    public RedisRole Role { get; set; }

    /// <summary>True when <see cref="Host"/> is a node of a cluster.</summary>
    public bool IsCluster { get; }

    /// <summary>At least so old is what the server delivers: as of <see cref="RedisAnswer.Age"/>.</summary>
    public TimeSpan Age => Role.Age + (IsCluster ? RedisCluster.BusAge : TimeSpan.Zero);

    /// <summary>As of <see cref="RespReader.ShardMessages"/>.</summary>
    public long ShardMessages => _subscriber.ShardMessages;

    /// <summary>True when requests for a handoff are subscribed.</summary>
    public bool IsSubscribedToRequests { get; private set; }

    /// <summary>Connects. <paramref name="publisher"/> stays the caller's.</summary>
    /// <exception cref="IOException">It could not connect; or another exception as of <see cref="RedisClient.IsFailure"/>.</exception>
    /// <exception cref="TimeoutException">It did not connect in time.</exception>
    public static async Task<RedisSession> ConnectAsync(
        RedisUrl url, RedisAnswer host, RedisChannels channels, RedisCallbacks callbacks, RedisConnection publisher, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        var receiver = new RedisReceiver(channels, callbacks);
        RedisSubscriber subscriber = await RedisSubscriber.ConnectAsync(url, host, callbacks.MaxPayloadBytes, receiver.OnMessage, deadline, time, cancellationToken);
        return new RedisSession(subscriber, receiver, host, channels, publisher, time);
    }

    /// <summary>Null when the subscription stands, Redis' error when it was refused. May be called again after a refusal.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    public Task<string?> SubscribeAsync(RedisChannelWatch channel, TimeSpan deadline, CancellationToken cancellationToken) =>
        _subscriber.SubscribeAsync(channel.Name, channel.IsPattern).WaitAsync(deadline, _time, cancellationToken);

    /// <summary>
    /// Subscribes to channels of events and, behind them, to the probe channel, on which the barrier of a handoff arrives too: a barrier that arrives was
    /// published when they were subscribed. A refusal of the probe channel makes this session probe by PING.
    /// </summary>
    /// <returns>Null or Redis' error for each channel, and for the probe channel.</returns>
    public async Task<(string?[] Refusals, string? ProbeRefusal)> SubscribeAllAsync(IEnumerable<RedisChannelWatch> channels, TimeSpan deadline, CancellationToken cancellationToken)
    {
        IReadOnlyList<Task<string?>> asked = _subscriber.SubscribeTogether([.. channels.Select(channel => (channel.Name, channel.IsPattern)), (_probeName, false)]);
        string?[] refusals = await Task.WhenAll(asked).WaitAsync(deadline, _time, cancellationToken);
        ProbesByPing = refusals[^1] is not null;
        // Only to notice a publisher that uses SPUBLISH. A Redis before 7.0 does not know it, and a user need not have the permission.
        if (IsCluster) await _subscriber.SubscribeShardAsync(_eventsName).WaitAsync(deadline, _time, cancellationToken);
        return (refusals[..^1], refusals[^1]);
    }

    /// <summary>As <see cref="SubscribeAsync"/>, of the channel of requests for a handoff.</summary>
    public async Task<string?> SubscribeRequestsAsync(RedisChannelWatch channel, TimeSpan deadline, CancellationToken cancellationToken)
    {
        string? refusal = await SubscribeAsync(channel, deadline, cancellationToken);
        IsSubscribedToRequests = refusal is null;
        return refusal;
    }

    /// <summary>From now on PING alone proves the connection.</summary>
    public void ProbeByPing() => ProbesByPing = true;

    /// <summary>Sends a probe and returns when it came back, was refused, or is late. A late one may still complete <see cref="LastProbe"/>.</summary>
    public async Task<RedisProbeOutcome> ProbeAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var probe = new RedisProbe(Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")));
        _receiver.Probe = probe;
        // Never fails, and ends with the connection at the latest; the outcome is what is waited for.
        _ = SendAsync(probe);

        await WaitAsync(probe, deadline - BacklogStep, cancellationToken);
        for (int step = 0; step < MaxBacklogSteps && !probe.Outcome.Task.IsCompleted && !Failed.IsCompleted; step++)
        {
            // Replacing the session while messages still arrive would lose those that are on their way, only because we are behind.
            long arrived = _receiver.Received;
            await WaitAsync(probe, BacklogStep, cancellationToken);
            if (_receiver.Received == arrived) break;
        }

        return probe.Outcome.Task.IsCompleted ? await probe.Outcome.Task : RedisProbeOutcome.Late;
    }

    /// <summary>Returns when Redis has answered a PING: all that it had sent before is in the queue. Any thread.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public Task CatchUpAsync(CancellationToken cancellationToken) => _subscriber.PingAsync().WaitAsync(cancellationToken);

    /// <summary>Ends the session with a reason: what it proves from now on does not count.</summary>
    public void Fail(string reason) => _subscriber.Fail(reason);

    /// <summary>When it returns, nothing of this session reaches the queue any more.</summary>
    public void Close() => _receiver.Close();

    /// <summary>Silences and closes. Does not wait for the peer.</summary>
    public void Dispose()
    {
        Close();
        _subscriber.Dispose();
    }

    /// <summary>
    /// Publishes the nonce. Where that is not possible although Redis may be there (the connection for commands failed, a script runs), a PING on the
    /// subscribed connection proves as much for a single Redis: its answer comes behind all that was sent before.
    /// </summary>
    private async Task SendAsync(RedisProbe probe)
    {
        try
        {
            bool byPing = ProbesByPing;
            if (!byPing || _streamKey.Length > 0)
            {
                RedisReply<RedisReply<RedisStreamId>?> sent = await _publisher.AskAsync(database => PublishAsync(database, byPing ? null : probe.Nonce), RedisLink.PublishDeadline, CancellationToken.None);
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

    /// <summary>Asks for the newest entry of the stream, if there is one, and behind that publishes the nonce, if there is one.</summary>
    private async Task<RedisReply<RedisStreamId>?> PublishAsync(IDatabase database, byte[]? nonce)
    {
        // One connection, so Redis sees them in this order.
        Task<RedisReply<RedisStreamId>>? newest = _streamKey.Length == 0 ? null
            : _publisher.FindStreamFault(_streamKey) is { } elsewhere ? Task.FromResult(new RedisReply<RedisStreamId>(RedisOutcome.Refused, default, elsewhere))
            : RedisStream.FindNewestAsync(database, _streamKey);
        Task<long> published = nonce is null ? Task.FromResult(1L) : database.PublishAsync(_probeChannel, nonce);
        // A refusal of the PUBLISH is what the caller acts on.
        await Task.WhenAll(published, newest ?? Task.CompletedTask);
        // A nonce that comes over the bus of a cluster proves nothing about the node that is to be subscribed.
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
