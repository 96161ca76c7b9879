namespace Cecelia.Relay.Telemetry;

/// <summary>
/// Limits the log lines for unexpected exceptions to one per exception type every 30 seconds, since a peer may be able to repeat one. Thread-safe.
/// </summary>
internal sealed class FaultLog(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly ReasonLog _logged = new(time);
    private long _suppressed;

    /// <summary>Returns whether the exception may be logged, and the number of exceptions that were suppressed since the last one that was logged.</summary>
    public bool MayLog(Exception fault, out long suppressed)
    {
        lock (_gate)
        {
            bool mayLog = _logged.MayLog(fault.GetType().FullName!);
            suppressed = _suppressed;
            _suppressed = mayLog ? 0 : _suppressed + 1;
            return mayLog;
        }
    }
}
