namespace Cecelia.Relay.Access;

/// <summary>The tickets that this instance has seen, those used last, within bounds of number and memory. Thread-safe.</summary>
internal sealed class TicketCache
{
    private const int MaxTickets = 16_384;
    private const long MaxBytes = 8L * 1024 * 1024;

    /// <summary>Memory of a ticket beside its rights and its user, in bytes.</summary>
    private const int OverheadBytes = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Grant>> _byHash = new(StringComparer.Ordinal);

    // The ones used last are at the end.
    private readonly LinkedList<Grant> _used = new();
    private long _bytes;

    public int Count
    {
        get
        {
            lock (_gate) return _byHash.Count;
        }
    }

    /// <summary>Returns what a ticket grants; null if it is not known here.</summary>
    public Grant? Find(string hash)
    {
        lock (_gate)
        {
            if (!_byHash.TryGetValue(hash, out LinkedListNode<Grant>? node)) return null;
            _used.Remove(node);
            _used.AddLast(node);
            return node.Value;
        }
    }

    /// <summary>Adds a ticket, and evicts the least recently used ones if there is no room. Returns the grant that is stored.</summary>
    public Grant Add(string hash, Grant grant)
    {
        lock (_gate)
        {
            if (_byHash.TryGetValue(hash, out LinkedListNode<Grant>? known)) return known.Value;
            _byHash.Add(hash, _used.AddLast(grant));
            _bytes += SizeOf(grant);
            while (_byHash.Count > MaxTickets || (_bytes > MaxBytes && _byHash.Count > 1)) Remove(_used.First!);
            return grant;
        }
    }

    /// <summary>Removes a ticket, if it is known, and marks it as revoked.</summary>
    public void Revoke(string hash)
    {
        lock (_gate)
        {
            if (!_byHash.TryGetValue(hash, out LinkedListNode<Grant>? node)) return;
            node.Value.Ticket!.Revoke();
            Remove(node);
        }
    }

    /// <summary>Returns all tickets that are known here.</summary>
    public IReadOnlyList<Ticket> Tickets()
    {
        lock (_gate) return [.. _used.Select(grant => grant.Ticket!)];
    }

    private static long SizeOf(Grant grant) => grant.Rights.Bytes + (2 * grant.User.Length) + OverheadBytes;

    private void Remove(LinkedListNode<Grant> node)
    {
        _used.Remove(node);
        _byHash.Remove(node.Value.Ticket!.Hash);
        _bytes -= SizeOf(node.Value);
    }
}
