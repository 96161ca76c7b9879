using System.Globalization;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Recovery;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// After a restart of their instance, all of its clients came to a young one at the same moment, each with a position of its own. The one with the oldest
/// got a snapshot, though the instance had everything: others had been quicker in putting frames before the view's, three times.
/// </summary>
public sealed class CrowdResumeTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int Positions = 100;

    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Clients_that_resume_at_once_from_different_positions_at_a_young_instance_all_continue()
    {
        await using RunningRelay old = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(old.WebSocket);
        await client.ReceiveSnapshotAsync();
        var positions = new List<string>();
        for (int n = 0; n < Positions; n++)
        {
            await publisher.PublishAsync(string.Create(CultureInfo.InvariantCulture, $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","n":{{{n}}}}}"""), _prefix + "events");
            Assert.Equal(n, (await client.ReceiveAsync()).Number);
            positions.Add(client.Position!);
        }

        await using RunningRelay young = await StartAsync();
        // The longest way back comes last each time somebody is quicker.
        SubprotocolClient[] crowd = await Task.WhenAll(positions.AsEnumerable().Reverse().Select(since => Task.Run(() => SubprotocolClient.ConnectAsync(young.WebSocket, since: since)))).Within();

        Assert.Equal(Positions, crowd.Count(one => one.Hello.GetProperty("recovered").GetBoolean()));
        Assert.Equal(Positions, young.Get<Feed>().Resumes.Count(ResumeOutcome.Recovered));
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
