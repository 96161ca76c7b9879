namespace Cecelia.Relay.Telemetry;

/// <summary>Says whether a reason may be logged: the same one at most every half minute, however often it comes. For one thread at a time.</summary>
internal sealed class ReasonLog(TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    /// <summary>Reasons hold words from the network. More than this many different ones are not remembered but kept silent until the old ones lapse.</summary>
    private const int MaxReasons = 32;

    private readonly Dictionary<string, long> _logged = new(StringComparer.Ordinal);

    public bool MayLog(string reason)
    {
        foreach ((string old, long at) in _logged)
        {
            // Removing while enumerating is allowed for a Dictionary.
            if (time.GetElapsedTime(at) >= Quiet) _logged.Remove(old);
        }

        return _logged.Count < MaxReasons && _logged.TryAdd(reason, time.GetTimestamp());
    }
}
