namespace Cecelia.Relay.Redis;

/// <summary>
/// Passes on the messages of one subscribed connection: events, and the barriers and requests of a handoff, to the callbacks; nonces to the pending probe.
/// <see cref="OnMessage"/> is called only on the connection's reading thread; the other members may be called on any thread.
/// </summary>
internal sealed class RedisReceiver(RedisChannels channels, RedisCallbacks callbacks)
{
    private readonly Lock _gate = new();
    private readonly byte[] _eventsChannel = [.. channels.Events];
    private volatile RedisProbe _probe = new([]);
    private byte[] _lastChannel = [];
    private bool _closed;
    private long _arrived;

    /// <summary>Number of events that arrived.</summary>
    public long Received => Volatile.Read(ref _arrived);

    /// <summary>The pending probe.</summary>
    public RedisProbe Probe
    {
        get => _probe;
        set => _probe = value;
    }

    /// <summary>Ends delivery. No callback is running or called after it has returned.</summary>
    public void Close()
    {
        lock (_gate) _closed = true;
    }

    /// <summary>Handles a message, see <see cref="RespMessageHandler"/>. Messages on other channels are ignored.</summary>
    public void OnMessage(bool isPattern, ReadOnlySpan<byte> channel, byte[] payload, long length)
    {
        if (isPattern) ReceiveEvent(ReuseArray(channel), payload, length);
        else if (channel.SequenceEqual(_eventsChannel)) ReceiveEvent(_eventsChannel, payload, length);
        else if (channel.SequenceEqual(channels.Probe)) ReceiveOwn(payload);
        else if (channel.SequenceEqual(channels.Requests) && HandoffBarrier.TryReadRequest(payload, out Guid nonce)) Signal(callbacks.RequestArrived, nonce);
    }

    private void ReceiveEvent(byte[] channel, byte[] payload, long length)
    {
        // Before the lock is taken, because Close waits for the lock.
        callbacks.WaitForRoom(payload.Length);
        // The lock is held only for the callback and contended only by Close. It makes Close final, so that no message is delivered twice after a swap.
        lock (_gate)
        {
            if (_closed) return;
            _arrived++;
            callbacks.EventArrived(channel, payload, length);
        }
    }

    private void ReceiveOwn(byte[] message)
    {
        if (HandoffBarrier.TryReadBarrier(message, out Guid nonce))
        {
            Signal(callbacks.BarrierArrived, nonce);
            return;
        }

        RedisProbe probe = _probe;
        if (message.AsSpan().SequenceEqual(probe.Nonce)) probe.Outcome.TrySetResult(RedisProbeOutcome.Returned);
    }

    /// <summary>
    /// Calls a signal under the same lock as the events, so that after a swap no signal of the old session arrives among those of the new one.
    /// </summary>
    private void Signal(Action<Guid> signal, Guid nonce)
    {
        lock (_gate)
        {
            if (!_closed) signal(nonce);
        }
    }

    /// <summary>Returns the name as an array, reusing the previous array for the same name: most events of a pattern arrive on few channels.</summary>
    private byte[] ReuseArray(ReadOnlySpan<byte> channel)
    {
        if (!channel.SequenceEqual(_lastChannel)) _lastChannel = channel.ToArray();
        return _lastChannel;
    }
}
