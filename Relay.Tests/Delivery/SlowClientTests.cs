using System.Diagnostics;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>PROTOCOL.md, <i>Slow clients</i>: a client that stops reading does not slow others, costs bounded memory, and is notified of its loss.</summary>
[Collection(SerialTests.Name)]
public sealed class SlowClientTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const long LogBytes = 256 * 1024;
    private const int BatchEvents = 50;
    private const int SmallBuffer = 8 * 1024;
    private static readonly string Padding = new('x', 1000);

    [Fact]
    public async Task Stalled_client_slows_no_other_and_continues_with_the_newest_events()
    {
        const int Events = 8000;
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, Small);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient fast = await relay.ConnectAsync();
        await using RawClient slow = await relay.ConnectRawAsync(receiveBufferBytes: SmallBuffer);
        SegmentPool pool = relay.Get<SegmentPool>();

        // 8 MB to a client that reads none of it; the outbound buffer holds 256 KB, and one more segment may be in use by the pump's send.
        for (int published = 0; published < Events; published += BatchEvents)
        {
            await publisher.PublishAsync(Numbered.Payloads(published, BatchEvents, Padding));
            Numbered.AssertInOrder(await fast.ReceiveEventsAsync(BatchEvents), published);
            Assert.InRange(pool.RentedBytes, 0, LogBytes + SegmentPool.LargestBytes);
        }

        // First what the kernel and the relay still hold for it: complete frames, in order, from the first on. Then the newest events, since these have no
        // state; more than once, if the kernel accepted a frame in between.
        int expected = 0;
        int missed = 0;
        async Task<int> ReadAsync()
        {
            int number = Numbered.Of((await slow.ReadMessageAsync()).Text);
            Assert.InRange(number, expected, int.MaxValue);
            missed += number - expected;
            expected = number + 1;
            return number;
        }

        Task reading = Task.Run(async () =>
        {
            while (await ReadAsync() < Events)
            {
            }
        });
        int next = Events;
        while (!reading.IsCompleted)
        {
            await publisher.PublishAsync(Numbered.Payload(next, Padding));
            Numbered.AssertInOrder(await fast.ReceiveEventsAsync(1), next++);
        }

        await reading;
        await publisher.PublishAsync(Numbered.Payload(next));
        Numbered.AssertInOrder(await fast.ReceiveEventsAsync(1), next);
        while (await ReadAsync() < next)
        {
        }

        Assert.True(missed > 0);
        Assert.Equal(missed, relay.Get<PumpSet>().Missed);

        // From then on it is served like any other client.
        await publisher.PublishAsync(Numbered.Payloads(++next, 20));
        for (int i = 0; i < 20; i++) Assert.Equal(next + i, Numbered.Of((await slow.ReadMessageAsync()).Text));
        Numbered.AssertInOrder(await fast.ReceiveEventsAsync(20), next);
    }

    [Fact]
    public async Task Stalled_client_is_disconnected_after_the_send_timeout_and_others_stay()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => Small(options) with { Fanout = Small(options).Fanout with { SendTimeout = TimeSpan.FromSeconds(0.5) } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient fast = await relay.ConnectAsync();
        await using RawClient stalled = await relay.ConnectRawAsync(receiveBufferBytes: SmallBuffer);
        int published = 0;

        await Eventually.TrueAsync(
            async () =>
            {
                await publisher.PublishAsync(Numbered.Payloads(published, BatchEvents, Padding));
                Numbered.AssertInOrder(await fast.ReceiveEventsAsync(BatchEvents), published);
                published += BatchEvents;
                return relay.Connections == 1;
            },
            TestTimeouts.Default,
            () => "the stalled client is still connected");

        Assert.Equal([(4001, CloseReason.Stalled)], relay.Logs.Closes);
        await publisher.PublishAsync(Numbered.Payload(published));
        Assert.Equal(published, Numbered.Of(await fast.ReceiveAsync()));
    }

    [Fact]
    public async Task Slow_but_steady_client_is_not_disconnected()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => Small(options) with { Fanout = Small(options).Fanout with { SendTimeout = TimeSpan.FromSeconds(3), BufferBytes = 16 * 1024 * 1024 } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using RawClient slow = await relay.ConnectRawAsync(receiveBufferBytes: SmallBuffer);
        await publisher.PublishAsync(Numbered.Payloads(0, 1000, Padding));

        // Read a little, then wait for several sweeps, and so on for longer than the send timeout.
        for (int read = 0; read < 1000;)
        {
            for (int i = 0; i < 40; i++, read++) Assert.Equal(read, Numbered.Of((await slow.ReadMessageAsync()).Text));
            long paused = Stopwatch.GetTimestamp();
            if (read <= 600) await Eventually.TrueAsync(() => Stopwatch.GetElapsedTime(paused) > TimeSpan.FromMilliseconds(250));
        }

        Assert.Equal(0, relay.Get<PumpSet>().Missed);
        Assert.Equal(1, relay.Connections);
    }

    [Fact]
    public async Task Client_that_does_not_read_responses_is_disconnected()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => Small(options) with { Connections = options.Connections with { MaxMessagesPerSecond = 0 } });
        await using RawClient client = await relay.ConnectRawAsync(receiveBufferBytes: SmallBuffer);
        byte[] questions = [.. Enumerable.Repeat(new WireFrame(Opcode.Ping, new byte[125]).ToBytes(), 100).SelectMany(one => one)];

        while (relay.Connections > 0)
        {
            try
            {
                await client.SendAsync(questions);
            }
            catch (System.Net.Sockets.SocketException)
            {
                break;
            }
        }

        await relay.WaitForConnectionsAsync(0);
        Assert.Equal([(4002, CloseReason.Flooded)], relay.Logs.Closes);
    }

    private static RelayOptions Small(RelayOptions options) => options with
    {
        Fanout = options.Fanout with { BufferBytes = LogBytes, SendBufferBytes = SmallBuffer },
        Connections = options.Connections with { PingInterval = TimeSpan.Zero },
    };
}
