namespace Cecelia.Relay.Telemetry;

/// <summary>The memory limit of the process, and what the configured memory bounds add up to. Immutable.</summary>
/// <param name="LimitBytes">Limit of the heap, of the container or of the machine, in bytes; zero when it is not known.</param>
/// <param name="BudgetBytes">The part of it that the bounds may add up to.</param>
/// <param name="SumBytes">What they add up to.</param>
/// <param name="Scaled">Environment names of the settings that nobody set and that were scaled down to fit.</param>
internal sealed record MemoryBounds(long LimitBytes, long BudgetBytes, long SumBytes, IReadOnlyList<string> Scaled)
{
    public static MemoryBounds Unknown { get; } = new(0, 0, 0, []);

    /// <summary>One sentence for operators.</summary>
    public string Describe()
    {
        string sum = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"Memory limit {LimitBytes} bytes; the memory bounds add up to {SumBytes} bytes of the {BudgetBytes} that they may take");
        return Scaled.Count == 0 ? sum : $"{sum}; scaled down from their defaults to fit: {string.Join(", ", Scaled)}";
    }
}
