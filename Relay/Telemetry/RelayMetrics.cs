using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// The relay's instruments, with OpenTelemetry's conventions for names and units. Counts per event or delivery are kept in plain fields by the thread that
/// does the work, and only read here. Tags come from closed sets, never from a publisher or a client.
/// </summary>
internal sealed class RelayMetrics : IDisposable
{
    public const string MeterName = "Cecelia.Relay";

    public static readonly HistogramShape LagShape = new(
        "relay.event.lag",
        "s",
        "Time from an event's timestamp, or from its receipt if it has none, to the end of the send round that delivered it; recorded once per round if known, "
            + "and for each traced event",
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]);

    private readonly Meter _meter = new(MeterName, "1.0");
    private readonly Counter<long> _opened;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _upgradesRefused;
    private readonly Histogram<double> _lag;
    private readonly LagExemplars _exemplars;
    private readonly TimeProvider _time;

    public RelayMetrics(LagExemplars exemplars, TimeProvider time)
    {
        (_exemplars, _time) = (exemplars, time);
        _opened = _meter.CreateCounter<long>("relay.connections.opened", "{connection}", "Connections accepted, by transport");
        _closed = _meter.CreateCounter<long>("relay.connections.closed", "{connection}", "Connections ended, by close code and transport");
        _upgradesRefused = _meter.CreateCounter<long>("relay.upgrades.refused", "{request}", "Connection requests refused, by reason and transport");
        _lag = _meter.CreateHistogram(
            LagShape.Name, LagShape.Unit, LagShape.Description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = LagShape.Bounds });
    }

    /// <summary>Returns whether the instrument belongs to this meter, and not to another relay in the same process.</summary>
    public bool Has(Instrument instrument) => ReferenceEquals(instrument.Meter, _meter);

    /// <summary>
    /// Initializes the counters of one transport with 0, so that the first occurrence is visible as an increase. Called once for each transport, after the
    /// meter provider was built.
    /// </summary>
    /// <param name="transport">A name from a closed set, here and below.</param>
    /// <param name="closeCodes">Every close code of such a connection.</param>
    /// <param name="refusals">Every reason for refusing such a connection.</param>
    public void CreateSeries(string transport, IEnumerable<int> closeCodes, IEnumerable<string> refusals)
    {
        _opened.Add(0, Tag("transport", transport));
        foreach (int code in closeCodes) _closed.Add(0, Tag("code", CodeTag(code)), Tag("transport", transport));
        foreach (string reason in refusals) _upgradesRefused.Add(0, Tag("reason", reason), Tag("transport", transport));
    }

    /// <summary>Counts an accepted connection.</summary>
    public void ConnectionOpened(string transport) => _opened.Add(1, Tag("transport", transport));

    /// <summary>Counts a closed connection.</summary>
    public void ConnectionClosed(int code, string transport) => _closed.Add(1, Tag("code", CodeTag(code)), Tag("transport", transport));

    /// <summary>Counts a refused connection request.</summary>
    /// <param name="reason">A name from a closed set.</param>
    /// <param name="transport">The requested transport.</param>
    public void ConnectionRefused(string reason, string transport) => _upgradesRefused.Add(1, Tag("reason", reason), Tag("transport", transport));

    /// <summary>Records the lag of an event. Does nothing if its timestamp is ahead of the local clock, because the lag is unknown then.</summary>
    /// <param name="timestampMs">The event's timestamp in Unix milliseconds.</param>
    public void RecordLag(long timestampMs)
    {
        long lagMs = _time.GetUtcNow().ToUnixTimeMilliseconds() - timestampMs;
        if (lagMs >= 0) _lag.Record(lagMs / 1000.0);
    }

    /// <summary>As <see cref="RecordLag(long)"/>, with an exemplar.</summary>
    /// <param name="timestampMs">The event's timestamp in Unix milliseconds.</param>
    /// <param name="traceId">The event's trace.</param>
    /// <param name="spanId">The span of the round that sent it.</param>
    public void RecordLag(long timestampMs, ActivityTraceId traceId, ActivitySpanId spanId)
    {
        DateTimeOffset now = _time.GetUtcNow();
        long lagMs = now.ToUnixTimeMilliseconds() - timestampMs;
        if (lagMs < 0) return;
        _lag.Record(lagMs / 1000.0);
        _exemplars.Record(new Exemplar(lagMs / 1000.0, traceId, spanId, now));
    }

    /// <summary>Registers a counter whose value is kept elsewhere.</summary>
    public void Observe(string name, string unit, string description, Func<long> read) => _meter.CreateObservableCounter(name, read, unit, description);

    /// <summary>Registers a counter with a value for each member of a closed set, kept elsewhere.</summary>
    public void Observe(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> read) =>
        _meter.CreateObservableCounter(name, read, unit, description);

    /// <summary>Registers a gauge whose value is kept elsewhere.</summary>
    public void ObserveLevel(string name, string unit, string description, Func<long> read) => _meter.CreateObservableGauge(name, read, unit, description);

    /// <summary>Registers a gauge with a value for each member of a closed set, kept elsewhere.</summary>
    public void ObserveLevel(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> read) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    /// <summary>Returns the tag for a close code. A peer may send any code, so unknown ones share a value to limit the cardinality.</summary>
    private static string CodeTag(int code) => code is >= 1000 and <= 1015 or >= 4000 and <= 4010 or 4500
        ? code.ToString(System.Globalization.CultureInfo.InvariantCulture)
        : "other";
}
