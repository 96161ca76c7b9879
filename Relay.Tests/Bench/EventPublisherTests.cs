using System.Diagnostics;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;

namespace Cecelia.Relay.Tests.Bench;

/// <summary>The publisher of the load client.</summary>
public sealed class EventPublisherTests
{
    [Fact]
    public async Task User_of_the_URL_publishes()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "load", "on", ">p@ss", "&cecelia:*", "+ping", "+role", "+info", "+publish");
        RedisUrl url = LinkHarness.Parse($"redis://load:p%40ss@127.0.0.1:{redis.Port}");
        var plan = new LoadPlan { Relay = new Uri("ws://localhost:1/ws"), Redis = url };
        var events = new StampedEvent("user", plan.EventBytes, Stopwatch.GetTimestamp());
        using Relay.Bench.Load.EventPublisher publisher = await Relay.Bench.Load.EventPublisher.ConnectAsync(plan, events, CancellationToken.None);

        publisher.Add(1, 0, 0, 0);
        publisher.Flush();

        await Eventually.TrueAsync(
            async () => (await redis.CommandAsync("INFO", "commandstats")).Contains("cmdstat_publish:calls=1", StringComparison.Ordinal));
        Assert.Contains("user=load", await redis.CommandAsync("CLIENT", "LIST"), StringComparison.Ordinal);
    }
}
