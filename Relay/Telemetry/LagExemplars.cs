using System.Diagnostics;

namespace Cecelia.Relay.Telemetry;

/// <summary>The newest traced measurement of each bucket of the lag histogram. Thread-safe.</summary>
internal sealed class LagExemplars
{
    private readonly Lock _gate = new();
    private readonly Exemplar?[] _newest = new Exemplar?[RelayMetrics.LagShape.Bounds.Count + 1];

    /// <summary>Keeps a measurement as the exemplar of its bucket.</summary>
    public void Record(Exemplar exemplar)
    {
        int bucket = 0;
        while (bucket < RelayMetrics.LagShape.Bounds.Count && exemplar.Seconds > RelayMetrics.LagShape.Bounds[bucket]) bucket++;
        lock (_gate) _newest[bucket] = exemplar;
    }

    /// <summary>Returns the exemplar of a bucket; null if it has none.</summary>
    /// <param name="bucket">The index of its bound; one more than the last for the bucket without a bound.</param>
    public Exemplar? Find(int bucket)
    {
        lock (_gate) return _newest[bucket];
    }
}

/// <summary>A measurement and the span that it belongs to.</summary>
/// <param name="Seconds">The measured value.</param>
/// <param name="TraceId">The trace.</param>
/// <param name="SpanId">The span.</param>
/// <param name="At">The time of the measurement.</param>
internal sealed record Exemplar(double Seconds, ActivityTraceId TraceId, ActivitySpanId SpanId, DateTimeOffset At);
