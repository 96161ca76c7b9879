namespace Cecelia.Relay.Telemetry;

/// <summary>Limits how often a reason is logged: the same one at most every 30 seconds. Used by one thread at a time.</summary>
internal sealed class ReasonLog(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum number of reasons that are tracked, since they contain text from the network. Further ones are not logged until old ones expire.
    /// </summary>
    private const int MaxReasons = 32;

    private readonly Dictionary<string, long> _logged = new(StringComparer.Ordinal);

    /// <summary>Returns whether the reason may be logged now.</summary>
    public bool MayLog(string reason)
    {
        foreach ((string previous, long loggedAt) in _logged)
        {
            // Dictionary supports removal during enumeration.
            if (time.GetElapsedTime(loggedAt) >= Interval) _logged.Remove(previous);
        }

        return _logged.Count < MaxReasons && _logged.TryAdd(reason, time.GetTimestamp());
    }
}
