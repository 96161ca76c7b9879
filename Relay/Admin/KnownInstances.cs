namespace Cecelia.Relay.Admin;

/// <summary>The names of other instances, learned from their messages and from Redis. Forgotten after a while. Bounded. Thread-safe.</summary>
internal sealed class KnownInstances(TimeProvider time)
{
    /// <summary>Maximum number of names. The one that was seen first is forgotten.</summary>
    private const int Max = 256;

    /// <summary>How long a name is remembered: an instance that has crashed cannot announce its end.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);

    /// <summary>Notes that an instance exists now.</summary>
    public void Add(string name)
    {
        lock (_gate)
        {
            if (_seen.Count >= Max && !_seen.ContainsKey(name)) _seen.Remove(_seen.MinBy(one => one.Value).Key);
            _seen[name] = time.GetTimestamp();
        }
    }

    /// <summary>Notes that an instance has ended.</summary>
    public void Remove(string name)
    {
        lock (_gate) _seen.Remove(name);
    }

    /// <summary>Returns the names of all instances but some, in their order.</summary>
    public IReadOnlyList<string> Except(IReadOnlyCollection<string> some)
    {
        lock (_gate)
        {
            foreach (string old in _seen.Where(one => time.GetElapsedTime(one.Value) > Life).Select(one => one.Key).ToList()) _seen.Remove(old);
            return [.. _seen.Keys.Where(name => !some.Contains(name)).Order(StringComparer.Ordinal)];
        }
    }
}
