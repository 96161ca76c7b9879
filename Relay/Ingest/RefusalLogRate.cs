namespace Cecelia.Relay.Ingest;

/// <summary>Lets ten log lines pass in each ten seconds and counts the rest: a publisher gone wrong must not fill the disk. For one thread.</summary>
internal sealed class RefusalLogRate(TimeProvider time)
{
    private const int LinesPerPeriod = 10;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private long _start;
    private int _lines;
    private long _suppressed;

    /// <summary>Whether one more line may be written, and how many were not since the last.</summary>
    public bool Allows(out long suppressed)
    {
        suppressed = _suppressed;
        if (_start == 0 || time.GetElapsedTime(_start) >= Period)
        {
            _start = time.GetTimestamp();
            _lines = 0;
        }

        if (_lines++ >= LinesPerPeriod)
        {
            _suppressed++;
            return false;
        }

        _suppressed = 0;
        return true;
    }
}
