namespace Cecelia.Relay.Bench.Micro;

/// <summary>The result of a case, in nanoseconds per operation.</summary>
/// <param name="Name">Name of the case.</param>
/// <param name="MedianNs">Median of the samples.</param>
/// <param name="MinNs">The fastest sample.</param>
/// <param name="MaxNs">The slowest sample.</param>
/// <param name="Spread">(slowest - fastest) / median: the uncertainty of the median on this machine at this time.</param>
/// <param name="OpsPerSecond">Operations per second, from the median.</param>
/// <param name="AllocatedBytes">Managed bytes allocated per operation.</param>
internal sealed record MicroResult(string Name, double MedianNs, double MinNs, double MaxNs, double Spread, double OpsPerSecond, double AllocatedBytes)
{
    public static MicroResult Of(string name, IReadOnlyList<double> samplesNs, double allocatedBytes)
    {
        double[] sorted = [.. samplesNs.Order()];
        double median = sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        return new MicroResult(name, median, sorted[0], sorted[^1], (sorted[^1] - sorted[0]) / median, 1e9 / median, allocatedBytes);
    }
}
