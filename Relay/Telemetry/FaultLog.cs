namespace Cecelia.Relay.Telemetry;

/// <summary>Limits the log lines of unexpected faults to one for each type of exception in half a minute, since a peer may be able to repeat one. Thread-safe.</summary>
internal sealed class FaultLog(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly ReasonLog _logged = new(time);
    private long _suppressed;

    /// <summary>True if the fault may be logged, with the number of faults that were not logged since the last one that was.</summary>
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
