using System.Diagnostics;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Publishers that number their events and add them to a stream lose nothing in an outage; for those that only number them, the relay reports exactly what was
/// lost.
/// </summary>
public sealed partial class StreamTests(ITestOutputHelper output)
{
    private const string Stream = "brain:events";

    /// <summary>Far more than any test publishes.</summary>
    private static readonly PublishedStream LongStream = new(Stream, 1_000_000);

    [Fact]
    public async Task Black_holed_connection_for_five_seconds_under_load_loses_no_event()
    {
        await using RedisServer redis = await StartRedisAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port);
        await CheckAsync(redis, relay, states: ["degraded", "live"], async (client, published) =>
        {
            long disconnectedAt = Stopwatch.GetTimestamp();
            proxy.BlackHole(includeNew: true);
            (_, int degraded, _) = await client.WaitForLinkStatusAsync("degraded");
            await Eventually.TrueAsync(() => Stopwatch.GetElapsedTime(disconnectedAt) > TimeSpan.FromSeconds(5));
            proxy.Heal();
            long healed = Stopwatch.GetTimestamp();
            await client.WaitForLinkStatusAsync("live", degraded);
            output.WriteLine($"live {Stopwatch.GetElapsedTime(healed).TotalMilliseconds:F0} ms after the path was restored");
        });
    }

    [Fact]
    public async Task Repeatedly_killed_subscriptions_under_load_lose_no_event()
    {
        await using RedisServer redis = await StartRedisAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        string[] states = [.. Enumerable.Repeat<string[]>(["degraded", "live"], 10).SelectMany(one => one)];
        await CheckAsync(redis, relay, states, async (client, published) =>
        {
            int live = 0;
            for (int kill = 0; kill < 10; kill++)
            {
                int next = published() + 20;
                await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
                live = (await client.WaitForLinkStatusAsync("live", (await client.WaitForLinkStatusAsync("degraded", live)).Index)).Index;
                await client.WaitForNumberAsync(next);
            }
        });
    }

    [Fact]
    public async Task Missing_events_are_reported_exactly_without_a_stream()
    {
        await using RedisServer redis = await StartRedisAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port, stream: "");
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await client.WaitForNumberAsync(10);

        await OutageAsync(proxy, client, () => AppendAsync(redis, 11, 20));
        await AppendAsync(redis, 31, 1);
        await client.WaitForNumberAsync(31);

        Assert.Equal([.. Numbers(1, 10), "relay:link", "redis_lost", "relay:link", "publisher_gap s 11-30 20", "31"], Received(client));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Single_unnumbered_event_makes_an_outage_a_gap(bool beforeTheOutage)
    {
        await using RedisServer redis = await StartRedisAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 5);
        if (beforeTheOutage) await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(1000));
        await AppendAsync(redis, 6, 5);
        await client.WaitForNumberAsync(10);

        await OutageAsync(proxy, client, async () =>
        {
            await AppendAsync(redis, 11, 3);
            if (!beforeTheOutage) await redis.CommandAsync("XADD", Stream, "*", "p", Numbered.Payload(1000));
            await AppendAsync(redis, 14, 3);
        });
        await AppendAsync(redis, 17, 1);
        await client.WaitForNumberAsync(17);

        // Numbered events are delivered nevertheless, after the gap.
        string[] received = [.. Received(client).Where(one => one != "1000")];
        Assert.Equal([.. Numbers(1, 10), "relay:link", "redis_lost", .. Numbers(11, 6), "relay:link", "17"], received);
    }

    [Fact]
    public async Task Stream_trimmed_past_the_loss_leaves_a_gap()
    {
        await using RedisServer redis = await StartRedisAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await client.WaitForNumberAsync(10);

        await OutageAsync(proxy, client, async () =>
        {
            await AppendAsync(redis, 11, 20);
            await redis.CommandAsync("XTRIM", Stream, "MAXLEN", "5");
        });
        await AppendAsync(redis, 31, 1);
        await client.WaitForNumberAsync(31);

        Assert.Equal([.. Numbers(1, 10), "relay:link", "redis_lost", .. Numbers(26, 5), "publisher_gap s 11-25 15", "relay:link", "31"], Received(client));
    }

    /// <summary>
    /// A relay whose clock was 60 s ahead of Redis' read the stream from a time at which it was still empty, took that as proof, and reported nothing. The
    /// second publisher is first seen during the outage, so that its numbers show no gap.
    /// </summary>
    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task Events_of_an_outage_are_read_although_the_clock_differs_from_that_of_Redis(int secondsAhead)
    {
        await using RedisServer redis = await StartRedisAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port, secondsAhead: secondsAhead);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await client.WaitForNumberAsync(10);

        await OutageAsync(proxy, client, async () =>
        {
            await AppendAsync(redis, 11, 10);
            await AppendAsync(redis, 21, 10, source: "later");
        });
        await AppendAsync(redis, 31, 1, source: "later");
        await client.WaitForNumberAsync(31);

        Assert.Equal([.. Numbers(1, 10), "relay:link", .. Numbers(11, 20), "relay:link", "31"], Received(client));
    }

    [Fact]
    public async Task Stream_that_began_shortly_before_the_outage_is_complete()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await client.WaitForNumberAsync(10);
        await WaitForProbeAsync(relay);

        await OutageAsync(proxy, client, () => AppendAsync(redis, 11, 20));
        await AppendAsync(redis, 31, 1);
        await client.WaitForNumberAsync(31);

        Assert.Equal([.. Numbers(1, 10), "relay:link", .. Numbers(11, 20), "relay:link", "31"], Received(client));
    }

    /// <summary>A Redis that has lost its memory and a new stream look the same, whatever the stream counts: both keep their gap.</summary>
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 60)]
    [InlineData(true, 60)]
    public async Task Stream_that_began_during_the_outage_leaves_a_gap(bool wasThereBefore, int secondsAhead)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port, secondsAhead: secondsAhead);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await client.WaitForNumberAsync(10);
        if (!wasThereBefore) await redis.CommandAsync("FLUSHALL");
        await WaitForProbeAsync(relay);

        await OutageAsync(proxy, client, async () =>
        {
            await AppendAsync(redis, 11, 1);
            if (wasThereBefore) await redis.CommandAsync("FLUSHALL");
            await AppendAsync(redis, 12, 19);
        });
        await AppendAsync(redis, 31, 1);
        await client.WaitForNumberAsync(31);

        string[] received = wasThereBefore ? [.. Numbers(12, 19), "publisher_gap s 11-11 1"] : Numbers(11, 20);
        Assert.Equal([.. Numbers(1, 10), "relay:link", "redis_lost", .. received, "relay:link", "31"], Received(client));
    }

    [Fact]
    public async Task Gap_inside_a_complete_stream_is_reported()
    {
        await using RedisServer redis = await StartRedisAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await client.WaitForNumberAsync(10);

        await OutageAsync(proxy, client, () => AppendAsync(redis, 14, 2));
        await AppendAsync(redis, 16, 1);
        await client.WaitForNumberAsync(16);

        Assert.Equal([.. Numbers(1, 10), "relay:link", "14", "15", "publisher_gap s 11-13 3", "relay:link", "16"], Received(client));
    }

    [Fact]
    public async Task Event_published_twice_is_delivered_once_and_counted()
    {
        await using RedisServer redis = await StartRedisAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        await using RecordingClient client = await ConnectAsync(relay);
        foreach (int number in (int[])[1, 2, 2, 1, 3, 3, 3, 4]) await AppendAsync(redis, number, 1);
        await client.WaitForNumberAsync(4);

        Assert.Equal(Numbers(1, 4), Received(client));
        Assert.Equal(4, relay.Get<Ingestor>().Duplicates);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task Gap_is_filled_in_order_from_the_stream_while_the_link_is_live(int secondsAhead)
    {
        await using RedisServer redis = await StartRedisAsync();
        await using RunningRelay relay = await StartAsync(redis.Port, secondsAhead: secondsAhead);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await client.WaitForNumberAsync(10);

        // In one transaction, so that the events after the gap are in the stream when it is read.
        await AppendAsync(redis, 11, 40, publishedFrom: 16);
        await client.WaitForNumberAsync(50);

        Assert.Equal(Numbers(1, 50), Received(client));
        Assert.Equal(0, relay.Get<Feed>().Gaps);
    }

    /// <summary>No stream was read for a gap until the clock had caught up.</summary>
    [Fact]
    public async Task Gap_is_filled_from_the_stream_after_the_clock_stepped_back()
    {
        await using RedisServer redis = await StartRedisAsync();
        await using RunningRelay relay = await StartAsync(redis.Port, secondsAhead: 3600);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await AppendAsync(redis, 11, 10, publishedFrom: 16);
        await client.WaitForNumberAsync(20);

        var clock = (ShiftedTime)relay.Get<TimeProvider>();
        clock.Shift = TimeSpan.Zero;
        clock.Advance(TimeSpan.FromSeconds(6));
        await AppendAsync(redis, 21, 10, publishedFrom: 26);
        await client.WaitForNumberAsync(30);

        Assert.Equal(Numbers(1, 30), Received(client));
    }

    [Fact]
    public async Task Gap_that_the_stream_does_not_fill_is_reported_in_order()
    {
        await using RedisServer redis = await StartRedisAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        await using RecordingClient client = await ConnectAsync(relay);
        await AppendAsync(redis, 1, 10);
        await AppendAsync(redis, 14, 3);
        await client.WaitForNumberAsync(16);

        Assert.Equal([.. Numbers(1, 10), "publisher_gap s 11-13 3", .. Numbers(14, 3)], Received(client));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task Restarted_single_relay_resumes_from_the_stream(int secondsAhead)
    {
        await using RedisServer redis = await StartRedisAsync();
        string position;
        await using (RunningRelay first = await StartAsync(redis.Port, hasHandoff: true, secondsAhead: secondsAhead))
        {
            await using RecordingClient client = await ConnectAsync(first);
            await AppendAsync(redis, 1, 50);
            await client.WaitForNumberAsync(50);
            position = client.Position;
        }

        await AppendAsync(redis, 51, 10);
        await using RunningRelay second = await StartAsync(redis.Port, hasHandoff: true, secondsAhead: secondsAhead);
        await AppendAsync(redis, 61, 1);

        await using SubprotocolClient again = await SubprotocolClient.ConnectAsync(second.WebSocket, since: position);
        Assert.True(again.Hello.GetProperty("recovered").GetBoolean());
        for (int n = 51; n <= 61; n++) Assert.Equal(n, (await again.ReceiveAsync()).Number);
        Assert.Equal(0, second.Get<Feed>().Gaps);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Events_dropped_by_a_full_queue_are_reported_in_order(bool hasLaterEvent)
    {
        await using RedisServer redis = await StartRedisAsync();
        RunningRelay relay = await StartAsync(redis.Port, stream: "", queueBytes: 5_000);
        await using RecordingClient client = await ConnectAsync(relay);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));
        using var decoding = new SemaphoreSlim(0);
        IngestQueue queue = relay.Get<IngestQueue>();
        queue.Add(() => decoding.Wait(TestTimeouts.Default));

        await publisher.PublishAsync(Numbered.Payloads(0, 100));
        await Eventually.TrueAsync(() => queue.Received == 100);
        long dropped = queue.Dropped;
        // The gap directly follows the last accepted event, also when an action, a message or nothing comes next.
        if (hasLaterEvent) queue.Add(() => { });
        decoding.Release();
        await client.WaitForAsync(message => message.Name == "relay:gap");
        await publisher.PublishAsync(Numbered.Payload(100));
        await client.WaitForNumberAsync(100);

        Assert.InRange(dropped, 1, 99);
        Assert.Equal([.. Numbers(0, 100 - (int)dropped), $"evicted {dropped}", "100"], Received(client));
        await relay.StopAsync();
        Assert.Contains(relay.Logs.Lines, line => line.Text.Contains("were dropped", StringComparison.Ordinal));
    }
}
