using System.Globalization;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>PROTOCOL.md, <i>Publisher sequence numbers</i>: a publisher that restarts its numbering, sends duplicates or skips numbers.</summary>
public sealed class PublisherRunTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Stream = "brain:events";

    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Restarted_numbering_without_timestamps_is_accepted_and_reported()
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

        JsonElement check = Assert.Single(
            (await relay.GetJsonAsync("/readyz")).GetProperty("checks").EnumerateArray(),
            check => check.GetProperty("name").GetString() == "publishers");
        Assert.Equal("warn", check.GetProperty("status").GetString());
        // The state follows the new run, although its numbers are smaller.
        JsonElement task = await relay.GetJsonAsync("/api/v1/tasks/t3");
        Assert.Equal("second", task.GetProperty("data").GetProperty("run").GetString());
    }

    /// <summary>Clients received the gap, but an operator saw it neither in the log nor in the checks, and not the publisher's name.</summary>
    [Fact]
    public async Task Publisher_gap_is_logged_and_shown_as_a_check()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await PublishAsync(publisher, Of(5, "first"), Of(9, "first"));
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 2);

        JsonElement check = Assert.Single(
            (await relay.GetJsonAsync("/readyz")).GetProperty("checks").EnumerateArray(),
            check => check.GetProperty("name").GetString() == "publishers");
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
    public async Task Duplicate_is_counted_and_listed_as_refused()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);

        await PublishAsync(publisher, Of(1, "first"), Of(1, "first"), Of(2, "first"));
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 2);

        JsonElement events = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("events");
        Assert.Equal((3, 2, 1, 0), (Count("received"), Count("accepted"), Count("duplicate"), Count("waiting")));
        JsonElement stored = Assert.Single((await relay.GetJsonAsync("/api/v1/refused")).GetProperty("kept").EnumerateArray());
        Assert.Equal("duplicate", stored.GetProperty("reason").GetString());
        Assert.Equal(Of(1, "first"), stored.GetProperty("excerpt").GetString());

        long Count(string name) => events.GetProperty(name).GetInt64();
    }

    /// <summary>An instance that classified a number differently from its siblings would have no position in common with them.</summary>
    [Fact]
    public async Task Three_instances_accept_the_same_events_although_one_started_later()
    {
        await using RunningRelay first = await StartAsync(hasHandoff: true);
        await using RunningRelay second = await StartAsync(hasHandoff: true);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        string[] before = [.. Run(1, 300, "a"), .. Run(1, 5, "b"), .. Run(3, 4, "b"), .. Run(9, 12, "b")];
        await PublishAsync(publisher, before);
        await Eventually.TrueAsync(() => first.Get<IngestThread>().Count().Waiting == 0 && first.Get<IngestQueue>().Received == before.Length);
        long accepted = first.Get<Ingestor>().Accepted;

        await using RunningRelay third = await StartAsync(hasHandoff: true);
        // Events from before the handoff again, numbers that were missing, two new runs, and enough events that all windows are of the same ones.
        string[] after =
        [
            .. Run(10, 12, "b"),
            .. Run(6, 8, "b"),
            .. Run(1, 5, "c"),
            .. Run(4, 5, "c"),
            .. Run(1, 300, "a"),
            .. Run(1, 2, "a"),
            .. Run(6, 60, "d"),
        ];
        await PublishAsync(publisher, after);
        (RunningRelay Relay, int Received)[] all = [(first, before.Length + after.Length), (second, before.Length + after.Length), (third, after.Length)];
        await Eventually.TrueAsync(
            () => all.All(one => one.Relay.Get<IngestQueue>().Received == one.Received && one.Relay.Get<IngestThread>().Count().Waiting == 0));
        Assert.All(all, one => Assert.Equal(first.Get<Feed>().Position.Hash, one.Relay.Get<Feed>().Position.Hash));
        Assert.True(first.Get<Ingestor>().Publishers.Restarted >= 2);
        Assert.Equal(first.Get<Ingestor>().Accepted, second.Get<Ingestor>().Accepted);
        Assert.Equal(first.Get<Ingestor>().Accepted - accepted, third.Get<Ingestor>().Accepted);

        static string[] Run(int first, int last, string run) => [.. Enumerable.Range(first, last - first + 1).Select(n => Of(n, run))];
    }

    /// <summary>
    /// The relay began with the numbers of the last run and did not receive the first ones of the new run, so it treated all others as duplicates, and was
    /// ready.
    /// </summary>
    [Fact]
    public async Task Publisher_that_restarts_faster_than_the_relay_is_accepted_and_reported()
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using (RunningRelay first = await StartAsync(hasHandoff: true))
        {
            await PublishAsync(publisher, [.. Enumerable.Range(1, 600).Select(n => Of(n, "first"))]);
            await Eventually.TrueAsync(() => first.Get<Ingestor>().Accepted == 600);
        }

        await PublishAsync(publisher, [.. Enumerable.Range(1, 300).Select(n => Of(n, "second"))]);
        await using RunningRelay relay = await StartAsync(hasHandoff: true);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        await PublishAsync(publisher, [.. Enumerable.Range(301, 10).Select(n => Of(n, "second"))]);

        SubprotocolMessage gap = await client.ReceiveEventOrGapAsync();
        Assert.Equal(("relay:gap", "publisher_restarted"), (gap.Name, gap.Data.GetProperty("cause").GetString()));
        for (int n = 301; n <= 310; n++) Assert.Equal($"t{n}", (await client.ReceiveEventOrGapAsync()).Data.GetProperty("taskId").GetString());
        Assert.Equal(0, relay.Get<Ingestor>().Duplicates);
    }

    /// <summary>When the last delivered event was not in the stream, all entries of the last half minute were sent again, as a new run.</summary>
    [Theory]
    [InlineData(520, 1, false)]
    [InlineData(100, 300, false)]
    [InlineData(520, 1, true)]
    public async Task Older_entries_are_not_sent_again_when_the_last_event_is_not_in_the_stream(int stored, int notStored, bool isOutage)
    {
        await using RedisServer server = await StartServerAsync();
        await using var proxy = new TcpProxy(server.Port);
        await using RunningRelay relay = await StartAsync(RedisUrl.For("127.0.0.1", proxy.Port));
        await using RecordingClient subscriber = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await using RecordingClient plain = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: false);
        await AppendAsync(server, Stream, 1, stored);
        // Published nevertheless, as when a full Redis refuses to store anything.
        for (int i = 1; i <= notStored; i++) await server.PublishAsync(EventPublisher.Channel, Stored(stored + i));
        int last = stored + notStored;
        await subscriber.WaitForNumberAsync(last);

        if (isOutage) await OutageAsync(proxy, subscriber, 0, () => AppendAsync(server, Stream, last + 1, 1));
        else await server.CommandAsync("XADD", Stream, "*", "p", Stored(last + 1));
        await AppendAsync(server, Stream, last + 2, 1);

        await subscriber.WaitForNumberAsync(last + 2);
        await plain.WaitForNumberAsync(last + 2);
        int[] expected = [.. Enumerable.Range(1, last + 2)];
        Assert.Equal(expected, subscriber.Numbers);
        Assert.Equal(expected, plain.Numbers);
        Assert.Equal((0, 0), (relay.Get<Feed>().Gaps, relay.Get<Ingestor>().Publishers.Restarted));
    }

    /// <summary>
    /// Events held back by two outages: the stream could not be read after the first, and contains the first outage's events when it is read after the second.
    /// </summary>
    [Fact]
    public async Task Older_event_found_by_a_later_stream_read_is_not_sent_after_newer_ones()
    {
        await using RedisServer server = await StartServerAsync();
        await using var proxy = new TcpProxy(server.Port);
        await using RunningRelay relay = await StartAsync(RedisUrl.For("127.0.0.1", proxy.Port));
        await using RecordingClient subscriber = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await using RecordingClient plain = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: false);
        // More than the numbers whose payloads are remembered: read again, number 1 is not a new run.
        await AppendAsync(server, Stream, 1, 300);
        await subscriber.WaitForNumberAsync(300);
        await server.CommandAsync("RENAME", Stream, "hidden");
        int live = await OutageAsync(proxy, subscriber, 0, () => AppendAsync(server, "hidden", 301, 10));
        await AppendAsync(server, "hidden", 311, 1);
        await subscriber.WaitForAsync(message => message.Name == "relay:gap" && message.Data.GetProperty("cause").GetString() == "publisher_gap");
        await server.CommandAsync("RENAME", "hidden", Stream);
        await OutageAsync(proxy, subscriber, live, () => AppendAsync(server, Stream, 312, 3));
        await AppendAsync(server, Stream, 315, 1);

        await subscriber.WaitForNumberAsync(315);
        await plain.WaitForNumberAsync(315);
        int[] expected = [.. Enumerable.Range(1, 300), .. Enumerable.Range(311, 5)];
        Assert.Equal(expected, subscriber.Numbers);
        Assert.Equal(expected, plain.Numbers);
        Assert.Equal(0, relay.Get<Ingestor>().Publishers.Restarted);
        Assert.Equal(10, relay.Get<Ingestor>().Overtaken);
        Assert.Equal(0, relay.Get<IngestThread>().Count().Waiting);
    }

    /// <summary>It was forgotten after ten minutes, and its losses in an outage after that were not reported.</summary>
    [Fact]
    public async Task Outage_is_a_gap_when_an_idle_publisher_has_no_sequence_numbers()
    {
        await using RedisServer server = await StartServerAsync();
        await using var proxy = new TcpProxy(server.Port);
        await using RunningRelay relay = await StartAsync(RedisUrl.For("127.0.0.1", proxy.Port));
        await using RecordingClient subscriber = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        relay.Get<IngestQueue>().Add(() => relay.Get<Ingestor>().Publishers = Silent());
        await AppendAsync(server, Stream, 1, 1);
        await subscriber.WaitForNumberAsync(1);

        await OutageAsync(proxy, subscriber, 0, () => AppendAsync(server, Stream, 2, 3));

        (SubprotocolMessage gap, _, _) = await subscriber.WaitForAsync(message => message.Name == "relay:gap");
        Assert.Equal("redis_lost", gap.Data.GetProperty("cause").GetString());
    }

    /// <summary>Returns a table that received one event without a number long ago, and no other.</summary>
    private static PublisherTable Silent()
    {
        using var reader = new BinaryReader(new MemoryStream([.. BitConverter.GetBytes((long)TimeSpan.FromHours(5).TotalMilliseconds), 1, .. new byte[8]]));
        return PublisherTable.Read(reader, 0);
    }

    /// <summary>Starts a server with a stream that began before any event.</summary>
    private static async Task<RedisServer> StartServerAsync()
    {
        RedisServer server = await RedisServer.StartAsync();
        await server.CommandAsync("XADD", Stream, "1-1", "p", "");
        return server;
    }

    private static Task<RunningRelay> StartAsync(RedisUrl url) =>
        RunningRelay.StartAsync(url, options => options with { Redis = options.Redis with { StreamKey = Stream } });

    /// <summary>Publishes numbered events and adds them to a stream, in one transaction.</summary>
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
    private static async Task<int> OutageAsync(TcpProxy proxy, RecordingClient subscriber, int from, Func<Task> action)
    {
        proxy.BlackHole(includeNew: true);
        (_, int degraded, _) = await subscriber.WaitForLinkStatusAsync("degraded", from);
        await action();
        proxy.Heal();
        return (await subscriber.WaitForLinkStatusAsync("live", degraded)).Index;
    }

    /// <summary>Returns an event as <see cref="AppendAsync"/> writes it.</summary>
    private static string Stored(int number) =>
        string.Create(CultureInfo.InvariantCulture, $$$"""{"event":"number","source":"s","seq":{{{number}}},"data":{"n":{{{number}}}}}""");

    private static string Of(int number, string run) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"event":"task:progress","source":"brain","seq":{{{number}}},"data":{"taskId":"t{{{number}}}","run":"{{{run}}}"}}""");

    private Task PublishAsync(EventPublisher publisher, params string[] payloads) => publisher.PublishAsync(payloads, _prefix + "events");

    private Task<RunningRelay> StartAsync(bool hasHandoff = false) => RunningRelay.StartAsync(redis.Url, options => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Recovery = hasHandoff ? new RecoveryOptions() : options.Recovery,
    });
}
