using System.Net;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Recovery;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Redis goes and comes back: clients stay, are told how old their view is, and what may be missing, before anything that was published after. All without a
/// restart of anything but Redis.
/// </summary>
public sealed class OutageTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Redis_killed_and_restarted()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await CheckAsync(redis, redis.Port, redis.StopAsync, redis.RestartAsync);
    }

    [Fact]
    public async Task Redis_frozen_for_a_while_has_lost_nothing_and_no_gap_is_told()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        Task published = Task.CompletedTask;
        await CheckAsync(
            redis,
            redis.Port,
            () =>
            {
                redis.Freeze();
                return Task.CompletedTask;
            },
            async () =>
            {
                await using EventPublisher publisher = await EventPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));
                published = publisher.PublishAsync(Numbered.Payloads(10, 5));
                redis.Continue();
                await published;
            },
            isGap: false);
    }

    [Fact]
    public async Task Redis_frozen_until_the_old_connections_were_dead()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await CheckAsync(
            redis,
            proxy.Port,
            () =>
            {
                redis.Freeze();
                return Task.CompletedTask;
            },
            () =>
            {
                proxy.BlackHole(newOnesToo: false);
                redis.Continue();
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task Subscriptions_killed()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await CheckAsync(redis, redis.Port, () => redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub"), heal: null);
    }

    [Fact]
    public async Task Path_black_holed_and_healed()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await CheckAsync(
            redis,
            proxy.Port,
            async () =>
            {
                proxy.BlackHole(newOnesToo: true);
                // Redis still believes in its subscriber, which is what makes this fault dangerous.
                Assert.Equal(1, await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(10)));
            },
            () =>
            {
                proxy.Heal();
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task Cut_off_by_the_output_buffer_limit()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("CONFIG", "SET", "client-output-buffer-limit", "pubsub 262144 262144 0");
        await using var proxy = new TcpProxy(redis.Port);
        int sent = 10;
        await CheckAsync(
            redis,
            proxy.Port,
            async () =>
            {
                await using EventPublisher publisher = await EventPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));
                string reader = (await redis.CommandAsync("CLIENT", "LIST", "TYPE", "pubsub")).Split(' ')[0] + " ";
                proxy.Stall();
                string padding = new('x', 100_000);
                await Eventually.TrueAsync(async () =>
                {
                    await publisher.PublishAsync(Numbered.Payloads(sent, 20, padding));
                    sent += 20;
                    return !(await redis.CommandAsync("CLIENT", "LIST", "TYPE", "pubsub")).Contains(reader, StringComparison.Ordinal);
                });
            },
            heal: null);
        Assert.InRange(sent, 11, 9_999);
    }

    [Fact]
    public async Task Every_one_of_several_outages_is_told()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        await using RecordingClient rich = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await rich.WaitForAsync(message => message.Name == "relay:snapshot");
        int seen = 0;
        for (int round = 0; round < 5; round++)
        {
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
            seen = (await rich.WaitForLinkStatusAsync("degraded", seen)).Index;
            (_, int gap, _) = await rich.WaitForAsync(message => message.Name == "relay:gap", seen);
            seen = (await rich.WaitForLinkStatusAsync("live", seen)).Index;
            Assert.True(gap < seen);
        }

        Assert.Equal(5, relay.Get<Feed>().Gaps);
    }

    [Fact]
    public async Task Channel_that_Redis_refuses_is_degraded_from_the_first_moment_and_named()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:relay:*");
        await using RunningRelay relay = await StartAsync(redis.Port);
        relay.ExpectsErrors = true;
        await using RecordingClient rich = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await rich.WaitForAsync(message => message.Name == "relay:snapshot");
        await PublishAsync(redis, 0, 1);
        await rich.WaitForNumberAsync(0);

        JsonElement link = rich.All[0].Data.GetProperty("link");
        Assert.Equal("degraded", link.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, link.GetProperty("asOf").ValueKind);
        Assert.Contains("cecelia:events:*", link.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(rich.All, message => message.Name == "relay:link");

        await redis.CommandAsync("ACL", "SETUSER", "default", "allchannels");
        (_, int live, _) = await rich.WaitForLinkStatusAsync("live");
        Assert.Single(rich.All.Take(live), message => message.Name == "relay:gap");
    }

    [Fact]
    public async Task Channel_that_Redis_refuses_later_is_degraded_since_it_was_last_heard()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        relay.ExpectsErrors = true;
        await using RecordingClient rich = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await rich.WaitForAsync(message => message.Name == "relay:snapshot");

        // Redis ends the connections that have a subscription which is not permitted any more.
        DateTimeOffset refused = TimeProvider.System.GetUtcNow();
        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:relay:*");
        await Eventually.TrueAsync(() => relay.Get<RedisLink>().Status.Channels[1].Error is not null);
        await PublishAsync(redis, 0, 1);
        await rich.WaitForNumberAsync(0);
        await using SubprotocolClient late = await SubprotocolClient.ConnectAsync(relay.WebSocket);

        JsonElement link = late.Hello.GetProperty("link");
        Assert.Equal("degraded", link.GetProperty("status").GetString());
        Assert.Contains("cecelia:events:*", link.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.InRange(link.GetProperty("asOf").GetDateTimeOffset(), DateTimeOffset.MinValue, refused);
        Assert.DoesNotContain(rich.All, message => message.Name == "relay:link" && message.Data.GetProperty("status").GetString() == "live");
    }

    /// <summary>The beginning of a later outage was the time at which the connection had begun, an hour ahead.</summary>
    [Fact]
    public async Task Clock_that_has_stepped_back_dates_a_later_outage_by_its_new_time()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        var clock = new ShiftedTime(TimeSpan.FromHours(1));
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", redis.Port), replace: services => services.AddSingleton<TimeProvider>(clock));
        RedisLink link = relay.Get<RedisLink>();
        await Eventually.TrueAsync(() => link.Status.LastProbe is not null);
        await using RecordingClient rich = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await rich.WaitForAsync(message => message.Name == "relay:snapshot");
        DateTimeOffset stepped = TimeProvider.System.GetUtcNow();
        clock.Shift = TimeSpan.Zero;
        await Eventually.TrueAsync(() => link.Status.LastProbe < stepped + TimeSpan.FromMinutes(30));

        await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
        (SubprotocolMessage degraded, int at, _) = await rich.WaitForLinkStatusAsync("degraded");
        await rich.WaitForLinkStatusAsync("live", at);
        DateTimeOffset live = TimeProvider.System.GetUtcNow();

        Assert.InRange(degraded.Data.GetProperty("asOf").GetDateTimeOffset(), stepped - TimeSpan.FromSeconds(1), live);
        SubprotocolMessage gap = Assert.Single(rich.All, message => message.Name == "relay:gap");
        Assert.InRange(gap.Data.GetProperty("from").GetDateTimeOffset(), stepped - TimeSpan.FromSeconds(1), gap.Data.GetProperty("to").GetDateTimeOffset());
    }

    /// <param name="redis">Which.</param>
    /// <param name="port">Where the relay finds it.</param>
    /// <param name="cut">Begins the outage.</param>
    /// <param name="heal">Ends it; null where it ends by itself.</param>
    /// <param name="isGap">Something may be missing.</param>
    private async Task CheckAsync(RedisServer redis, int port, Func<Task> cut, Func<Task>? heal, bool isGap = true)
    {
        await using RunningRelay relay = await StartAsync(port);
        await using RecordingClient rich = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await using RecordingClient plain = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: false);
        await PublishAsync(redis, 0, 10);
        await rich.WaitForNumberAsync(9);
        await plain.WaitForNumberAsync(9);
        string before = rich.Position;

        DateTimeOffset cutFrom = TimeProvider.System.GetUtcNow();
        await cut();
        DateTimeOffset lost = TimeProvider.System.GetUtcNow();
        (SubprotocolMessage degraded, int degradedAt, DateTimeOffset noticed) = await rich.WaitForLinkStatusAsync("degraded");
        AssertDegraded(degraded.Data, lost, noticed);
        if (heal is not null) Assert.Equal(HttpStatusCode.ServiceUnavailable, (await relay.GetAsync("/readyz")).Status);

        output.WriteLine($"degraded {(noticed - cutFrom).TotalMilliseconds:F0} ms after the cut: {degraded.Data.GetProperty("reason").GetString()}");
        DateTimeOffset returned = heal is null ? noticed - TimeSpan.FromSeconds(1) : TimeProvider.System.GetUtcNow();
        if (heal is not null) await heal();
        DateTimeOffset healed = TimeProvider.System.GetUtcNow();
        (_, int liveAt, DateTimeOffset live) = await rich.WaitForLinkStatusAsync("live", degradedAt);
        output.WriteLine($"live {(live - (heal is null ? noticed : healed)).TotalMilliseconds:F0} ms after {(heal is null ? "that" : "the way was free")}");
        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK, TestTimeouts.Default);
        await PublishAsync(redis, 10_000, 10);
        (_, int newAt, _) = await rich.WaitForNumberAsync(10_000);
        await rich.WaitForNumberAsync(10_009);
        await plain.WaitForNumberAsync(10_009);

        // Gap, live, then what was published after; the clients are the same as before; nothing twice.
        Assert.True(liveAt < newAt);
        List<SubprotocolMessage> gaps = [.. rich.All.Where(message => message.Name == "relay:gap")];
        if (isGap) AssertGap(Assert.Single(gaps), rich, degradedAt, liveAt, lost, returned);
        else Assert.Empty(gaps);
        Assert.Single(rich.All, message => message.Name == "relay:hello");
        Assert.Equal(rich.Numbers.Order().Distinct(), rich.Numbers);
        Assert.Equal(rich.Numbers, plain.Numbers);
        if (!isGap) Assert.Equal([.. Enumerable.Range(0, 15), .. Enumerable.Range(10_000, 10)], rich.Numbers);
        Assert.DoesNotContain(plain.All, message => message.IsRelay);
        Assert.True(rich.IsOpen && plain.IsOpen);

        await using SubprotocolClient early = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: before);
        Assert.Equal(!isGap, early.Hello.GetProperty("recovered").GetBoolean());
        if (isGap) await early.ReceiveSnapshotAsync();
        await using SubprotocolClient late = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: rich.All[newAt].Id);
        Assert.True(late.Hello.GetProperty("recovered").GetBoolean());
        for (int n = 10_001; n < 10_010; n++) Assert.Equal(n, (await late.ReceiveAsync()).Number);
    }

    private static void AssertDegraded(JsonElement data, DateTimeOffset lost, DateTimeOffset noticed)
    {
        DateTimeOffset asOf = data.GetProperty("asOf").GetDateTimeOffset();
        Assert.InRange(asOf, lost - TimeSpan.FromSeconds(30), lost);
        Assert.InRange(data.GetProperty("ageMs").GetInt64(), 0, (long)(noticed - asOf).TotalMilliseconds + 1);
        Assert.NotEmpty(data.GetProperty("reason").GetString()!);
    }

    private static void AssertGap(SubprotocolMessage gap, RecordingClient rich, int degradedAt, int liveAt, DateTimeOffset lost, DateTimeOffset returned)
    {
        Assert.Equal("redis_lost", gap.Data.GetProperty("cause").GetString());
        Assert.Equal(JsonValueKind.Null, gap.Data.GetProperty("missed").ValueKind);
        DateTimeOffset from = gap.Data.GetProperty("from").GetDateTimeOffset();
        Assert.InRange(from, lost - TimeSpan.FromSeconds(30), lost);
        // Written in whole milliseconds.
        Assert.True(gap.Data.GetProperty("to").GetDateTimeOffset() > returned - TimeSpan.FromMilliseconds(1));
        int at = rich.All.ToList().IndexOf(gap);
        Assert.InRange(at, degradedAt, liveAt);
        Assert.NotNull(gap.Id);
    }

    private static async Task PublishAsync(RedisServer redis, int first, int count)
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));
        await publisher.PublishAsync(Numbered.Payloads(first, count));
    }

    private static Task<RunningRelay> StartAsync(int port) => RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", port));
}
