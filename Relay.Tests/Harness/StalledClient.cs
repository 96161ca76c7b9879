using System.Diagnostics;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// Publishes to a client that reads nothing until every buffer in between is full: the relay's, the kernel's on both ends, and the client library's.
/// </summary>
internal static class StalledClient
{
    private const int Batch = 100;
    private const int PayloadBytes = 1000;

    /// <summary>Waits for the relay's only connection and returns its client.</summary>
    public static async Task<Client> FindAsync(RunningRelay relay)
    {
        var open = new List<Connection>();
        await Eventually.TrueAsync(
            () =>
            {
                relay.Get<ConnectionTable>().CopyTo(open);
                return open.Count == 1;
            },
            TestTimeouts.Default);
        return open[0].Client;
    }

    /// <summary>Fills the relay's only connection with events of 1 KB.</summary>
    public static async Task<(int Events, long LastTaken)> FillAsync(RunningRelay relay, EventPublisher publisher) =>
        await FillAsync(await FindAsync(relay), async published =>
    {
        await publisher.PublishAsync(Numbered.Payloads(published, Batch, padding: new string('s', PayloadBytes)));
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == published + Batch, TestTimeouts.Default);
        return Batch;
    });

    /// <summary>
    /// Publishes until <paramref name="client"/> takes nothing, and then three times as much again. Returns the number of events, and a timestamp from before
    /// it took its last byte.
    /// </summary>
    /// <param name="client">The client that reads nothing.</param>
    /// <param name="publishAsync">
    /// Given the number of events so far, publishes more, waits until the relay has accepted them, and returns their number.
    /// </param>
    /// <param name="atLeast">The minimum number of events.</param>
    public static async Task<(int Events, long LastTaken)> FillAsync(Client client, Func<int, Task<int>> publishAsync, int atLeast = 0)
    {
        int published = 0;
        int quiet = 0;
        long before = Stopwatch.GetTimestamp();
        (long Progress, long Delivered) taken = (-1, -1);
        while (quiet <= published * 3 / 4 || published < atLeast)
        {
            long now = Stopwatch.GetTimestamp();
            int more = await publishAsync(published);
            published += more;
            (long Progress, long Delivered) latest = (client.Sink.Progress, client.Delivered);
            if (latest == taken && client.Sink.Busy) quiet += more;
            else (taken, before, quiet) = (latest, now, 0);
        }

        return (published, before);
    }
}
