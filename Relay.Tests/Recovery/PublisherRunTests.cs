using System.Globalization;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Recovery;
using Cecelia.Relay.Tests.Redis;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>PROTOCOL.md, <i>Publisher sequence numbers</i>: what a relay makes of a publisher that counts again, repeats itself or leaves numbers out.</summary>
public sealed class PublisherRunTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Stream = "brain:events";

    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Publisher_that_counts_again_without_timestamps_is_served_and_reported()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();

        await PublishAsync(publisher, [.. Enumerable.Range(1, 5).Select(n => Of(n, "first"))]);
        for (int i = 1; i <= 5; i++) await client.ReceiveEventOrGapAsync();
        await PublishAsync(publisher, [.. Enumerable.Range(1, 3).Select(n => Of(n, "second"))]);

        SubprotocolMessage gap = await client.ReceiveEventOrGapAsync();
        Assert.Equal("relay:gap", gap.Name);
        Assert.Equal(("publisher_restarted", "brain"), (gap.Data.GetProperty("cause").GetString(), gap.Data.GetProperty("source").GetString()));
        for (int i = 1; i <= 3; i++) Assert.Equal("second", (await client.ReceiveEventOrGapAsync()).Data.GetProperty("run").GetString());

        JsonElement check = Assert.Single((await relay.GetJsonAsync("/readyz")).GetProperty("checks").EnumerateArray(), check => check.GetProperty("name").GetString() == "publishers");
        Assert.Equal("warn", check.GetProperty("status").GetString());
        // The state follows the new run, though its numbers are smaller.
        JsonElement task = await relay.GetJsonAsync("/api/v1/tasks/t3");
        Assert.Equal("second", task.GetProperty("data").GetProperty("run").GetString());
    }

    /// <summary>Clients were sent the gap, but an operator saw it neither in the log nor in the checks, and not whose it was.</summary>
    [Fact]
    public async Task Hole_in_the_numbers_of_a_publisher_is_shown_to_the_operator()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await PublishAsync(publisher, Of(5, "first"), Of(9, "first"));
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 2);

        JsonElement check = Assert.Single((await relay.GetJsonAsync("/readyz")).GetProperty("checks").EnumerateArray(), check => check.GetProperty("name").GetString() == "publishers");
        Assert.Equal("warn", check.GetProperty("status").GetString());
        Assert.Contains("hole in its numbers", check.GetProperty("why").GetString(), StringComparison.Ordinal);
        JsonElement publishers = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("publishers");
        Assert.Equal(3, publishers.GetProperty("missing").GetInt64());
        JsonElement trouble = publishers.GetProperty("trouble");
        Assert.Equal(("brain", "publisher_gap"), (trouble.GetProperty("source").GetString(), trouble.GetProperty("cause").GetString()));
        Assert.Equal((1, 0), (relay.Get<Feed>().GapsOf(GapCause.PublisherGap), relay.Get<Feed>().GapsOf(GapCause.RedisLost)));
        Assert.Single(relay.Logs.Lines, line => line.Text.Contains("3 events of a publisher are missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Duplicate_is_counted_and_shown_among_what_was_refused()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);

        await PublishAsync(publisher, Of(1, "first"), Of(1, "first"), Of(2, "first"));
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 2);

        JsonElement events = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("events");
        Assert.Equal((3, 2, 1, 0), (Count("received"), Count("accepted"), Count("duplicate"), Count("waiting")));
        JsonElement kept = Assert.Single((await relay.GetJsonAsync("/api/v1/refused")).GetProperty("kept").EnumerateArray());
        Assert.Equal("duplicate", kept.GetProperty("reason").GetString());
        Assert.Equal(Of(1, "first"), kept.GetProperty("excerpt").GetString());

        long Count(string name) => events.GetProperty(name).GetInt64();
    }

    /// <summary>An instance that judged a number otherwise than its siblings would share no position with them any more.</summary>
    [Fact]
    public async Task Three_instances_one_of_them_started_in_the_middle_accept_the_same_events()
    {
        await using RunningRelay first = await StartAsync(handsOver: true);
        await using RunningRelay second = await StartAsync(handsOver: true);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        string[] before = [.. Run(1, 300, "a"), .. Run(1, 5, "b"), .. Run(3, 4, "b"), .. Run(9, 12, "b")];
        await PublishAsync(publisher, before);
        await Eventually.TrueAsync(() => first.Get<Ingestor>().Count().Waiting == 0 && first.Get<IngestQueue>().Received == before.Length);
        long accepted = first.Get<Ingestor>().Accepted;

        await using RunningRelay third = await StartAsync(handsOver: true);
        // What was seen before the handoff again, numbers that were missing, two new runs, and enough that all windows are of the same events.
        string[] after = [.. Run(10, 12, "b"), .. Run(6, 8, "b"), .. Run(1, 5, "c"), .. Run(4, 5, "c"), .. Run(1, 300, "a"), .. Run(1, 2, "a"), .. Run(6, 60, "d")];
        await PublishAsync(publisher, after);
        (RunningRelay Relay, int Received)[] all = [(first, before.Length + after.Length), (second, before.Length + after.Length), (third, after.Length)];
        await Eventually.TrueAsync(() => all.All(one => one.Relay.Get<IngestQueue>().Received == one.Received && one.Relay.Get<Ingestor>().Count().Waiting == 0));
        Assert.All(all, one => Assert.Equal(first.Get<Feed>().Position.Hash, one.Relay.Get<Feed>().Position.Hash));
        Assert.True(first.Get<Ingestor>().Publishers.Restarted >= 2);
        Assert.Equal(first.Get<Ingestor>().Accepted, second.Get<Ingestor>().Accepted);
        Assert.Equal(first.Get<Ingestor>().Accepted - accepted, third.Get<Ingestor>().Accepted);

        static string[] Run(int first, int last, string run) => [.. Enumerable.Range(first, last - first + 1).Select(n => Of(n, run))];
    }

    /// <summary>
    /// The relay began with the numbers of the last run and did not receive the first ones of the new run, so it took all others for duplicates, and was ready.
    /// </summary>
    [Fact]
    public async Task Publisher_that_starts_again_faster_than_the_relay_is_served_and_reported()
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using (RunningRelay first = await StartAsync(handsOver: true))
        {
            await PublishAsync(publisher, [.. Enumerable.Range(1, 600).Select(n => Of(n, "first"))]);
            await Eventually.TrueAsync(() => first.Get<Ingestor>().Accepted == 600);
        }

        await PublishAsync(publisher, [.. Enumerable.Range(1, 300).Select(n => Of(n, "second"))]);
        await using RunningRelay relay = await StartAsync(handsOver: true);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        await PublishAsync(publisher, [.. Enumerable.Range(301, 10).Select(n => Of(n, "second"))]);

        SubprotocolMessage gap = await client.ReceiveEventOrGapAsync();
        Assert.Equal(("relay:gap", "publisher_restarted"), (gap.Name, gap.Data.GetProperty("cause").GetString()));
        for (int n = 301; n <= 310; n++) Assert.Equal($"t{n}", (await client.ReceiveEventOrGapAsync()).Data.GetProperty("taskId").GetString());
        Assert.Equal(0, relay.Get<Ingestor>().Duplicates);
    }

    /// <summary>Where the last event that was sent is not in the stream, all entries of the last half minute were sent again, as a new run.</summary>
    [Theory]
    [InlineData(520, 1, false)]
    [InlineData(100, 300, false)]
    [InlineData(520, 1, true)]
    public async Task Event_that_is_missing_in_the_stream_does_not_send_older_ones_again(int kept, int notKept, bool isOutage)
    {
        await using RedisServer server = await StartServerAsync();
        await using var proxy = new TcpProxy(server.Port);
        await using RunningRelay relay = await StartAsync(RedisUrl.For("127.0.0.1", proxy.Port));
        await using RecordingClient rich = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await using RecordingClient plain = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: false);
        await AppendAsync(server, Stream, 1, kept);
        // Published all the same, as when a full Redis refuses to store anything.
        for (int i = 1; i <= notKept; i++) await server.PublishAsync(EventPublisher.Channel, Stored(kept + i));
        int last = kept + notKept;
        await rich.WaitForNumberAsync(last);

        if (isOutage) await OutageAsync(proxy, rich, 0, () => AppendAsync(server, Stream, last + 1, 1));
        else await server.CommandAsync("XADD", Stream, "*", "p", Stored(last + 1));
        await AppendAsync(server, Stream, last + 2, 1);

        await rich.WaitForNumberAsync(last + 2);
        await plain.WaitForNumberAsync(last + 2);
        int[] expected = [.. Enumerable.Range(1, last + 2)];
        Assert.Equal(expected, rich.Numbers);
        Assert.Equal(expected, plain.Numbers);
        Assert.Equal((0, 0), (relay.Get<Feed>().Gaps, relay.Get<Ingestor>().Publishers.Restarted));
    }

    /// <summary>What two outages kept back: the stream could not be read after the first, and holds what that one took when it is read after the second.</summary>
    [Fact]
    public async Task Event_that_a_later_reading_of_the_stream_finds_is_not_sent_behind_newer_ones()
    {
        await using RedisServer server = await StartServerAsync();
        await using var proxy = new TcpProxy(server.Port);
        await using RunningRelay relay = await StartAsync(RedisUrl.For("127.0.0.1", proxy.Port));
        await using RecordingClient rich = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await using RecordingClient plain = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: false);
        // More than the numbers whose payloads are known: read once more, number 1 is not a new run.
        await AppendAsync(server, Stream, 1, 300);
        await rich.WaitForNumberAsync(300);
        await server.CommandAsync("RENAME", Stream, "hidden");
        int live = await OutageAsync(proxy, rich, 0, () => AppendAsync(server, "hidden", 301, 10));
        await AppendAsync(server, "hidden", 311, 1);
        await rich.WaitForAsync(message => message.Name == "relay:gap" && message.Data.GetProperty("cause").GetString() == "publisher_gap");
        await server.CommandAsync("RENAME", "hidden", Stream);
        await OutageAsync(proxy, rich, live, () => AppendAsync(server, Stream, 312, 3));
        await AppendAsync(server, Stream, 315, 1);

        await rich.WaitForNumberAsync(315);
        await plain.WaitForNumberAsync(315);
        int[] expected = [.. Enumerable.Range(1, 300), .. Enumerable.Range(311, 5)];
        Assert.Equal(expected, rich.Numbers);
        Assert.Equal(expected, plain.Numbers);
        Assert.Equal(0, relay.Get<Ingestor>().Publishers.Restarted);
        Assert.Equal(10, relay.Get<Ingestor>().Overtaken);
        Assert.Equal(0, relay.Get<Ingestor>().Count().Waiting);
    }

    /// <summary>It was forgotten after ten minutes, and what it lost in an outage after that was not reported.</summary>
    [Fact]
    public async Task Publisher_without_numbers_that_has_been_silent_for_long_makes_an_outage_a_gap()
    {
        await using RedisServer server = await StartServerAsync();
        await using var proxy = new TcpProxy(server.Port);
        await using RunningRelay relay = await StartAsync(RedisUrl.For("127.0.0.1", proxy.Port));
        await using RecordingClient rich = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        relay.Get<IngestQueue>().Add(() => relay.Get<Ingestor>().Publishers = Silent());
        await AppendAsync(server, Stream, 1, 1);
        await rich.WaitForNumberAsync(1);

        await OutageAsync(proxy, rich, 0, () => AppendAsync(server, Stream, 2, 3));

        (SubprotocolMessage gap, _, _) = await rich.WaitForAsync(message => message.Name == "relay:gap");
        Assert.Equal("redis_lost", gap.Data.GetProperty("cause").GetString());
    }

    /// <summary>A table that received an event without a number long ago, and no other.</summary>
    private static PublisherTable Silent()
    {
        using var reader = new BinaryReader(new MemoryStream([.. BitConverter.GetBytes((long)TimeSpan.FromHours(5).TotalMilliseconds), 1, .. new byte[8]]));
        return PublisherTable.Read(reader, 0);
    }

    /// <summary>With a stream that reaches back to the beginning of time.</summary>
    private static async Task<RedisServer> StartServerAsync()
    {
        RedisServer server = await RedisServer.StartAsync();
        await server.CommandAsync("XADD", Stream, "1-1", "p", "");
        return server;
    }

    private static Task<RunningRelay> StartAsync(RedisUrl url) => RunningRelay.StartAsync(url, options => options with { Redis = options.Redis with { StreamKey = Stream } });

    /// <summary>Publishes numbered events and keeps them in a stream, at one point of Redis' order.</summary>
    private static async Task AppendAsync(RedisServer server, string stream, int first, int count)
    {
        const string Script = """
            for n = tonumber(ARGV[1]), ARGV[1] + ARGV[2] - 1 do
              local event = '{"event":"number","source":"s","seq":' .. n .. ',"data":{"n":' .. n .. '}}'
              redis.call('XADD', KEYS[1], '*', 'p', event)
              redis.call('PUBLISH', KEYS[2], event)
            end
            return 'done'
            """;
        string[] numbers = [.. ((int[])[first, count]).Select(number => number.ToString(CultureInfo.InvariantCulture))];
        Assert.Equal("done", await server.CommandAsync(["EVAL", Script, "2", stream, EventPublisher.Channel, .. numbers]));
    }

    /// <summary>Returns the index of the message that says that the link is live again.</summary>
    private static async Task<int> OutageAsync(TcpProxy proxy, RecordingClient rich, int from, Func<Task> meanwhile)
    {
        proxy.BlackHole(newOnesToo: true);
        (_, int degraded, _) = await rich.WaitForLinkStatusAsync("degraded", from);
        await meanwhile();
        proxy.Heal();
        return (await rich.WaitForLinkStatusAsync("live", degraded)).Index;
    }

    /// <summary>As <see cref="AppendAsync"/> writes it.</summary>
    private static string Stored(int number) => string.Create(CultureInfo.InvariantCulture, $$$"""{"event":"number","source":"s","seq":{{{number}}},"data":{"n":{{{number}}}}}""");

    private static string Of(int number, string run) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"event":"task:progress","source":"brain","seq":{{{number}}},"data":{"taskId":"t{{{number}}}","run":"{{{run}}}"}}""");

    private Task PublishAsync(EventPublisher publisher, params string[] payloads) => publisher.PublishAsync(payloads, _prefix + "events");

    private Task<RunningRelay> StartAsync(bool handsOver = false) => RunningRelay.StartAsync(redis.Url, options => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Recovery = handsOver ? new RecoveryOptions() : options.Recovery,
    });
}
