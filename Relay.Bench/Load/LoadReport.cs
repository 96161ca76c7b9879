using System.Globalization;

namespace Cecelia.Relay.Bench.Load;

/// <summary>A run's result as a table for people.</summary>
internal static class LoadReport
{
    private const int FewestTellingClients = 500;
    private const double Mb = 1024 * 1024;

    public static void Write(LoadPlan plan, LoadResult result, TextWriter to)
    {
        Line("relay", $"{plan.Relay}, events through {plan.Redis.Masked}, channel {plan.Channel}");
        string followed = plan.Tasks == 0 ? "" : $", each on one of {plan.Tasks:N0} tasks";
        string slow = plan.SlowClients == 0 ? "" : $"; {plan.SlowClients:N0} more that never read";
        Line("clients", $"{result.Readers:N0}{followed}{slow}; opened in {result.OpeningSeconds:0.0} s");
        string loop = plan.Rate is { } rate ? $"open loop, {rate:#,0.###} events/s" : $"closed loop, window {plan.Window:N0}";
        Line("load", $"{loop}, {plan.EventBytes:N0}-byte events, {result.Seconds:0.0} s after {plan.WarmUp.TotalSeconds:0.0} s of warm-up");
        to.WriteLine();
        Line("events/s", $"{result.EventsPerSecond:N0}");
        Line("deliveries/s", $"{result.DeliveriesPerSecond:N0}");
        to.WriteLine();
        to.WriteLine("  ms                     p50        p90        p99      p99.9        max");
        Durations("latency", result.Latency);
        if (result.Lateness is { } lateness) Durations("sent late", lateness);
        to.WriteLine(plan.Rate is null
            ? """
                Closed loop: latency is from the moment of sending, and a slow relay is simply sent less. It shows the cost of a
                full window, not what users would wait; for that, give --rate.
              """
            : """
                Open loop: latency is from the moment an event was due, not from when it was sent, so a delay counts for every event
                that had to wait behind it. "sent late" is the part of it that is this program's own.
              """);
        if (result.Unsent > 0) to.WriteLine($"  {result.Unsent:N0} events were due and never sent: Redis, or this program, could not keep the rate.");
        to.WriteLine();
        to.WriteLine("  processor            cores   µs/delivery");
        if (result.Relay is { } relay) Use("relay", relay);
        Use("this program", result.Client);
        if (result is { RelayBytesBefore: { } before, RelayBytesWithClients: { } with, RelayBytesAtEnd: { } atEnd })
        {
            // Among few clients, what the relay's start-up leaves to be done shows more than they do.
            string each = plan.Clients < FewestTellingClients ? "" : string.Create(CultureInfo.InvariantCulture, $" ({(with - before) / 1024.0 / plan.Clients:0.0} KB each)");
            Line("relay's memory", $"{before / Mb:N0} MB without clients, {with / Mb:N0} MB with them idle{each}, {atEnd / Mb:N0} MB at the end");
        }

        to.WriteLine();
        WriteFaults(result, to);

        void Line(string name, FormattableString value) => to.WriteLine($"  {name,-14}  {value.ToString(CultureInfo.InvariantCulture)}");

        void Durations(string name, Quantiles of) =>
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-14}  {of.P50,10:N2} {of.P90,10:N2} {of.P99,10:N2} {of.P999,10:N2} {of.Max,10:N2}"));

        void Use(string name, Cost of) => to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-14}  {of.Cores,10:0.00} {of.MicrosecondsPerDelivery,13:0.000}"));
    }

    private static void WriteFaults(LoadResult result, TextWriter to)
    {
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  lost {result.Lost:N0}, duplicate {result.Duplicates:N0}, out of order {result.OutOfOrder:N0}, to the wrong client {result.Strays:N0}, clients cut off {result.Ended:N0}"));
        if (result.Ended > 0) to.WriteLine($"  The first to be cut off: {result.FirstEnd}.");
        if (result.Others > 0) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {result.Others:N0} other messages came; the first: {result.FirstOther}"));
        to.WriteLine(result.IsGood ? "  Good: every client got every event that it was owed, once and in order." : "  BAD: not every client got every event that it was owed, once and in order.");
    }
}
