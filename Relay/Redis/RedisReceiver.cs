namespace Cecelia.Relay.Redis;

/// <summary>
/// Passes on the messages of one subscribed connection: events to the queue, barriers and requests of a handoff to the inbox, nonces to the probe that waits for
/// them. <see cref="OnMessage"/> is called on the connection's reading thread alone; the rest from any thread.
/// </summary>
internal sealed class RedisReceiver(RedisChannels channels, RedisCallbacks inbox)
{
    private readonly Lock _gate = new();
    private readonly byte[] _eventsChannel = [.. channels.Events];
    private volatile RedisProbe _probe = new([]);
    private byte[] _lastChannel = [];
    private bool _silenced;
    private long _arrived;

    /// <summary>Number of events that arrived.</summary>
    public long Received => Volatile.Read(ref _arrived);

    /// <summary>The probe whose nonce is waited for.</summary>
    public RedisProbe Probe
    {
        get => _probe;
        set => _probe = value;
    }

    /// <summary>When it returns, nothing more reaches the queue or the inbox.</summary>
    public void Close()
    {
        lock (_gate) _silenced = true;
    }

    /// <summary>As of <see cref="RespMessageHandler"/>. Messages on other channels are ignored.</summary>
    public void OnMessage(bool isPattern, ReadOnlySpan<byte> channel, byte[] payload, long length)
    {
        if (isPattern) ReceiveEvent(ReuseArray(channel), payload, length);
        else if (channel.SequenceEqual(_eventsChannel)) ReceiveEvent(_eventsChannel, payload, length);
        else if (channel.SequenceEqual(channels.Probe)) ReceiveOwn(payload);
        else if (channel.SequenceEqual(channels.Requests) && HandoffBarrier.TryReadRequest(payload, out Guid nonce)) Signal(inbox.RequestArrived, nonce);
    }

    private void ReceiveEvent(byte[] channel, byte[] payload, long length)
    {
        // Before the lock, which Silence waits for.
        inbox.Queue.WaitForRoom(payload.Length);
        // The lock is held only for the hand-over, and contended only by Silence. It makes silence final, so that no message comes twice after a swap.
        lock (_gate)
        {
            if (_silenced) return;
            _arrived++;
            inbox.Queue.TryAdd(channel, payload, length);
        }
    }

    private void ReceiveOwn(byte[] message)
    {
        if (HandoffBarrier.TryReadBarrier(message, out Guid nonce))
        {
            Signal(inbox.BarrierArrived, nonce);
            return;
        }

        RedisProbe probe = _probe;
        if (message.AsSpan().SequenceEqual(probe.Nonce)) probe.Outcome.TrySetResult(RedisProbeOutcome.Returned);
    }

    /// <summary>Under the same lock as the events, so that after a swap no signal of the old session comes between those of the new one.</summary>
    private void Signal(Action<Guid> signal, Guid nonce)
    {
        lock (_gate)
        {
            if (!_silenced) signal(nonce);
        }
    }

    /// <summary>The name as an array, the previous one when it is the same: most events of a pattern come on few channels.</summary>
    private byte[] ReuseArray(ReadOnlySpan<byte> channel)
    {
        if (!channel.SequenceEqual(_lastChannel)) _lastChannel = channel.ToArray();
        return _lastChannel;
    }
}
