using System.Globalization;

namespace Cecelia.Relay.Bench.Load;

/// <summary>Writes the result of a run as a table.</summary>
internal static class LoadReport
{
    private const int MinClientsForMemory = 500;
    private const double Mb = 1024 * 1024;

    public static void Write(LoadPlan plan, LoadResult result, TextWriter output)
    {
        Line("relay", $"{plan.Relay}, events through {plan.Redis.Masked}, channel {plan.Channel}");
        string followed = plan.Tasks == 0 ? "" : $", each subscribed to one of {plan.Tasks:N0} tasks";
        string slow = plan.SlowClients == 0 ? "" : $"; {plan.SlowClients:N0} others that never read";
        Line("clients", $"{result.Readers:N0}{followed}{slow}; opened in {result.OpeningSeconds:0.0} s");
        string loop = plan.Rate is { } rate ? $"open loop, {rate:#,0.###} events/s" : $"closed loop, window {plan.Window:N0}";
        Line("load", $"{loop}, {plan.EventBytes:N0}-byte events, {result.Seconds:0.0} s after {plan.WarmUp.TotalSeconds:0.0} s of warm-up");
        output.WriteLine();
        Line("events/s", $"{result.EventsPerSecond:N0}");
        Line("deliveries/s", $"{result.DeliveriesPerSecond:N0}");
        output.WriteLine();
        output.WriteLine("  ms                     p50        p90        p99      p99.9        max");
        Durations("latency", result.Latency);
        if (result.Lateness is { } lateness) Durations("sent late", lateness);
        output.WriteLine(plan.Rate is null
            ? """
                Closed loop: latency is measured from the time of sending, and a slow relay is sent fewer events. It shows the cost of
                a full window, not the latency that users would see. Use --rate for that.
              """
            : """
                Open loop: latency is measured from the time at which an event was due, not from when it was sent, so a delay counts for
                every event that had to wait. "sent late" is the part of the latency that this program caused.
              """);
        if (result.Unsent > 0) output.WriteLine($"  {result.Unsent:N0} events were due but not sent: Redis or this program could not sustain the rate.");
        output.WriteLine();
        output.WriteLine("  CPU                  cores   µs/delivery");
        if (result.Relay is { } relay) Use("relay", relay);
        Use("this program", result.Client);
        if (result is { RelayBytesBefore: { } before, RelayBytesWithClients: { } with, RelayBytesAtEnd: { } atEnd })
        {
            // With few clients, work left from the relay's startup exceeds their memory.
            string each = plan.Clients < MinClientsForMemory
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $" ({(with - before) / 1024.0 / plan.Clients:0.0} KB each)");
            Line("relay's memory", $"{before / Mb:N0} MB without clients, {with / Mb:N0} MB with idle clients{each}, {atEnd / Mb:N0} MB at the end");
        }

        output.WriteLine();
        WriteFaults(result, output);

        void Line(string name, FormattableString value) => output.WriteLine($"  {name,-14}  {value.ToString(CultureInfo.InvariantCulture)}");

        void Durations(string name, Quantiles quantiles) =>
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {name,-14}  {quantiles.P50,10:N2} {quantiles.P90,10:N2} {quantiles.P99,10:N2} {quantiles.P999,10:N2} {quantiles.Max,10:N2}"));

        void Use(string name, Cost cost) =>
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-14}  {cost.Cores,10:0.00} {cost.MicrosecondsPerDelivery,13:0.000}"));
    }

    private static void WriteFaults(LoadResult result, TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  lost {result.Lost:N0}, duplicate {result.Duplicates:N0}, out of order {result.OutOfOrder:N0}, to the wrong client {result.Strays:N0}, clients disconnected {result.Ended:N0}"));
        if (result.Ended > 0) output.WriteLine($"  First disconnect: {result.FirstEnd}.");
        if (result.Others > 0)
        {
            output.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"  {result.Others:N0} other messages were received; the first: {result.FirstOther}"));
        }

        output.WriteLine(
            result.IsGood
                ? "  Good: every client received each expected event once and in order."
                : "  BAD: not every client received each expected event once and in order.");
    }
}
