namespace Cecelia.Relay.Fanout;

/// <summary>All pumps of the process. New clients are spread over them in turn.</summary>
internal sealed class PumpSet : IDisposable
{
    private readonly Pump[] _pumps;
    private int _next = -1;

    public PumpSet(FanoutOptions options, Action<long> lagged, ILogger<Pump> logger)
    {
        // One core is left to Redis, decoding and everything else; a pump more than that only takes turns with them.
        int count = options.PumpThreads > 0 ? options.PumpThreads : Math.Max(1, Environment.ProcessorCount - 1);
        _pumps = [.. Enumerable.Range(0, count).Select(i => new Pump($"pump-{i}", lagged, logger))];
    }

    public IReadOnlyList<Pump> All => _pumps;

    public long Delivered => _pumps.Sum(pump => pump.Delivered);

    public long Faults => _pumps.Sum(pump => pump.Faults);

    public long Missed => _pumps.Sum(pump => pump.Missed);

    /// <summary>Index of the pump for the next client. Any thread.</summary>
    public int NextIndex() => (int)((uint)Interlocked.Increment(ref _next) % (uint)_pumps.Length);

    public void Start()
    {
        foreach (Pump pump in _pumps) pump.Start();
    }

    /// <summary>Ends the threads; what is still to be sent stays unsent.</summary>
    public void Stop()
    {
        foreach (Pump pump in _pumps) pump.Stop();
    }

    public void Dispose()
    {
        foreach (Pump pump in _pumps) pump.Dispose();
    }
}
