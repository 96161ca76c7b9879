using System.Globalization;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Results as a table for people, a row as soon as there is one.</summary>
internal static class MicroReport
{
    public static void WriteHead(TextWriter to) => to.WriteLine($"{"",-32} {"median",10} {"min",10} {"max",10} {"spread",7} {"per second",13} {"allocated",10}");

    public static void WriteRow(MicroResult of, TextWriter to) => to.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{of.Name,-32} {Time(of.MedianNs),10} {Time(of.MinNs),10} {Time(of.MaxNs),10} {of.Spread * 100,5:0} % {of.OpsPerSecond,13:N0} {Bytes(of.AllocatedBytes),10}"));

    private static string Time(double ns) => string.Create(CultureInfo.InvariantCulture, $"{ns:N1} ns");

    /// <summary>Less than a hundredth of a byte comes from the loop itself, or from a segment in thousands of events.</summary>
    private static string Bytes(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{(bytes < 0.01 ? 0 : bytes):0.##} B");
}
