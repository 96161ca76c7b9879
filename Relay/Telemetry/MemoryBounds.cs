namespace Cecelia.Relay.Telemetry;

/// <summary>The memory limit of the process and the sum of the configured memory limits. Immutable.</summary>
/// <param name="LimitBytes">Limit of the heap, of the container or of the machine, in bytes; zero if unknown.</param>
/// <param name="BudgetBytes">Maximum sum of the configured limits, in bytes.</param>
/// <param name="SumBytes">Sum of the configured limits, in bytes.</param>
/// <param name="Scaled">Environment variables of the settings that were not set and whose defaults were scaled down to fit.</param>
internal sealed record MemoryBounds(long LimitBytes, long BudgetBytes, long SumBytes, IReadOnlyList<string> Scaled)
{
    public static MemoryBounds Unknown { get; } = new(0, 0, 0, []);

    /// <summary>Returns a message for operators.</summary>
    public string Describe()
    {
        string sum = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"Memory limit {LimitBytes} bytes; the configured limits add up to {SumBytes} of at most {BudgetBytes} bytes");
        return Scaled.Count == 0 ? sum : $"{sum}; defaults scaled down to fit: {string.Join(", ", Scaled)}";
    }
}
