namespace Cecelia.Relay.Fanout;

/// <summary>The clients of one view that one pump serves. For the pump's thread, except where noted.</summary>
internal sealed class PumpedView(Pump pump, View view)
{
    private readonly List<Client> _clients = [];
    private TracedEvent? _traced;
    private long _dirtySinceMs;
    private int _count;

    /// <summary>The view.</summary>
    public View View { get; } = view;

    /// <summary>The pump.</summary>
    public Pump Pump { get; } = pump;

    /// <summary>The clients.</summary>
    public IReadOnlyList<Client> Clients => _clients;

    /// <summary>
    /// True if there are clients. Any thread. A client that has just been added is served once by its pump anyway, so a stale value loses nothing.
    /// </summary>
    public bool HasClients => Volatile.Read(ref _count) > 0;

    /// <summary>
    /// Notifies the pump that the view's buffer has grown. Any thread; cheap while the pump has not handled the previous call.
    /// </summary>
    /// <param name="timestampMs">As <see cref="View.MarkDirty"/> takes it.</param>
    /// <param name="traced">As <see cref="View.MarkDirty"/> takes it.</param>
    public void MarkDirty(long timestampMs, TracedEvent? traced = null)
    {
        // Before the mark, so that the round that the mark causes has it. If the pump has one already, its round records that one.
        if (traced is not null) Interlocked.CompareExchange(ref _traced, traced, null);
        if (Volatile.Read(ref _dirtySinceMs) != 0 || Interlocked.CompareExchange(ref _dirtySinceMs, timestampMs, 0) != 0) return;
        try
        {
            Pump.Enqueue(this);
        }
        catch (OutOfMemoryException)
        {
            // Not queued: with the mark left set, no later call would reach the pump.
            Clean();
            throw;
        }
    }

    /// <summary>Removes the mark, so that what is appended from now on marks again, and returns the timestamp of the first mark.</summary>
    public long Clean() => Interlocked.Exchange(ref _dirtySinceMs, 0);

    /// <summary>Returns the traced event of the round, once; null if there is none. Called after <see cref="Clean"/>.</summary>
    public TracedEvent? TakeTraced() => Volatile.Read(ref _traced) is null ? null : Interlocked.Exchange(ref _traced, null);

    /// <summary>Adds a client.</summary>
    public void Add(Client client)
    {
        // In this order: a client for which there was no memory is not in the list.
        _clients.Add(client);
        client.Index = _clients.Count - 1;
        // The fence makes the count visible before the pump reads the buffer: either the writer marks this view, or the pump sees its event.
        Interlocked.Exchange(ref _count, _clients.Count);
    }

    /// <summary>Removes a client, if it was added.</summary>
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
