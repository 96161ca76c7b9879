using System.Diagnostics;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>Publishes to a client that reads nothing until nothing on the way takes any more: the relay's buffers, the kernel's on both ends, those of the client's library.</summary>
internal static class StalledClient
{
    private const int Batch = 100;
    private const int PayloadBytes = 1000;

    /// <summary>The relay's only connection, once it is there.</summary>
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

    /// <summary>So too, with events of 1 KB to the relay's only connection.</summary>
    public static async Task<(int Events, long LastTaken)> FillAsync(RunningRelay relay, EventPublisher publisher) => await FillAsync(await FindAsync(relay), async published =>
    {
        await publisher.PublishAsync(Numbered.Payloads(published, Batch, padding: new string('s', PayloadBytes)));
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == published + Batch, TestTimeouts.Default);
        return Batch;
    });

    /// <summary>
    /// Publishes until <paramref name="client"/> takes nothing, and then three times as much again. Returns how many events that were, and a time stamp from before it
    /// took its last byte.
    /// </summary>
    /// <param name="client">Reads nothing.</param>
    /// <param name="publishAsync">Publishes some more events, given how many there were, waits until the relay has accepted them, and returns how many these are.</param>
    /// <param name="atLeast">No fewer events than these.</param>
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
