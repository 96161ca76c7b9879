using System.Net;
using System.Text;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// One multiplexer's life, from connecting to the first failure: it is never repaired, only replaced. <see cref="RedisLink"/> owns and disposes it,
/// and is alone in calling it; the library's threads only reach what receives messages, and the failure events.
/// </summary>
internal sealed class RedisSession : IAsyncDisposable
{
    /// <summary>When messages came within the last such step, the nonce is only standing in line behind them.</summary>
    private static readonly TimeSpan BacklogStep = TimeSpan.FromMilliseconds(400);

    /// <summary>Not for ever, though: the nonce may be lost and the messages not. About ten seconds.</summary>
    private const int MaxBacklogSteps = 25;

    private readonly ConnectionMultiplexer _multiplexer;
    private readonly ISubscriber _subscriber;
    private readonly RedisInbox _inbox;
    private readonly TimeProvider _time;
    private readonly RedisChannel _probeChannel;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RedisProbe _probe = new([]);
    private bool _silenced;
    private long _arrived;

    private RedisSession(ConnectionMultiplexer multiplexer, EndPoint host, string probeChannel, RedisInbox inbox, TimeProvider time)
    {
        _multiplexer = multiplexer;
        _subscriber = multiplexer.GetSubscriber();
        _inbox = inbox;
        _time = time;
        _probeChannel = new RedisChannel(probeChannel, RedisChannel.PatternMode.Literal);
        Host = host;
        multiplexer.ConnectionFailed += OnConnectionFailed;
    }

    /// <summary>Who it is connected to.</summary>
    public EndPoint Host { get; }

    /// <summary>Completes, with the reason, when the library reports a failure of either connection.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>The last probe that was sent; its outcome may come late.</summary>
    public Task<RedisProbeOutcome> LastProbe => _probe.Outcome.Task;

    /// <summary>True when the probe channel is refused, so that PING on the subscribing connection stands in for the nonce.</summary>
    public bool ProbesByPing { get; private set; }

    /// <summary>True when requests for a handoff are subscribed.</summary>
    public bool HearsRequests { get; private set; }

    /// <summary>Messages that came on channels of events.</summary>
    public long Arrived => Volatile.Read(ref _arrived);

    /// <exception cref="RedisConnectionException">It could not connect.</exception>
    /// <exception cref="TimeoutException">It did not connect in time.</exception>
    public static async Task<RedisSession> ConnectAsync(
        RedisUrl url, RedisAnswer host, string probeChannel, TimeSpan deadline, RedisInbox inbox, TimeProvider time, CancellationToken cancellationToken)
    {
        ConnectionMultiplexer multiplexer = await RedisClient.ConnectForEventsAsync(url, host, deadline, time, cancellationToken);
        return new RedisSession(multiplexer, host.Host, probeChannel, inbox, time);
    }

    /// <summary>Null when the subscription stands; Redis' words when Redis refused it. May be called again after a refusal.</summary>
    /// <exception cref="RedisConnectionException">The connection broke.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    public Task<string?> SubscribeAsync(RedisChannel channel, TimeSpan deadline, CancellationToken cancellationToken) =>
        SubscribeAsync(channel, OnMessage, deadline, cancellationToken);

