namespace Cecelia.Relay.Connections;

/// <summary>The connections that have ended last, for traces of what they were given. Bounded in bytes. Thread-safe.</summary>
/// <param name="maxBytes">Maximum memory in bytes; zero keeps none.</param>
internal sealed class EndedConnections(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Queue<ConnectionRecord> _ended = new();
    private long _bytes;
    private long _completeSinceMs;

    /// <summary>The time since which every connection that has ended is here, in Unix milliseconds; zero if none has been dropped.</summary>
    public long CompleteSinceMs => Volatile.Read(ref _completeSinceMs);

    /// <summary>Adds a connection, in the order in which they end.</summary>
    public void Add(ConnectionRecord ended)
    {
        if (maxBytes == 0) return;
        lock (_gate)
        {
            _ended.Enqueue(ended);
            _bytes += ended.Bytes;
            while (_bytes > maxBytes)
            {
                ConnectionRecord dropped = _ended.Dequeue();
                _bytes -= dropped.Bytes;
                Volatile.Write(ref _completeSinceMs, dropped.EndedMs ?? 0);
            }
        }
    }

    /// <summary>Adds all of them to a list.</summary>
    public void CopyTo(List<ConnectionRecord> into)
    {
        lock (_gate) into.AddRange(_ended);
    }
}
