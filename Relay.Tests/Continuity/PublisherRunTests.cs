using System.Globalization;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Continuity;

/// <summary>PROTOCOL.md, <i>Numbers of a publisher</i>: what a relay makes of a publisher that counts again, repeats itself or leaves numbers out.</summary>
public sealed class PublisherRunTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Publisher_that_counts_again_without_timestamps_is_served_and_reported()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using RichClient client = await RichClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();

        await PublishAsync(publisher, [.. Enumerable.Range(1, 5).Select(n => Numbered(n, "first"))]);
        for (int i = 1; i <= 5; i++) await client.ReceiveEventOrGapAsync();
        await PublishAsync(publisher, [.. Enumerable.Range(1, 3).Select(n => Numbered(n, "second"))]);

        RichMessage gap = await client.ReceiveEventOrGapAsync();
        Assert.Equal("relay:gap", gap.Name);
        Assert.Equal(("publisher_restarted", "brain"), (gap.Data.GetProperty("cause").GetString(), gap.Data.GetProperty("source").GetString()));
        for (int i = 1; i <= 3; i++) Assert.Equal("second", (await client.ReceiveEventOrGapAsync()).Data.GetProperty("run").GetString());

        // The state follows the new run, though its numbers are smaller.
        JsonElement task = await relay.GetJsonAsync("/api/v1/tasks/t3");
        Assert.Equal("second", task.GetProperty("data").GetProperty("run").GetString());
    }

    [Fact]
    public async Task Duplicate_is_counted_and_shown_among_what_was_refused()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);

        await PublishAsync(publisher, Numbered(1, "first"), Numbered(1, "first"), Numbered(2, "first"));
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 2);

        JsonElement events = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("events");
        Assert.Equal((3, 2, 1, 0), (Of("received"), Of("accepted"), Of("duplicate"), Of("waiting")));
        JsonElement kept = Assert.Single((await relay.GetJsonAsync("/api/v1/refused")).GetProperty("kept").EnumerateArray());
        Assert.Equal("duplicate", kept.GetProperty("reason").GetString());
        Assert.Equal(Numbered(1, "first"), kept.GetProperty("excerpt").GetString());

        long Of(string name) => events.GetProperty(name).GetInt64();
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

        static string[] Run(int first, int last, string run) => [.. Enumerable.Range(first, last - first + 1).Select(n => Numbered(n, run))];
    }

    private static string Numbered(int number, string run) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"event":"task:progress","source":"brain","seq":{{{number}}},"data":{"taskId":"t{{{number}}}","run":"{{{run}}}"}}""");

    private Task PublishAsync(EventPublisher publisher, params string[] payloads) => publisher.PublishAsync(payloads, _prefix + "events");

    private Task<RunningRelay> StartAsync(bool handsOver = false) => RunningRelay.StartAsync(redis.Url, options => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Continuity = handsOver ? new ContinuityOptions() : options.Continuity,
    });
}
