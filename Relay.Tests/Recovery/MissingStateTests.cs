using System.Globalization;
using System.Net;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Redis;
using StackExchange.Redis;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// An instance that was refused the state of a ready one, or that was too slow for it, became ready with an empty state: its link was live, and no gap was
/// recorded. A sibling that may have the state and no sibling at all are different outcomes.
/// </summary>
public sealed class MissingStateTests : IAsyncLifetime
{
    private const string Kept = "cecelia:relay:handoff:kept";

    private RedisServer _redis = null!;
    private RedisUrl _url = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _url = RedisUrl.For("127.0.0.1", _redis.Port);
        // Everything except the keys of a handoff.
        await _redis.CommandAsync("ACL", "SETUSER", "poor", "on", ">s3cr3t", "+@all", "allchannels", "~cecelia:relay:postgres:*");
    }

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task Instance_is_not_ready_until_a_refused_state_is_loaded_at_a_later_barrier()
    {
        await using RunningRelay sibling = await RunningRelay.StartAsync(_url, NeverWithoutState);
        await PublishAsync(0, 20);
        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 20);
        await using SubprotocolClient elsewhere = await SubprotocolClient.ConnectAsync(sibling.WebSocket);
        await elsewhere.ReceiveSnapshotAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(Restricted, NeverWithoutState, untilReady: false);
        await WaitForRecoveryCheckAsync(relay, "fail", "NOPERM");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await relay.GetAsync("/readyz")).Status);
        // Otherwise held for a while, in the hope that the state arrives.
        relay.Get<ReadinessGate>().Open();
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        SubprotocolMessage hello = (await client.WaitForAsync(message => message.Name == "relay:hello")).Message;
        Assert.Equal("degraded", hello.Data.GetProperty("link").GetProperty("status").GetString());
        await client.WaitForAsync(message => message.Name == "relay:snapshot");

        await PublishAsync(20, 5);
        for (int i = 20; i < 22; i++) await elsewhere.ReceiveAsync();
        await client.WaitForAsync(message => message.Name == "task:created" && message.Number == 24);
        await GrantAsync();

        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK);
        Assert.Null(await CheckAsync(relay, "history"));
        Assert.Equal(25, relay.Get<Feed>().State.Total);
        Assert.Equal(0, relay.Get<Feed>().Gaps);
        int second = (await client.WaitForAsync(message => message.Name == "relay:hello", from: 1)).Index;
        SubprotocolMessage snapshot = (await client.WaitForAsync(message => message.Name == "relay:snapshot", second)).Message;
        Assert.Equal(25, snapshot.Data.GetProperty("tasks").GetArrayLength());
        await Eventually.TrueAsync(() => relay.Get<Feed>().Link.Live);
        await PublishAsync(25, 1);
        await client.WaitForAsync(message => message.Name == "task:created" && message.Number == 25);
        Assert.Equal(Enumerable.Range(20, 6), client.All.Where(message => message.Name == "task:created").Select(message => message.Number));
        // Of another view than that of the client that connected before the state was loaded.
        await using SubprotocolClient moved = await SubprotocolClient.ConnectAsync(relay.WebSocket, "?events=task:*", since: elsewhere.Position);
        Assert.True(moved.Hello.GetProperty("recovered").GetBoolean());
        for (int i = 22; i < 26; i++) Assert.Equal(i, (await moved.ReceiveAsync()).Number);
    }

    [Fact]
    public async Task Full_Redis_delays_readiness_and_causes_a_gap_until_the_state_is_loaded()
    {
        // It stores no copy, which would be read at the end of the wait.
        await using RunningRelay sibling = await RunningRelay.StartAsync(
            _url,
            options => NeverWithoutState(options) with { Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromDays(1) } });
        await PublishAsync(0, 20);
        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 20);
        await _redis.CommandAsync("CONFIG", "SET", "maxmemory", "1");

        await using RunningRelay relay = await RunningRelay.StartAsync(_url, options => Options(options, TimeSpan.FromMilliseconds(400)));
        await WaitForRecoveryCheckAsync(relay, "warn", "Redis says OOM");
        await Eventually.TrueAsync(
            async () =>
                await CheckAsync(relay, "redis_memory") is { } check
                    && check.GetProperty("why").GetString()!.Contains("noeviction", StringComparison.Ordinal));
        Assert.Equal(1, relay.Get<Feed>().Gaps);
        Assert.Equal(1, await MetricAsync(relay, "relay_handoff_missing"));
        Assert.InRange(await MetricAsync(relay, "relay_handoff_requests_total{outcome=\"unavailable\"}"), 1, 10_000);
        Assert.Contains(relay.Logs.Lines, line => line.Id.Id == EventIds.ReadyWithoutState);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await client.WaitForAsync(message => message.Name == "relay:snapshot");
        AssertDegraded(client.All[0].Data.GetProperty("link"));
        AssertDegraded((await relay.GetJsonAsync("/api/v1/state")).GetProperty("link"));
        Assert.Equal(0, relay.Get<Feed>().State.Total);
        // A brief loss of the connection does not end it.
        await _redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await Eventually.TrueAsync(() => relay.Get<RedisLink>() is { Swaps: >= 1, Status.Status: RedisLinkStatusKind.Subscribed });
        await Eventually.TrueAsync(() => relay.Get<Feed>().Link.Reason?.Contains("the state of another instance", StringComparison.Ordinal) == true);

        await _redis.CommandAsync("CONFIG", "SET", "maxmemory", "0");
        await Eventually.TrueAsync(() => relay.Get<Feed>().State.Total == 20);
        await client.WaitForAsync(
            message => message.Name == "relay:snapshot" && message.Data.TryGetProperty("tasks", out JsonElement tasks) && tasks.GetArrayLength() == 20);
        await Eventually.TrueAsync(async () => await CheckAsync(relay, "history") is null && await CheckAsync(relay, "redis_memory") is null);
        await Eventually.TrueAsync(() => relay.Logs.Lines.Any(line => line.Id.Id == EventIds.RedisMemoryFreed));
        Assert.Single(relay.Logs.Lines, line => line.Id.Id == EventIds.RedisMemoryFull);
        Assert.Equal(0, await MetricAsync(relay, "relay_handoff_missing"));
        await sibling.StopAsync();
        await using RunningRelay third = await RunningRelay.StartAsync(_url, NeverWithoutState);
        Assert.Equal(20, third.Get<Feed>().State.Total);
        Assert.Equal(0, third.Get<Feed>().Gaps);
    }

    [Theory]
    [InlineData(false, "did not respond")]
    [InlineData(true, "another version")]
    public async Task Sibling_that_does_not_reply_is_not_treated_as_absent(bool repliesInOnePart, string reason)
    {
        await using ConnectionMultiplexer other = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_redis.Port}");
        ISubscriber subscriber = other.GetSubscriber();
        await subscriber.SubscribeAsync(RedisChannel.Literal("cecelia:relay:handoff"), (_, nonce) =>
        {
            if (repliesInOnePart) other.GetDatabase().StringSet($"cecelia:relay:handoff:{nonce}", "cecelia-handoff-2\n", TimeSpan.FromSeconds(10));
        });

        await using RunningRelay relay = await RunningRelay.StartAsync(_url, NeverWithoutState, untilReady: false);
        await WaitForRecoveryCheckAsync(relay, "fail", reason);
        await subscriber.UnsubscribeAllAsync();

        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK);
        // The state of the other instance is lost with it.
        Assert.Equal(1, relay.Get<Feed>().Gaps);
        Assert.Null(await CheckAsync(relay, "history"));
        Assert.Contains(relay.Logs.Lines, line => line.Id.Id == EventIds.NoOtherState);
    }

    [Fact]
    public async Task State_that_could_not_be_requested_before_the_last_sibling_left_causes_a_gap()
    {
        await _redis.CommandAsync(
            "ACL", "SETUSER", "mute", "on", ">s3cr3t", "+@all", "allkeys", "resetchannels", "&cecelia:events", "&cecelia:events:*", "&cecelia:relay:probe:*");
        await using RunningRelay sibling = await RunningRelay.StartAsync(_url, NeverWithoutState);
        await PublishAsync(0, 20);
        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 20);
        await using RunningRelay relay = await RunningRelay.StartAsync(
            LinkHarness.Parse($"redis://mute:s3cr3t@127.0.0.1:{_redis.Port}"), NeverWithoutState, untilReady: false);
        await WaitForRecoveryCheckAsync(relay, "fail", "NOPERM");

        await sibling.StopAsync();
        await _redis.CommandAsync("DEL", Kept);
        await _redis.CommandAsync("ACL", "SETUSER", "mute", "allchannels");

        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK);
        Assert.Equal(1, relay.Get<Feed>().Gaps);
    }

    [Fact]
    public async Task Stored_copy_of_another_version_is_waited_for_and_then_abandoned_with_a_gap()
    {
        await _redis.CommandAsync("SET", Kept, "cecelia-handoff-2 and more");
        await using (RunningRelay waiting = await RunningRelay.StartAsync(_url, NeverWithoutState, untilReady: false))
        {
            await WaitForRecoveryCheckAsync(waiting, "fail", "another version");
            await _redis.CommandAsync("DEL", Kept);
            await Eventually.TrueAsync(async () => (await waiting.GetAsync("/readyz")).Status == HttpStatusCode.OK);
            Assert.Equal(1, waiting.Get<Feed>().Gaps);
        }

        await _redis.CommandAsync("SET", Kept, "cecelia-handoff-2 and more");
        await using RunningRelay relay = await RunningRelay.StartAsync(_url, options => Options(options, TimeSpan.FromMilliseconds(300)));
        await Eventually.TrueAsync(async () => await CheckAsync(relay, "history") is null);
        Assert.Equal(1, relay.Get<Feed>().Gaps);
        Assert.Contains(
            relay.Logs.Lines,
            line => line.Id.Id == EventIds.HandoffFailed && line.ToString().Contains("another version", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stored_copy_that_is_read_late_is_placed_before_the_events_since_the_start()
    {
        await using (RunningRelay first = await RunningRelay.StartAsync(_url, NeverWithoutState))
        {
            await PublishAsync(0, 20);
            await Eventually.TrueAsync(() => first.Get<Ingestor>().Accepted == 20);
        }

        await using RunningRelay relay = await RunningRelay.StartAsync(Restricted, NeverWithoutState, untilReady: false);
        await WaitForRecoveryCheckAsync(relay, "fail", "NOPERM");
        await PublishAsync(20, 3);
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 3);
        await GrantAsync();

        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK);
        Assert.Equal(1, relay.Get<Feed>().Gaps);
        JsonElement[] tasks = [.. (await relay.GetJsonAsync("/api/v1/state")).GetProperty("tasks").EnumerateArray()];
        Assert.Equal(23, tasks.Length);
        Assert.Equal(20, tasks.Count(task => task.TryGetProperty("uncertain", out _)));
    }

    [Fact]
    public async Task State_over_a_slow_connection_arrives_complete()
    {
        await using RunningRelay sibling = await RunningRelay.StartAsync(_url, NeverWithoutState);
        byte[] noise = new byte[8000];
        await using (EventPublisher publisher = await EventPublisher.ConnectAsync(_url))
        {
            await publisher.PublishAsync(Enumerable.Range(0, 30).Select(n =>
            {
                Random.Shared.NextBytes(noise);
                return $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","noise":"{{{Convert.ToBase64String(noise)}}}"}}""";
            }));
        }

        await Eventually.TrueAsync(() => sibling.Get<Ingestor>().Accepted == 30);
        // Journal and state contain the padding once each: about 500 KB.
        await using var proxy = new TcpProxy(_redis.Port) { BytesPerSecond = 150_000 };
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", proxy.Port), NeverWithoutState);

        Assert.Equal(30, relay.Get<Feed>().State.Total);
        Assert.Equal(0, relay.Get<Feed>().Gaps);
    }

    private static void AssertDegraded(JsonElement link)
    {
        Assert.Equal("degraded", link.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, link.GetProperty("asOf").ValueKind);
        Assert.Contains("the state of another instance", link.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    private RedisUrl Restricted => LinkHarness.Parse($"redis://poor:s3cr3t@127.0.0.1:{_redis.Port}");

    /// <summary>Options of an instance that never becomes ready without the state.</summary>
    private static RelayOptions NeverWithoutState(RelayOptions options) => Options(options, TimeSpan.Zero);

    private static RelayOptions Options(RelayOptions options, TimeSpan wait) => options with
    {
        Recovery = new RecoveryOptions { HandoffWait = wait, HandoffDeadline = TimeSpan.FromMilliseconds(300), KeepInterval = TimeSpan.FromMilliseconds(200) },
    };

    private Task<string> GrantAsync() => _redis.CommandAsync("ACL", "SETUSER", "poor", "allkeys");

    private async Task PublishAsync(int first, int count)
    {
        for (int n = first; n < first + count; n++)
        {
            await _redis.PublishAsync(EventPublisher.Channel, $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","n":{{{n}}}}}""");
        }
    }

    private static async Task WaitForRecoveryCheckAsync(RunningRelay relay, string status, string reason)
    {
        string body = "";
        await Eventually.TrueAsync(
            async () =>
            {
                body = (await relay.GetAsync("/readyz")).Body;
                return await CheckAsync(relay, "history") is { } check
                    && check.GetProperty("status").GetString() == status
                    && check.GetProperty("why").GetString()!.Contains(reason, StringComparison.Ordinal);
            },
            TestTimeouts.Default,
            () => body + "\n" + string.Join('\n', relay.Logs.Lines));
    }

    private static async Task<JsonElement?> CheckAsync(RunningRelay relay, string name)
    {
        JsonElement[] found =
        [
            .. (await relay.GetJsonAsync("/readyz")).GetProperty("checks").EnumerateArray().Where(check => check.GetProperty("name").GetString() == name),
        ];
        return found.Length == 0 ? null : found[0];
    }

    private static async Task<long> MetricAsync(RunningRelay relay, string name)
    {
        string line = (await relay.GetAsync("/metrics")).Body.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }
}
