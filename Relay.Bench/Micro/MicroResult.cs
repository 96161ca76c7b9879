namespace Cecelia.Relay.Bench.Micro;

/// <summary>A case's samples, in nanoseconds for one operation.</summary>
/// <param name="Name">The case.</param>
/// <param name="MedianNs">The middle sample.</param>
/// <param name="MinNs">The fastest.</param>
/// <param name="MaxNs">The slowest.</param>
/// <param name="Spread">(slowest - fastest) / median: how much to trust the median on this machine, now.</param>
/// <param name="OpsPerSecond">By the median.</param>
/// <param name="AllocatedBytes">Managed bytes allocated for one operation.</param>
internal sealed record MicroResult(string Name, double MedianNs, double MinNs, double MaxNs, double Spread, double OpsPerSecond, double AllocatedBytes)
{
    public static MicroResult Of(string name, IReadOnlyList<double> samplesNs, double allocatedBytes)
    {
        double[] sorted = [.. samplesNs.Order()];
        double median = sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        return new MicroResult(name, median, sorted[0], sorted[^1], (sorted[^1] - sorted[0]) / median, 1e9 / median, allocatedBytes);
    }
}
