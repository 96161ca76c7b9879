namespace Cecelia.Relay.Bench.Load;

/// <summary>The result of a run. Counts and rates are of the measured time only; faults are of the whole run, including the warm-up.</summary>
internal sealed record LoadResult
{
    /// <summary>Number of clients that read.</summary>
    public required int Readers { get; init; }

    public double OpeningSeconds { get; init; }

    public required double Seconds { get; init; }

    public required long Events { get; init; }

    public required long Deliveries { get; init; }

    public required double EventsPerSecond { get; init; }

    public required double DeliveriesPerSecond { get; init; }

    /// <summary>Open loop: number of events that were due and could not be published in time.</summary>
    public required long Unsent { get; init; }

    /// <summary>Latency. Open loop: from the time at which an event was due. Closed loop: from the time at which it was sent.</summary>
    public required Quantiles Latency { get; init; }

    /// <summary>Open loop: delay between the due time of events and their sending.</summary>
    public required Quantiles? Lateness { get; init; }

    public required long Lost { get; init; }

    public required long Duplicates { get; init; }

    public required long OutOfOrder { get; init; }

    /// <summary>Number of events sent to clients that had not requested them.</summary>
    public required long Strays { get; init; }

    /// <summary>Number of messages that were not events of this run.</summary>
    public required long Others { get; init; }

    public required string FirstOther { get; init; }

    /// <summary>Number of clients whose connection ended before the run.</summary>
    public required int Ended { get; init; }

    public required string FirstEnd { get; init; }

    /// <summary>CPU time of this program.</summary>
    public required Cost Client { get; init; }

    public required Cost? Relay { get; init; }

    /// <summary>Memory of the relay without clients.</summary>
    public long? RelayBytesBefore { get; init; }

    /// <summary>Memory of the relay with all clients connected, before the first event.</summary>
    public long? RelayBytesWithClients { get; init; }

    public required long? RelayBytesAtEnd { get; init; }

    /// <summary>Whether each client received each expected event once and in order.</summary>
    public bool IsGood => Lost == 0 && Duplicates == 0 && OutOfOrder == 0 && Strays == 0 && Ended == 0;
}

/// <summary>Quantiles of durations in milliseconds, from a histogram: at most 0.8 % above the true values.</summary>
internal sealed record Quantiles(long Count, double P50, double P90, double P99, double P999, double Max)
{
    public static Quantiles Of(LatencyHistogram histogram) =>
        new(
            histogram.Count,
            Ms(histogram.Quantile(0.5)),
            Ms(histogram.Quantile(0.9)),
            Ms(histogram.Quantile(0.99)),
            Ms(histogram.Quantile(0.999)),
            Ms(histogram.MaxNs));

    private static double Ms(long ns) => ns / 1e6;
}

/// <summary>CPU time.</summary>
/// <param name="Cores">Average number of busy cores.</param>
/// <param name="MicrosecondsPerDelivery">CPU time divided by deliveries; zero if there were none.</param>
internal sealed record Cost(double Cores, double MicrosecondsPerDelivery)
{
    public static Cost Of(ProcessUse begin, ProcessUse end, double seconds, long deliveries)
    {
        TimeSpan cpu = end.Cpu - begin.Cpu;
        return new Cost(cpu.TotalSeconds / seconds, deliveries == 0 ? 0 : cpu.TotalMicroseconds / deliveries);
    }
}
