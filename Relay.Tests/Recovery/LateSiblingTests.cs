using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;
using StackExchange.Redis;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Regression: Redis was restarted while the only instance was disconnected from it. A new instance found no sibling, became ready with an empty state, and
/// kept it when the other one reconnected with its tasks.
/// </summary>
public sealed class LateSiblingTests : IAsyncLifetime
{
    private RedisServer _redis = null!;
    private RedisUrl _url = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _url = RedisUrl.For("127.0.0.1", _redis.Port);
    }

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task State_of_a_late_sibling_is_loaded_without_losing_events_that_it_lacks()
    {
        await using var proxy = new TcpProxy(_redis.Port);
        await using RunningRelay sibling = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", proxy.Port), Options);
        await PublishAsync(0, 20);
        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 20);
        proxy.BlackHole(includeNew: true);
        await _redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await using RunningRelay relay = await RunningRelay.StartAsync(_url, Options);
        Assert.Equal(0, relay.Get<Feed>().State.Total);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await client.WaitForAsync(message => message.Name == "relay:snapshot");
        await PublishAsync(20, 3);
        await client.WaitForAsync(message => message.Name == "task:created" && message.Number == 22);

        proxy.Heal();

        int second = (await client.WaitForAsync(message => message.Name == "relay:hello", from: 1)).Index;
        SubprotocolMessage snapshot = (await client.WaitForAsync(message => message.Name == "relay:snapshot", second)).Message;
        Assert.Equal(23, snapshot.Data.GetProperty("tasks").GetArrayLength());
        Assert.Equal(1, relay.Get<Feed>().Gaps);
        Assert.True(relay.Get<Feed>().Link.Live);
        await PublishAsync(23, 1);
        await client.WaitForAsync(message => message.Name == "task:created" && message.Number == 23);
        Assert.Equal(Enumerable.Range(20, 4), client.All.Where(message => message.Name == "task:created").Select(message => message.Number));
    }

    [Fact]
    public async Task Sibling_without_additional_state_is_not_loaded()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(_url, Options);
        await using RunningRelay sibling = await RunningRelay.StartAsync(_url, Options);
        await PublishAsync(0, 3);

        TakeOvers takeOvers = relay.Get<Cecelia.Relay.Recovery.StreamRecovery>().TakeOvers;
        long before = takeOvers.Count(TakeOverOutcome.Given);
        await Eventually.TrueAsync(() => takeOvers.Count(TakeOverOutcome.Given) > before);

        Assert.Equal((0, 0, 3), (relay.Get<TimelineReader>().TakeOvers, relay.Get<Feed>().Gaps, relay.Get<Feed>().State.Total));
    }

    [Fact]
    public async Task Late_sibling_that_does_not_reply_degrades_the_link_until_it_is_gone()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(_url, options => Options(options) with
        {
            Recovery = Options(options).Recovery with { HandoffWait = TimeSpan.FromMilliseconds(1), HandoffDeadline = TimeSpan.FromMilliseconds(200) },
        });
        await using ConnectionMultiplexer other = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_redis.Port}");
        await other.GetSubscriber().SubscribeAsync(RedisChannel.Literal("cecelia:relay:handoff"), (_, _) => { });

        await Eventually.TrueAsync(() => relay.Get<Feed>().Link.Reason?.Contains("did not respond", StringComparison.Ordinal) == true);
        JsonElement check = (await relay.GetJsonAsync("/readyz"))
            .GetProperty("checks")
            .EnumerateArray()
            .Single(check => check.GetProperty("name").GetString() == "history");
        Assert.Equal("warn", check.GetProperty("status").GetString());
        Assert.Equal(1, relay.Get<Feed>().Gaps);
        await other.GetSubscriber().UnsubscribeAllAsync();

        await Eventually.TrueAsync(() => relay.Get<Feed>().Link.Live);
        Assert.Equal(1, relay.Get<Feed>().Gaps);
    }

    /// <summary>No copies, and no default timeout that decides.</summary>
    private static RelayOptions Options(RelayOptions options) => options with
    {
        Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromDays(1), AskAgainFor = TimeSpan.FromDays(1), HandoffWait = TimeSpan.FromDays(1) },
    };

    private async Task PublishAsync(int first, int count)
    {
        for (int n = first; n < first + count; n++)
        {
            await _redis.PublishAsync(EventPublisher.Channel, $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","n":{{{n}}}}}""");
        }
    }
}
