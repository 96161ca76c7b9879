namespace Cecelia.Relay.Bench.Load;

/// <summary>What a run has shown. Counts and rates are of the measured time alone; faults are of the whole run, warm-up included.</summary>
internal sealed record LoadResult
{
    /// <summary>Clients that read.</summary>
    public required int Readers { get; init; }

    public double OpeningSeconds { get; init; }

    public required double Seconds { get; init; }

    public required long Events { get; init; }

    public required long Deliveries { get; init; }

    public required double EventsPerSecond { get; init; }

    public required double DeliveriesPerSecond { get; init; }

    /// <summary>Open loop: events that were due and could not be published in time.</summary>
    public required long Unsent { get; init; }

    /// <summary>Open loop: from the moment an event was due. Closed loop: from the moment it was sent.</summary>
    public required Quantiles Latency { get; init; }

    /// <summary>Open loop: how late events were sent.</summary>
    public required Quantiles? Lateness { get; init; }

    public required long Lost { get; init; }

    public required long Duplicates { get; init; }

    public required long OutOfOrder { get; init; }

    /// <summary>Events that came to a client which had not asked for them.</summary>
    public required long Strays { get; init; }

    /// <summary>Messages that were no events of this run.</summary>
    public required long Others { get; init; }

    public required string FirstOther { get; init; }

    /// <summary>Clients whose connection ended before the run did.</summary>
    public required int Ended { get; init; }

    public required string FirstEnd { get; init; }

    /// <summary>This program's own part.</summary>
    public required Cost Client { get; init; }

    public required Cost? Relay { get; init; }

    /// <summary>Memory of the relay before there were clients.</summary>
    public long? RelayBytesBefore { get; init; }

    /// <summary>With all clients connected and before the first event.</summary>
    public long? RelayBytesWithClients { get; init; }

    public required long? RelayBytesAtEnd { get; init; }

    /// <summary>Each client got each event that it was owed, once and in order.</summary>
    public bool IsGood => Lost == 0 && Duplicates == 0 && OutOfOrder == 0 && Strays == 0 && Ended == 0;
}

/// <summary>Durations in milliseconds: what half of all, 90 % and so on did not exceed. From the histogram: at most 0.8 % above the truth.</summary>
internal sealed record Quantiles(long Count, double P50, double P90, double P99, double P999, double Max)
{
    public static Quantiles Of(LatencyHistogram from) =>
        new(from.Count, Ms(from.Quantile(0.5)), Ms(from.Quantile(0.9)), Ms(from.Quantile(0.99)), Ms(from.Quantile(0.999)), Ms(from.MaxNs));

    private static double Ms(long ns) => ns / 1e6;
}

/// <summary>Processor time.</summary>
/// <param name="Cores">Cores kept busy, on the average.</param>
/// <param name="MicrosecondsPerDelivery">Processor time divided by deliveries; zero when there were none.</param>
internal sealed record Cost(double Cores, double MicrosecondsPerDelivery)
{
    public static Cost Of(ProcessUse begin, ProcessUse end, double seconds, long deliveries)
    {
        TimeSpan cpu = end.Cpu - begin.Cpu;
        return new Cost(cpu.TotalSeconds / seconds, deliveries == 0 ? 0 : cpu.TotalMicroseconds / deliveries);
    }
}