    /// <summary>
    /// Subscribes to the probe channel, on which the cut of a handoff comes too; a refusal makes this session probe by PING. To be called after the events
    /// are asked for: then a cut that arrives was published when they were subscribed.
    /// </summary>
    public async Task<string?> SubscribeProbeAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        string? refusal = await SubscribeAsync(_probeChannel, OnOwnMessage, deadline, cancellationToken);
        ProbesByPing = refusal is not null;
        return refusal;
    }

    /// <summary>As <see cref="SubscribeAsync(RedisChannel, TimeSpan, CancellationToken)"/>, of the channel of requests for a handoff.</summary>
    public async Task<string?> SubscribeRequestsAsync(RedisChannel channel, TimeSpan deadline, CancellationToken cancellationToken)
    {
        string? refusal = await SubscribeAsync(channel, OnRequest, deadline, cancellationToken);
        HearsRequests = refusal is null;
        return refusal;
    }

    /// <summary>From now on PING stands in for the nonce.</summary>
    public void ProbeByPing() => ProbesByPing = true;

    /// <summary>Sends a probe and returns when it came back, was refused, or is late. A late one may still complete <see cref="LastProbe"/>.</summary>
    public async Task<RedisProbeOutcome> ProbeAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var probe = new RedisProbe(Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")));
        _probe = probe;
        // Never fails, and ends with the connection at the latest; the outcome is what is waited for.
        _ = SendAsync(probe);

        await WaitAsync(probe, deadline - BacklogStep, cancellationToken);
        for (int step = 0; step < MaxBacklogSteps && !probe.Outcome.Task.IsCompleted && !_failed.Task.IsCompleted; step++)
        {
            // To swap while messages still come would throw away what waits inside the library, for no better reason than that we are behind.
            long arrived = Arrived;
            await WaitAsync(probe, BacklogStep, cancellationToken);
            if (Arrived == arrived) break;
        }

        return probe.Outcome.Task.IsCompleted ? await probe.Outcome.Task : RedisProbeOutcome.Late;
    }

    /// <summary>From its return on, nothing of this session reaches the queue.</summary>
    public void Silence()
    {
        lock (_gate) _silenced = true;
    }

    /// <summary>Silences and closes. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        Silence();
        _multiplexer.ConnectionFailed -= OnConnectionFailed;
        await RedisClient.CloseAsync(_multiplexer);
    }

    private async Task SendAsync(RedisProbe probe)
    {
        bool byPing = ProbesByPing;
        try
        {
            Task answered = byPing ? _subscriber.PingAsync() : (Task)_subscriber.PublishAsync(_probeChannel, probe.Nonce);
            await answered;
            // A publication that was accepted proves half the way; its nonce proves the rest.
            if (byPing) probe.Outcome.TrySetResult(RedisProbeOutcome.Returned);
        }
        catch (RedisServerException refusal)
        {
            bool forbidden = !byPing && refusal.Message.StartsWith("NOPERM", StringComparison.Ordinal);
            // Any other error (BUSY while a script runs) is an answer all the same.
            probe.Outcome.TrySetResult(forbidden ? RedisProbeOutcome.Refused : RedisProbeOutcome.Returned);
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            // The probe will be late, or the library reports the failure of the connection.
        }
    }

    private async Task WaitAsync(RedisProbe probe, TimeSpan time, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(probe.Outcome.Task, _failed.Task, Task.Delay(time, _time, ended.Token));
        await ended.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<string?> SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler, TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            await RedisClient.SubscribeInOrderAsync(_subscriber, channel, handler).WaitAsync(deadline, _time, cancellationToken);
            return null;
        }
        catch (RedisServerException refusal)
        {
            // The library keeps the handler of a refused subscription, and would take the next attempt for a second handler and send nothing.
            await _subscriber.UnsubscribeAsync(channel, handler, CommandFlags.FireAndForget);
            return refusal.Message;
        }
        finally
        {
            // Continue on a thread of the pool: this one is the library's, which delivers messages with it.
            await Task.Yield();
        }
    }

    private void OnMessage(RedisChannel channel, RedisValue value)
    {
        // The lock is held for nothing but the hand-over, and contended only by Silence. It makes silence final, so that a swap doubles no message.
        lock (_gate)
        {
            if (_silenced) return;
            _arrived++;
            _inbox.Queue.TryAdd((byte[]?)channel ?? [], (byte[]?)value ?? []);
        }
    }

    private void OnOwnMessage(RedisChannel channel, RedisValue value)
    {
        byte[] message = (byte[]?)value ?? [];
        if (RedisCut.TryReadCut(message, out Guid nonce))
        {
            Signal(_inbox.CutArrived, nonce);
            return;
        }

        RedisProbe probe = _probe;
        if (message.AsSpan().SequenceEqual(probe.Nonce)) probe.Outcome.TrySetResult(RedisProbeOutcome.Returned);
    }

    private void OnRequest(RedisChannel channel, RedisValue value)
    {
        if (RedisCut.TryReadRequest((byte[]?)value, out Guid nonce)) Signal(_inbox.RequestArrived, nonce);
    }

    /// <summary>Under the same lock as the messages, so that it is one of them: after a swap no signal of the old session comes between those of the new one.</summary>
    private void Signal(Action<Guid> signal, Guid nonce)
    {
        lock (_gate)
        {
            if (!_silenced) signal(nonce);
        }
    }

    private void OnConnectionFailed(object? sender, ConnectionFailedEventArgs failure)
    {
        // The library connects again by itself; what it then receives came after a gap that nobody announced.
        if (failure.ConnectionType == ConnectionType.Subscription) Silence();
        _failed.TrySetResult(RedisClient.Describe(failure.FailureType));
    }
}
