using System.Globalization;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Writes results as a table, one row at a time.</summary>
internal static class MicroReport
{
    public static void WriteHeader(TextWriter output) =>
        output.WriteLine($"{"",-32} {"median",10} {"min",10} {"max",10} {"spread",7} {"per second",13} {"allocated",10}");

    public static void WriteRow(MicroResult result, TextWriter output) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Name,-32} {Time(result.MedianNs),10} {Time(result.MinNs),10} {Time(result.MaxNs),10} {result.Spread * 100,5:0} % {result.OpsPerSecond,13:N0} {Bytes(result.AllocatedBytes),10}"));

    private static string Time(double ns) => string.Create(CultureInfo.InvariantCulture, $"{ns:N1} ns");

    /// <summary>
    /// Formats allocated bytes. Less than a hundredth of a byte is from the loop itself, or from one segment in thousands of events, and is shown as zero.
    /// </summary>
    private static string Bytes(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{(bytes < 0.01 ? 0 : bytes):0.##} B");
}
