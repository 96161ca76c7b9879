using System.Globalization;
using System.Net.Sockets;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Duties;

namespace Cecelia.Relay.Tests.Redis;

public sealed class RedisLinkDeliveryTests
{
    [Fact]
    public async Task Messages_on_channel_and_pattern_arrive_in_published_order()
    {
        const int Count = 20_000;
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));

        var expected = new List<string>(Count);
        var published = new List<Task<long>>(Count);
        for (int i = 0; i < Count; i++)
        {
            string channel = (i % 3) switch { 0 => "cecelia:events", 1 => "cecelia:events:task", _ => $"cecelia:events:n{i % 7}" };
            string payload = i.ToString(CultureInfo.InvariantCulture);
            expected.Add($"{channel} {payload}");
            published.Add(publisher.PublishAsync(channel, System.Text.Encoding.ASCII.GetBytes(payload)));
        }

        Assert.All(await Task.WhenAll(published), receivers => Assert.Equal(1, receivers));
        Assert.Equal(expected, await harness.TakeAsync(Count));
        Assert.Equal(0, harness.Link.Swaps);
    }

    [Fact]
    public async Task New_connection_receives_every_channel_from_its_first_message()
    {
        const int Swaps = 6;
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        using var stop = new CancellationTokenSource();
        Task publishing = Task.Run(() => PublishAlternately(redis.Port, stop.Token));

        for (int i = 1; i <= Swaps; i++)
        {
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await Eventually.TrueAsync(
                () => harness.Link.Swaps == i && harness.Link.Status.Status == RedisLinkStatusKind.Subscribed,
                describe: () => harness.Link.Status.ToString());
        }

        await stop.CancelAsync();
        await publishing.Within();
        int[] numbers = [.. harness.TakeAll().Select(message => int.Parse(message.Split(' ')[1], CultureInfo.InvariantCulture))];
        // One gap for each lost connection, before the first message of the next; a channel that is subscribed later would cause more.
        int holes = numbers.Zip(numbers.Skip(1)).Count(pair => pair.Second != pair.First + 1);
        Assert.InRange(holes, 0, Swaps);
    }

    [Fact]
    public async Task Empty_and_binary_payloads_arrive_verbatim()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));

        await publisher.PublishAsync("cecelia:events", []);
        await publisher.PublishAsync("cecelia:events", [0, 255, 13, 10, 0]);
        await publisher.PublishAsync("cecelia:events", "12345"u8.ToArray());

        await Eventually.TrueAsync(() => harness.Queue.Received == 3);
        byte[][] payloads = [.. Enumerable.Range(0, 3).Select(_ => harness.Queue.TryTake(out Relay.Ingest.IngestItem item) ? item.Payload : [1])];
        Assert.Equal([[], [0, 255, 13, 10, 0], "12345"u8.ToArray()], payloads);
    }

    [Fact]
    public async Task Other_channels_do_not_reach_the_queue()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();

        await redis.PublishAsync("cecelia:eventsx", "no");
        await redis.PublishAsync("cecelia:relay:probe:test", "a nonce of another instance");
        await redis.PublishAsync("cecelia:events:x", "yes");

        Assert.Equal(["cecelia:events:x yes"], await harness.TakeAsync(1));
        Assert.Equal(1, harness.Queue.Received);
    }

    /// <summary>An instance is ready when it receives requests. A start takes 0.06 s; with a whole interval between two probes it took 1.06 s.</summary>
    [Fact]
    public async Task Requests_enabled_during_a_probe_are_subscribed_without_waiting_for_the_next_probe()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var slow = new TcpProxy(redis.Port) { Latency = TimeSpan.FromMilliseconds(100) };
        // The interval between two probes never elapses.
        var time = new StepTime();
        await using var harness = new LinkHarness(RedisUrl.For("127.0.0.1", slow.Port), time: time);
        await harness.WaitUntilSubscribedAsync();

        // The first probe opens a connection first, which takes several round trips.
        harness.Link.SubscribeToRequests();

        await Eventually.TrueAsync(() => harness.Link.IsSubscribedToRequests, describe: () => $"{harness.Link.Status}\n{harness.AllLogged}");
    }

    /// <summary>Redis has one order for all channels; a client library with a queue for each subscription loses it.</summary>
    [Fact]
    public async Task Messages_on_all_channels_keep_the_published_order()
    {
        const int Rounds = 2000;
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        harness.Link.SubscribeToRequests();
        await Eventually.TrueAsync(() => harness.Link.IsSubscribedToRequests);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));
        Guid[] nonces = [.. Enumerable.Range(0, Rounds).Select(_ => Guid.NewGuid())];

        await publisher.PublishAsync(nonces.SelectMany((nonce, i) => ((string, string)[])
        [
            ("cecelia:events", $"{4 * i}"),
            ("cecelia:events:a", $"{(4 * i) + 1}"),
            ("cecelia:relay:handoff", nonce.ToString("N")),
            ("cecelia:events", $"{(4 * i) + 2}"),
            ("cecelia:relay:probe:test", $"cut:{nonce:N}"),
            ("cecelia:events:b", $"{(4 * i) + 3}"),
        ]));

        List<string> events = await harness.TakeAsync(4 * Rounds);
        Assert.Equal(
            Enumerable.Range(0, 4 * Rounds),
            events.Select(message => int.Parse(message.AsSpan(message.IndexOf(' ', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture)));
        Assert.Equal(nonces.Select((nonce, i) => (nonce, (4L * i) + 2)), harness.Requests);
        Assert.Equal(nonces.Select((nonce, i) => (nonce, (4L * i) + 3)), harness.Barriers);
    }

    [Fact]
    public async Task Payload_over_the_limit_arrives_truncated_with_its_length_and_later_ones_complete()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));

        await publisher.PublishAsync([new byte[LinkHarness.MaxPayloadBytes], new byte[20_000_000], "after"u8.ToArray()]);

        await Eventually.TrueAsync(() => harness.Queue.Received == 3);
        (int Kept, long Length)[] taken =
        [
            .. Enumerable.Range(0, 3).Select(_ => harness.Queue.TryTake(out Relay.Ingest.IngestItem item) ? (item.Payload.Length, item.Length) : (0, 0L)),
        ];
        Assert.Equal([(LinkHarness.MaxPayloadBytes, LinkHarness.MaxPayloadBytes), (LinkHarness.MaxPayloadBytes + 1, 20_000_000L), (5, 5L)], taken);
        Assert.Equal(0, harness.Link.Swaps);
    }

    /// <summary>The queue holds a hundred of them; the rest waits in the kernel and in Redis until they are taken.</summary>
    [Fact]
    public async Task Burst_over_the_queue_size_loses_nothing_while_it_is_drained()
    {
        const int Count = 5000;
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url, queueBytes: 100_000);
        await harness.WaitUntilSubscribedAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));
        using var stop = new CancellationTokenSource();
        // A thread that takes messages as they arrive, as the ingest thread does.
        Task<int> taking = Task.Factory.StartNew(
            () =>
            {
                int taken = 0;
                while (!stop.IsCancellationRequested && taken < Count)
                {
                    if (harness.Queue.TryTake(out _)) taken++;
                    else harness.Queue.Wait(TimeSpan.FromMilliseconds(100));
                }

                return taken;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        await publisher.PublishAsync(Enumerable.Range(0, Count).Select(_ => new byte[1000]));
        await Eventually.TrueAsync(() => taking.IsCompleted, describe: () => $"{harness.Queue.Received} received, {harness.Queue.Dropped} dropped");

        Assert.Equal(Count, await taking);
        Assert.Equal(0, harness.Queue.Dropped);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task Full_queue_drops_and_counts_messages_and_the_link_keeps_reading()
    {
        const int Count = 500;
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url, queueBytes: 100_000);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));

        for (int i = 0; i < Count; i++) await publisher.PublishAsync("cecelia:events", new byte[1000]);
        await Eventually.TrueAsync(() => harness.Queue.Received == Count);
        long dropped = harness.Queue.Dropped;
        List<string> taken = harness.TakeAll();
        int kept = taken.Count - 1;
        await publisher.PublishAsync("cecelia:events", "after"u8.ToArray());

        Assert.Equal(Count, kept + dropped);
        Assert.InRange(kept, 90, 100);
        Assert.Equal($"dropped {dropped}", taken[^1]);
        Assert.Equal(["cecelia:events after"], await harness.TakeAsync(1));
        Assert.Equal(RedisLinkStatusKind.Subscribed, harness.Link.Status.Status);
    }

    /// <summary>Publishes numbers from 0 on, alternating between a channel and the pattern, as fast as Redis accepts them.</summary>
    private static void PublishAlternately(int port, CancellationToken stop)
    {
        const int Together = 4;
        using var client = new TcpClient("127.0.0.1", port);
        using NetworkStream stream = client.GetStream();
        for (int number = 0; !stop.IsCancellationRequested;)
        {
            for (int i = 0; i < Together; i++, number++)
            {
                RedisWire.Send(stream, ["PUBLISH", number % 2 == 0 ? "cecelia:events" : "cecelia:events:x", number.ToString(CultureInfo.InvariantCulture)]);
            }

            for (int i = 0; i < Together; i++) RedisWire.Receive(stream);
        }
    }
}
