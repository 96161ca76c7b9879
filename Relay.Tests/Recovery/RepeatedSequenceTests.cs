using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>PROTOCOL.md, <i>Positions</i>, where the same events are published more than once.</summary>
public sealed class RepeatedSequenceTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Resume_into_a_sequence_published_twice_succeeds_or_reports_the_reason()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        string[] script = [.. Numbered.Payloads(0, 40)];
        await publisher.PublishAsync(script);
        for (int i = 0; i < 40; i++) await client.ReceiveAsync(null);
        string middle = client.Position!;
        // The second sequence is published in another millisecond.
        DateTimeOffset played = TimeProvider.System.GetUtcNow();
        await Eventually.TrueAsync(() => TimeProvider.System.GetUtcNow() > played + TimeSpan.FromMilliseconds(5));
        await publisher.PublishAsync(script);
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 80);

        await using SubprotocolClient again = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: middle);
        Assert.True(again.Hello.GetProperty("recovered").GetBoolean());
        Assert.False(again.Hello.TryGetProperty("reason", out _));
        for (int i = 0; i < 40; i++) Assert.Equal(i, (await again.ReceiveAsync(null)).Number);

        // The time of another instance, which is close to both.
        await using SubprotocolClient doubtful = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: middle[..^3] + "000");
        Assert.Equal((false, "position_ambiguous"), (doubtful.Hello.GetProperty("recovered").GetBoolean(), doubtful.Hello.GetProperty("reason").GetString()));
        await using SubprotocolClient stranger = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: "0123456789abcdef-1a1fd21daa2");
        Assert.Equal("position_unknown", stranger.Hello.GetProperty("reason").GetString());
        relay.Get<IngestQueue>().Add(() => relay.Get<Feed>().NoteGap(new Gap(GapCause.RedisLost)));
        await again.ReceiveAsync("relay:gap");
        await using SubprotocolClient before = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: middle);
        Assert.Equal("incomplete", before.Hello.GetProperty("reason").GetString());
        Assert.Equal(1, relay.Get<TimelineReader>().Resumes.Count(ResumeOutcome.Ambiguous));
    }
}
