using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Bench.Compare;

/// <summary>A load that the relay and the floor are put under in turns. Immutable.</summary>
/// <param name="Name">Shown in the table.</param>
/// <param name="Load">The load. Addresses, process and durations are set for each run.</param>
/// <param name="Measures">The figures that are compared.</param>
internal sealed record CompareCase(string Name, LoadShape Load, IReadOnlyList<Measure> Measures)
{
    /// <summary>The side that the relay is compared with.</summary>
    public Opponent Opponent { get; init; } = Opponent.BatchedFloor;

    /// <summary>For <see cref="Opponent.Case"/>: the name of the other case, which is before this one.</summary>
    public string? Other { get; init; }

    /// <summary>Whether the first seconds after a start are measured too.</summary>
    public bool HasCold { get; init; }

    /// <summary>Events per second of the cases with views: few enough that each one is sent alone.</summary>
    private const int ViewRate = 5000;

    /// <summary>All cases, in the order in which they are measured.</summary>
    public static IReadOnlyList<CompareCase> All { get; } =
    [
        new("1,000 clients, 64 events in flight", new LoadShape(1000) { Window = 64 }, [Measure.Deliveries, Measure.Cpu]) { HasCold = true },
        new("100 clients, 64 events in flight", new LoadShape(100) { Window = 64 }, [Measure.Deliveries, Measure.Cpu]) { HasCold = true },
        new("1 client, 256 events in flight", new LoadShape(1) { Window = 256 }, [Measure.Events, Measure.Cpu]) { HasCold = true },
        new("500 clients, 100 events/s", new LoadShape(500) { Rate = 100 }, [Measure.Cpu, Measure.P99]) { Opponent = Opponent.Floor, HasCold = true },
        new("500 clients, 100 events/s, Unix socket", new LoadShape(500) { Rate = 100, IsUnix = true }, [Measure.Cpu, Measure.P99])
        {
            Opponent = Opponent.Case,
            Other = "500 clients, 100 events/s",
        },
        new("500 clients, 100 events/s, Kestrel's sockets", new LoadShape(500) { Rate = 100, IsKestrel = true }, [Measure.Cpu, Measure.P99])
        {
            Opponent = Opponent.Case,
            Other = "500 clients, 100 events/s",
        },
        new("9,900 clients, 5 events/s", new LoadShape(9900) { Rate = 5 }, [Measure.Cpu, Measure.P99, Measure.IdleMemory]) { Opponent = Opponent.Floor },
        new("10 views with one client each", new LoadShape(10) { Tasks = 10, Rate = ViewRate }, [Measure.Cpu, Measure.P99]) { Opponent = Opponent.None },
        OfViews("1,000 views with one client each", 1000),
        OfViews("9,900 views with one client each", 9900),
    ];

    private static CompareCase OfViews(string name, int views) =>
        new(name, new LoadShape(views) { Tasks = views, Rate = ViewRate }, [Measure.Cpu, Measure.P99])
        {
            Opponent = Opponent.Case,
            Other = "10 views with one client each",
        };
}

/// <summary>The clients and events of a case, see <see cref="LoadPlan"/>.</summary>
internal sealed record LoadShape(int Clients)
{
    public int Window { get; init; }

    public double? Rate { get; init; }

    public int Tasks { get; init; }

    /// <summary>Whether the relay listens on a Unix socket.</summary>
    public bool IsUnix { get; init; }

    /// <summary>Whether the relay uses the sockets of Kestrel.</summary>
    public bool IsKestrel { get; init; }
}

/// <summary>The side that the relay is compared with.</summary>
internal enum Opponent
{
    None,

    /// <summary>The floor with one call for each event and client.</summary>
    Floor,

    /// <summary>The floor with one call for all events of one read from Redis.</summary>
    BatchedFloor,

    /// <summary>The relay itself in another case.</summary>
    Case,
}

/// <summary>A figure of a run.</summary>
/// <param name="Name">Shown in the table.</param>
/// <param name="Of">The figure; null if it was not measured.</param>
/// <param name="Format">Formats the figure.</param>
internal sealed record Measure(string Name, Func<LoadResult, double?> Of, Func<double, FormattableString> Format)
{
    public static Measure Deliveries { get; } = new("deliveries/s", result => result.DeliveriesPerSecond, Count);

    public static Measure Events { get; } = new("events/s", result => result.EventsPerSecond, Count);

    public static Measure Cpu { get; } = new("CPU time of a delivery", result => result.Relay?.MicrosecondsPerDelivery, value => $"{value:0.000} µs");

    public static Measure P99 { get; } = new("p99 of the latency", result => result.Latency.P99, value => $"{value:0.0} ms");

    public static Measure IdleMemory { get; } = new(
        "memory of an idle client",
        result => result is { RelayBytesBefore: { } before, RelayBytesWithClients: { } with } ? (with - before) / 1024.0 / result.Readers : null,
        value => $"{value:0.0} KB");

    private static FormattableString Count(double value)
    {
        if (value < 1e6) return $"{value:N0}";
        return $"{value / 1e6:0.00} M";
    }
}
