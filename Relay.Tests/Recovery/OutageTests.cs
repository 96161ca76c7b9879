using System.Net;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Outages of Redis: clients stay connected, and receive the age of their view and the gap before any event that was published after the outage. Nothing but
/// Redis is restarted.
/// </summary>
public sealed class OutageTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Killed_and_restarted_Redis_is_a_gap()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await CheckAsync(redis, redis.Port, redis.StopAsync, redis.RestartAsync);
    }

    [Fact]
    public async Task Redis_frozen_briefly_causes_no_gap()
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
    public async Task Redis_frozen_until_its_connections_are_lost_is_a_gap()
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
                proxy.BlackHole(includeNew: false);
                redis.Continue();
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task Killed_subscription_is_a_gap()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await CheckAsync(redis, redis.Port, () => redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub"), heal: null);
    }

    [Fact]
    public async Task Black_holed_connection_is_a_gap()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await CheckAsync(
            redis,
            proxy.Port,
            async () =>
            {
                proxy.BlackHole(includeNew: true);
                // Redis still has its subscriber, which is what makes this fault dangerous.
                Assert.Equal(1, await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(10)));
            },
            () =>
            {
                proxy.Heal();
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task Disconnection_by_the_output_buffer_limit_is_a_gap()
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
    public async Task Each_of_several_outages_is_reported()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        await using RecordingClient subscriber = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await subscriber.WaitForAsync(message => message.Name == "relay:snapshot");
        int seen = 0;
        for (int round = 0; round < 5; round++)
        {
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
            seen = (await subscriber.WaitForLinkStatusAsync("degraded", seen)).Index;
            (_, int gap, _) = await subscriber.WaitForAsync(message => message.Name == "relay:gap", seen);
            seen = (await subscriber.WaitForLinkStatusAsync("live", seen)).Index;
            Assert.True(gap < seen);
        }

        Assert.Equal(5, relay.Get<Feed>().Gaps);
    }

    [Fact]
    public async Task Refused_channel_degrades_the_link_from_the_start_and_is_named()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:relay:*");
        await using RunningRelay relay = await StartAsync(redis.Port);
        relay.ExpectsErrors = true;
        await using RecordingClient subscriber = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await subscriber.WaitForAsync(message => message.Name == "relay:snapshot");
        await PublishAsync(redis, 0, 1);
        await subscriber.WaitForNumberAsync(0);

        JsonElement link = subscriber.All[0].Data.GetProperty("link");
        Assert.Equal("degraded", link.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, link.GetProperty("asOf").ValueKind);
        Assert.Contains("cecelia:events:*", link.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(subscriber.All, message => message.Name == "relay:link");

        await redis.CommandAsync("ACL", "SETUSER", "default", "allchannels");
        (_, int live, _) = await subscriber.WaitForLinkStatusAsync("live");
        Assert.Single(subscriber.All.Take(live), message => message.Name == "relay:gap");
    }

    [Fact]
    public async Task Channel_refused_later_degrades_the_link_since_its_last_message()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        relay.ExpectsErrors = true;
        await using RecordingClient subscriber = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await subscriber.WaitForAsync(message => message.Name == "relay:snapshot");

        // Redis closes connections with a subscription that is no longer permitted.
        DateTimeOffset refused = TimeProvider.System.GetUtcNow();
        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:relay:*");
        await Eventually.TrueAsync(() => relay.Get<RedisLink>().Status.Channels[1].Error is not null);
        await PublishAsync(redis, 0, 1);
        await subscriber.WaitForNumberAsync(0);
        await using SubprotocolClient late = await SubprotocolClient.ConnectAsync(relay.WebSocket);

        JsonElement link = late.Hello.GetProperty("link");
        Assert.Equal("degraded", link.GetProperty("status").GetString());
        Assert.Contains("cecelia:events:*", link.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.InRange(link.GetProperty("asOf").GetDateTimeOffset(), DateTimeOffset.MinValue, refused);
        Assert.DoesNotContain(subscriber.All, message => message.Name == "relay:link" && message.Data.GetProperty("status").GetString() == "live");
    }

    /// <summary>The start of a later outage was the time at which the connection had been opened, an hour ahead.</summary>
    [Fact]
    public async Task Later_outage_is_dated_by_the_new_time_after_the_clock_stepped_back()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        var clock = new ShiftedTime(TimeSpan.FromHours(1));
        await using RunningRelay relay = await RunningRelay.StartAsync(
            RedisUrl.For("127.0.0.1", redis.Port),
            replace: services => services.AddSingleton<TimeProvider>(clock));
        RedisLink link = relay.Get<RedisLink>();
        await Eventually.TrueAsync(() => link.Status.LastProbe is not null);
        await using RecordingClient subscriber = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await subscriber.WaitForAsync(message => message.Name == "relay:snapshot");
        DateTimeOffset stepped = TimeProvider.System.GetUtcNow();
        clock.Shift = TimeSpan.Zero;
        await Eventually.TrueAsync(() => link.Status.LastProbe < stepped + TimeSpan.FromMinutes(30));

        await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
        (SubprotocolMessage degraded, int at, _) = await subscriber.WaitForLinkStatusAsync("degraded");
        await subscriber.WaitForLinkStatusAsync("live", at);
        DateTimeOffset live = TimeProvider.System.GetUtcNow();

        Assert.InRange(degraded.Data.GetProperty("asOf").GetDateTimeOffset(), stepped - TimeSpan.FromSeconds(1), live);
        SubprotocolMessage gap = Assert.Single(subscriber.All, message => message.Name == "relay:gap");
        Assert.InRange(gap.Data.GetProperty("from").GetDateTimeOffset(), stepped - TimeSpan.FromSeconds(1), gap.Data.GetProperty("to").GetDateTimeOffset());
    }

    /// <param name="redis">The server.</param>
    /// <param name="port">The port at which the relay reaches it.</param>
    /// <param name="disconnect">Begins the outage.</param>
    /// <param name="heal">Ends it; null if it ends by itself.</param>
    /// <param name="isGap">Whether events may be missing.</param>
    private async Task CheckAsync(RedisServer redis, int port, Func<Task> disconnect, Func<Task>? heal, bool isGap = true)
    {
        await using RunningRelay relay = await StartAsync(port);
        await using RecordingClient subscriber = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await using RecordingClient plain = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: false);
        await PublishAsync(redis, 0, 10);
        await subscriber.WaitForNumberAsync(9);
        await plain.WaitForNumberAsync(9);
        string before = subscriber.Position;

        DateTimeOffset disconnectedAt = TimeProvider.System.GetUtcNow();
        await disconnect();
        DateTimeOffset lost = TimeProvider.System.GetUtcNow();
        (SubprotocolMessage degraded, int degradedAt, DateTimeOffset noticed) = await subscriber.WaitForLinkStatusAsync("degraded");
        AssertDegraded(degraded.Data, lost, noticed);
        if (heal is not null) Assert.Equal(HttpStatusCode.ServiceUnavailable, (await relay.GetAsync("/readyz")).Status);

        output.WriteLine(
            $"degraded {(noticed - disconnectedAt).TotalMilliseconds:F0} ms after the disconnection: {degraded.Data.GetProperty("reason").GetString()}");
        DateTimeOffset returned = heal is null ? noticed - TimeSpan.FromSeconds(1) : TimeProvider.System.GetUtcNow();
        if (heal is not null) await heal();
        DateTimeOffset healed = TimeProvider.System.GetUtcNow();
        (_, int liveAt, DateTimeOffset live) = await subscriber.WaitForLinkStatusAsync("live", degradedAt);
        output.WriteLine(
            $"live {(live - (heal is null ? noticed : healed)).TotalMilliseconds:F0} ms after {(heal is null ? "that" : "the path was restored")}");
        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK, TestTimeouts.Default);
        await PublishAsync(redis, 10_000, 10);
        (_, int newAt, _) = await subscriber.WaitForNumberAsync(10_000);
        await subscriber.WaitForNumberAsync(10_009);
        await plain.WaitForNumberAsync(10_009);

        // Gap, live, then the later events; the clients are the same as before; no duplicates.
        Assert.True(liveAt < newAt);
        List<SubprotocolMessage> gaps = [.. subscriber.All.Where(message => message.Name == "relay:gap")];
        if (isGap) AssertGap(Assert.Single(gaps), subscriber, degradedAt, liveAt, lost, returned);
        else Assert.Empty(gaps);
        Assert.Single(subscriber.All, message => message.Name == "relay:hello");
        Assert.Equal(subscriber.Numbers.Order().Distinct(), subscriber.Numbers);
        Assert.Equal(subscriber.Numbers, plain.Numbers);
        if (!isGap) Assert.Equal([.. Enumerable.Range(0, 15), .. Enumerable.Range(10_000, 10)], subscriber.Numbers);
        Assert.DoesNotContain(plain.All, message => message.IsRelay);
        Assert.True(subscriber.IsOpen && plain.IsOpen);

        await using SubprotocolClient early = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: before);
        Assert.Equal(!isGap, early.Hello.GetProperty("recovered").GetBoolean());
        if (isGap) await early.ReceiveSnapshotAsync();
        await using SubprotocolClient late = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: subscriber.All[newAt].Id);
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

    private static void AssertGap(SubprotocolMessage gap, RecordingClient subscriber, int degradedAt, int liveAt, DateTimeOffset lost, DateTimeOffset returned)
    {
        Assert.Equal("redis_lost", gap.Data.GetProperty("cause").GetString());
        Assert.Equal(JsonValueKind.Null, gap.Data.GetProperty("missed").ValueKind);
        DateTimeOffset from = gap.Data.GetProperty("from").GetDateTimeOffset();
        Assert.InRange(from, lost - TimeSpan.FromSeconds(30), lost);
        // Serialized in whole milliseconds.
        Assert.True(gap.Data.GetProperty("to").GetDateTimeOffset() > returned - TimeSpan.FromMilliseconds(1));
        int at = subscriber.All.ToList().IndexOf(gap);
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
