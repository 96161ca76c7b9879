using System.Globalization;
using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Bench.Compare;

/// <summary>Writes the comparison as a table: medians of all rounds, and medians of the ratios within each round.</summary>
internal static class CompareReport
{
    public static void WriteHeader(TextWriter output)
    {
        output.WriteLine(
            """
            Each value is the median of the rounds. Ratio: relay ÷ compared, the median of the rounds' ratios, with their range. More is better for rates, less
            for times. Cold: the first 3 s after a start, which cold/warm compares with the relay's values, round by round.

            """);
        Row(output, "", "relay", "compared", "ratio", "range", "cold", "cold/warm");
    }

    public static void Write(CompareCase one, IReadOnlyList<CompareSample> samples, TextWriter output)
    {
        output.WriteLine($"{one.Name}, compared with {Describe(one)}");
        foreach (Measure measure in one.Measures)
        {
            double[] ratios = Ratios(samples, measure, sample => sample.Relay, sample => sample.Other);
            double[] cold = Ratios(samples, measure, sample => sample.Cold, sample => sample.Relay);
            Row(
                output,
                $"  {measure.Name}",
                Value(samples, measure, sample => sample.Relay),
                measure == Measure.IdleMemory ? "" : Value(samples, measure, sample => sample.Other),
                measure == Measure.IdleMemory ? "" : Ratio(ratios),
                ratios.Length < 2 || measure == Measure.IdleMemory ? "" : Text($"{ratios.Min():0.00}-{ratios.Max():0.00}"),
                Value(samples, measure, sample => sample.Cold),
                Ratio(cold));
        }
    }

    /// <summary>Writes the memory of idle connections in bytes, one number for each round.</summary>
    public static void Write(IdleKind kind, IReadOnlyList<double> bytes, TextWriter output) =>
        Row(output, $"  {kind.Name}, {kind.Clients:N0}", Text($"{Median(bytes) / 1024:0.0} KB"), "", "", "", "", "");

    /// <summary>The median; NaN of nothing.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Describe(CompareCase one) => one.Opponent switch
    {
        Opponent.BatchedFloor => "the batched floor",
        Opponent.Floor => "the floor",
        Opponent.Case => one.Other!,
        _ => "nothing",
    };

    private static string Value(IReadOnlyList<CompareSample> samples, Measure measure, Func<CompareSample, LoadResult?> select)
    {
        double median = Median(samples.Select(select).Select(result => result is null ? null : measure.Of(result)).OfType<double>());
        return double.IsNaN(median) ? "" : Text(measure.Format(median));
    }

    private static double[] Ratios(
        IReadOnlyList<CompareSample> samples, Measure measure, Func<CompareSample, LoadResult?> of, Func<CompareSample, LoadResult?> to) =>
        [
            .. from sample in samples
               let value = of(sample) is { } first ? measure.Of(first) : null
               let other = to(sample) is { } second ? measure.Of(second) : null
               where value is not null && other > 0
               select value.Value / other.Value,
        ];

    private static string Ratio(double[] ratios) => ratios.Length == 0 ? "" : Text($"{Median(ratios):0.00}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Row(TextWriter output, string name, string relay, string other, string ratio, string range, string cold, string coldRatio) =>
        output.WriteLine($"{name,-38} {relay,12} {other,12} {ratio,7} {range,11} {cold,12} {coldRatio,10}".TrimEnd());
}
