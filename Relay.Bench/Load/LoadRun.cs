using System.Diagnostics;
using System.Globalization;

namespace Cecelia.Relay.Bench.Load;

/// <summary>One run: opens the clients, probes, warms up, measures, waits for outstanding events, and closes the clients.</summary>
internal sealed class LoadRun(LoadPlan plan, ProgressLine progress)
{
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>If nothing is delivered for this time, outstanding events are considered lost.</summary>
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <exception cref="BenchException">The run is not possible, or not any more.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the measured time. A later cancellation ends the run early, with a result.</exception>
    public async Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        string run = Random.Shared.Next(36 * 36 * 36 * 36).ToString("x", CultureInfo.InvariantCulture);
        var events = new StampedEvent(run, plan.EventBytes, Stopwatch.GetTimestamp());
        var deliveries = new Deliveries(plan, events);
        long? before = RelayBytes();

        using EventPublisher publisher = await EventPublisher.ConnectAsync(plan, events, cancellationToken);
        using var clients = new LoadClients(plan, deliveries);
        TimeSpan opening = await OpenAsync(clients, cancellationToken);
        long? with = RelayBytes();
        await ProbeAsync(clients, deliveries, publisher, cancellationToken);

        var publishing = new Publishing(plan, deliveries, publisher);
        Task published = Task.Factory.StartNew(
            () => publishing.Run(cancellationToken),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await ShowAsync(published, deliveries);
        await published;
        await DrainAsync(clients, deliveries);
        LoadResult result = Evaluate(clients, deliveries, publishing) with
        {
            OpeningSeconds = opening.TotalSeconds,
            RelayBytesBefore = before,
            RelayBytesWithClients = with,
        };
        await clients.CloseAsync();
        return result;
    }

    private long? RelayBytes() => plan.ProcessId is { } id ? ProcessUse.Of(id)?.ResidentBytes : null;

    private async Task<TimeSpan> OpenAsync(LoadClients clients, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        Task opening = clients.OpenAsync(cancellationToken);
        while (await Task.WhenAny(opening, Task.Delay(ProbeInterval, CancellationToken.None)) != opening)
        {
            progress.Show($"opening clients: {clients.Opened:N0} of {plan.Clients:N0}");
        }

        await opening;
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>
    /// Publishes until each client has received an event, so that the run starts with all of them, and a wrong channel is not taken for lost events.
    /// </summary>
    private async Task ProbeAsync(LoadClients clients, Deliveries deliveries, EventPublisher publisher, CancellationToken cancellationToken)
    {
        int readers = clients.Readers.Count();
        long start = Stopwatch.GetTimestamp();
        int[] tasks = plan.Tasks == 0 ? [0] : [.. clients.Readers.Select(client => client.Task).Distinct()];
        while (true)
        {
            long unixMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (int task in tasks) publisher.Add(StampedEvent.ProbeNumber, task, Stopwatch.GetTimestamp(), unixMs);
            publisher.Flush();
            await Task.Delay(ProbeInterval, cancellationToken);
            int ready;
            lock (deliveries.Gate) ready = deliveries.Ready;
            if (ready == readers) return;
            progress.Show($"waiting for a first event: {ready:N0} of {readers:N0} clients have received one");
            if (Stopwatch.GetElapsedTime(start) < ProbeDeadline) continue;
            string received = deliveries.Others == 0 ? "" : $" Received instead: {deliveries.FirstOther}";
            throw new BenchException(
                $"""
                Within {ProbeDeadline.TotalSeconds:0} s, {readers - ready:N0} of {readers:N0} clients received none
                of the events published on '{plan.Channel}' at {plan.Redis.Masked}.
                Does {plan.Relay} subscribe to this channel of this Redis (--channel, --redis)?{received}
                """);
        }
    }

    private async Task ShowAsync(Task published, Deliveries deliveries)
    {
        Sample last = Sample.Now(deliveries, null);
        long start = last.At;
        while (await Task.WhenAny(published, Task.Delay(TimeSpan.FromSeconds(1))) != published)
        {
            Sample now = Sample.Now(deliveries, null);
            double seconds = Stopwatch.GetElapsedTime(last.At, now.At).TotalSeconds;
            TimeSpan measured = Stopwatch.GetElapsedTime(start, now.At) - plan.WarmUp;
            long p99;
            lock (deliveries.Gate) p99 = deliveries.Latency.Quantile(0.99);
            string phase = measured < TimeSpan.Zero
                ? "warming up"
                : string.Create(CultureInfo.InvariantCulture, $"{measured.TotalSeconds:0} of {plan.Duration.TotalSeconds:0} s");
            progress.Show(string.Create(
                CultureInfo.InvariantCulture,
                $"{phase}: {(now.Published - last.Published) / seconds:N0} events/s, {(now.Delivered - last.Delivered) / seconds:N0} deliveries/s, p99 {p99 / 1e6:0.00} ms"));
            last = now;
        }
    }

    private async Task DrainAsync(LoadClients clients, Deliveries deliveries)
    {
        LoadClient[] readers = [.. clients.Readers];
        long delivered = -1;
        long changed = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(changed) < QuietPeriod)
        {
            lock (deliveries.Gate)
            {
                if (readers.All(client => client.Ended is not null || client.Check.Next > deliveries.Published)) break;
                if (deliveries.Delivered != delivered) changed = Stopwatch.GetTimestamp();
                delivered = deliveries.Delivered;
            }

            progress.Show("waiting for outstanding events");
            await Task.Delay(Step);
        }

        progress.Clear();
    }

    private LoadResult Evaluate(LoadClients clients, Deliveries deliveries, Publishing publishing)
    {
        lock (deliveries.Gate)
        {
            LoadClient[] readers = [.. clients.Readers];
            (Sample begin, Sample end) = (publishing.Begin, publishing.End);
            double seconds = Stopwatch.GetElapsedTime(begin.At, end.At).TotalSeconds;
            long delivered = end.Delivered - begin.Delivered;
            return new LoadResult
            {
                Readers = readers.Length,
                Seconds = seconds,
                Events = end.Published - begin.Published,
                Deliveries = delivered,
                EventsPerSecond = (end.Published - begin.Published) / seconds,
                DeliveriesPerSecond = delivered / seconds,
                Unsent = publishing.Unsent,
                Latency = Quantiles.Of(deliveries.Latency),
                Lateness = plan.Rate is null ? null : Quantiles.Of(publishing.Lateness),
                Lost = readers.Sum(client => client.Check.LostUpTo(deliveries.Published)),
                Duplicates = readers.Sum(client => client.Check.Duplicates),
                OutOfOrder = readers.Sum(client => client.Check.OutOfOrder),
                Strays = readers.Sum(client => client.Check.Strays),
                Others = deliveries.Others,
                FirstOther = deliveries.FirstOther,
                Ended = readers.Count(client => client.Ended is not null),
                FirstEnd = readers.FirstOrDefault(client => client.Ended is not null)?.Ended ?? "",
                Client = Cost.Of(begin.Client, end.Client, seconds, delivered),
                Relay = begin.Relay is { } first && end.Relay is { } last ? Cost.Of(first, last, seconds, delivered) : null,
                RelayBytesAtEnd = end.Relay?.ResidentBytes,
            };
        }
    }
}
