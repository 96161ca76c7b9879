namespace Cecelia.Relay.Fanout;

/// <summary>The clients of one view that one pump serves. All but <see cref="MarkDirty"/> is for the pump's thread.</summary>
internal sealed class PumpedView(Pump pump, View view)
{
    private readonly List<Client> _clients = [];
    private long _dirtySinceMs;
    private int _count;

    public View View { get; } = view;

    public Pump Pump { get; } = pump;

    /// <summary>For the pump's thread.</summary>
    public IReadOnlyList<Client> Clients => _clients;

    /// <summary>Any thread. One that has just been added is served once by its pump anyway, so a stale answer loses nothing.</summary>
    public bool HasClients => Volatile.Read(ref _count) > 0;

    /// <summary>The view's log has grown by an event of this timestamp, in Unix milliseconds, negative where that is not known. Any thread; cheap while the pump has not come round yet.</summary>
    public void MarkDirty(long timestampMs)
    {
        if (Volatile.Read(ref _dirtySinceMs) != 0 || Interlocked.CompareExchange(ref _dirtySinceMs, timestampMs, 0) != 0) return;
        try
        {
            Pump.Enqueue(this);
        }
        catch (OutOfMemoryException)
        {
            // Not marked, or no later mark would reach the pump.
            Clean();
            throw;
        }
    }

    /// <summary>The pump has come round: what is appended from now on must mark again. Returns the timestamp of the first mark.</summary>
    public long Clean() => Interlocked.Exchange(ref _dirtySinceMs, 0);

    public void Add(Client client)
    {
        // In this order: one for which there was no room is not in the list.
        _clients.Add(client);
        client.Index = _clients.Count - 1;
        // The fence makes the count seen before the pump looks at the log: either the writer marks this view, or the pump sees its event.
        Interlocked.Exchange(ref _count, _clients.Count);
    }

    public void Remove(Client client)
    {
        if (client.Index < 0) return;
        Client last = _clients[^1];
        _clients[client.Index] = last;
        last.Index = client.Index;
        _clients.RemoveAt(_clients.Count - 1);
        client.Index = -1;
        Volatile.Write(ref _count, _clients.Count);
    }
}
