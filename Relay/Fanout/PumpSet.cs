using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Fanout;

/// <summary>All pumps of the process. New clients are assigned to them round-robin.</summary>
internal sealed class PumpSet : IDisposable
{
    private readonly Pump[] _pumps;
    private int _next = -1;

    public PumpSet(FanoutOptions options, Action<long> lagged, ILogger<Pump> logger, FlightRecorder? recorder = null) =>
        _pumps = [.. Enumerable.Range(0, CountOf(options)).Select(i => new Pump($"pump-{i}", lagged, logger, recorder?.NotesOf(i)))];

    /// <summary>Returns the number of pumps. One core is left for Redis, decoding and everything else; another pump would only compete with them.</summary>
    public static int CountOf(FanoutOptions options) => options.PumpThreads > 0 ? options.PumpThreads : Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>The pumps, by index.</summary>
    public IReadOnlyList<Pump> All => _pumps;

    /// <inheritdoc cref="Pump.Delivered"/>
    public long Delivered => _pumps.Sum(pump => pump.Delivered);

    /// <inheritdoc cref="Pump.Faults"/>
    public long Faults => _pumps.Sum(pump => pump.Faults);

    /// <inheritdoc cref="Pump.Missed"/>
    public long Missed => _pumps.Sum(pump => pump.Missed);

    /// <summary>Returns the index of the pump for the next client. Any thread.</summary>
    public int NextIndex() => (int)((uint)Interlocked.Increment(ref _next) % (uint)_pumps.Length);

    /// <summary>Starts the threads.</summary>
    public void Start()
    {
        foreach (Pump pump in _pumps) pump.Start();
    }

    /// <summary>Stops the threads. Frames that have not been sent are not sent.</summary>
    public void Stop()
    {
        foreach (Pump pump in _pumps) pump.Stop();
    }

    public void Dispose()
    {
        foreach (Pump pump in _pumps) pump.Dispose();
    }
}
