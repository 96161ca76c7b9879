namespace Cecelia.Relay.Ingest;

/// <summary>Allows ten log lines in ten seconds and counts the rest: a faulty publisher must not fill the disk. For one thread.</summary>
internal sealed class RefusalLogRate(TimeProvider time)
{
    private const int LinesPerPeriod = 10;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private long _start;
    private int _lines;
    private long _suppressed;

    /// <summary>Returns true if a line may be written, and the number of lines suppressed since the last.</summary>
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
