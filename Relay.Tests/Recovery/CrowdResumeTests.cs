using System.Globalization;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Recovery;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// After their instance restarted, all of its clients reconnected to a recently started one at the same moment, each with its own position. The one with the
/// oldest position received a snapshot, although the instance had everything: others had prepended frames to the view's buffer first, three times.
/// </summary>
public sealed class CrowdResumeTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int Positions = 100;

    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Concurrent_clients_with_different_positions_all_resume_at_a_new_instance()
    {
        await using RunningRelay old = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(old.WebSocket);
        await client.ReceiveSnapshotAsync();
        var positions = new List<string>();
        for (int n = 0; n < Positions; n++)
        {
            await publisher.PublishAsync(
                string.Create(CultureInfo.InvariantCulture, $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","n":{{{n}}}}}"""), _prefix + "events");
            Assert.Equal(n, (await client.ReceiveAsync()).Number);
            positions.Add(client.Position!);
        }

        await using RunningRelay young = await StartAsync();
        // The oldest position is tried last whenever another client is faster.
        SubprotocolClient[] crowd = await Task.WhenAll(
            positions.AsEnumerable().Reverse().Select(since => Task.Run(() => SubprotocolClient.ConnectAsync(young.WebSocket, since: since)))).Within();

        Assert.Equal(Positions, crowd.Count(one => one.Hello.GetProperty("recovered").GetBoolean()));
        Assert.Equal(Positions, young.Get<TimelineReader>().Resumes.Count(ResumeOutcome.Recovered));
        for (int n = 0; n < Positions; n++)
        {
            if (n > 0) Assert.Equal(Positions - n, (await crowd[n].ReceiveAsync()).Number);
            await crowd[n].DisposeAsync();
        }
    }

    private Task<RunningRelay> StartAsync() => RunningRelay.StartAsync(redis.Url, options => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Recovery = new RecoveryOptions(),
    });
}
