namespace Cecelia.Relay.Telemetry;

/// <summary>The memory limit of the process and the sum of the configured memory limits. Immutable.</summary>
/// <param name="LimitBytes">Limit of the heap, of the container or of the machine, in bytes; zero if unknown.</param>
/// <param name="BudgetBytes">Maximum sum of the configured limits, in bytes.</param>
/// <param name="SumBytes">Sum of the configured limits, in bytes.</param>
/// <param name="Scaled">Environment variables of the settings that were not set and were scaled down to fit.</param>
internal sealed record MemoryBounds(long LimitBytes, long BudgetBytes, long SumBytes, IReadOnlyList<string> Scaled)
{
    public static MemoryBounds Unknown { get; } = new(0, 0, 0, []);

    /// <summary>Returns a description for operators.</summary>
    public string Describe()
    {
        string sum = $"Memory limit: {Format(LimitBytes)}. The configured limits add up to {Format(SumBytes)} of at most {Format(BudgetBytes)}";
        return Scaled.Count == 0 ? sum : $"{sum}. Scaled down to fit: {string.Join(", ", Scaled)}";
    }

    /// <summary>Returns a number of bytes in MiB, or from 10 GiB on in GiB, for example <c>153.6 MiB</c>.</summary>
    public static string Format(long bytes)
    {
        double mebibytes = bytes / (1024.0 * 1024);
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{(mebibytes < 10_240 ? mebibytes : mebibytes / 1024):0.##} {(mebibytes < 10_240 ? "MiB" : "GiB")}");
    }
}
