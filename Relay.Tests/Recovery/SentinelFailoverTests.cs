using System.Net;
using System.Text.Json;
using System.Text;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Redis;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Failovers by real Sentinels while events are published: events accepted before and after are delivered once, in order, and the gap between is reported.
/// </summary>
public sealed class SentinelFailoverTests
{
    [Fact]
    public async Task Killed_primary_under_load_is_one_gap()
    {
        await using SentinelServers sentinels = await SentinelServers.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(sentinels.Url);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await using var load = await Load.StartAsync(sentinels.Url);
        await client.WaitForNumberAsync(await load.NextAsync());

        await sentinels.Servers[0].StopAsync();
        await CheckGapAsync(sentinels, relay, client, load);

        // The old primary has restarted and reports itself as primary. A relay that starts now uses the one that the Sentinels name.
        await sentinels.Servers[0].RestartAsync();
        await using RunningRelay late = await RunningRelay.StartAsync(sentinels.Url);
        Assert.NotEqual(sentinels.Servers[0], sentinels.ServerOf(late.Get<RedisLink>().Status.Server));
        await using RecordingClient second = await RecordingClient.ConnectAsync(late.WebSocket, subprotocol: true);
        int number = await load.NextAsync();
        await second.WaitForNumberAsync(number);
        await client.WaitForNumberAsync(number);
    }

    /// <summary>The old primary remains a primary with all its connections, as it does for ten seconds before Sentinels may reconfigure it.</summary>
    [Fact]
    public async Task Planned_failover_under_load_is_followed_although_the_old_primary_still_serves()
    {
        await using SentinelServers sentinels = await SentinelServers.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(sentinels.Url);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await using var load = await Load.StartAsync(sentinels.Url);
        await client.WaitForNumberAsync(await load.NextAsync());
        Assert.Equal("OK", await sentinels.Servers[0].CommandAsync("ACL", "SETUSER", "default", "-slaveof", "-replicaof"));

        Assert.Equal("OK", await sentinels.Sentinels[1].CommandAsync("SENTINEL", "FAILOVER", SentinelServers.Master));
        await CheckGapAsync(sentinels, relay, client, load);

        Assert.Contains("master", await sentinels.Servers[0].CommandAsync("ROLE"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "name=" + RedisUrl.ClientName, await sentinels.Servers[0].CommandAsync("CLIENT", "LIST", "TYPE", "pubsub"), StringComparison.Ordinal);
        LogLine switched = Assert.Single(relay.Logs.Lines, line => line.Id.Id == EventIds.SentinelSwitched);
        Assert.Equal(relay.Get<RedisLink>().Status.Server, switched.Values["Primary"]);
    }

    [Fact]
    public async Task Relay_without_Sentinels_keeps_the_primary_and_reports_it()
    {
        await using SentinelServers sentinels = await SentinelServers.StartAsync();
        RedisUrl url = sentinels.Url;
        await using RunningRelay relay = await RunningRelay.StartAsync(url);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await Eventually.TrueAsync(async () => (await SentinelAsync(relay)).GetProperty("watched").GetString() is not null);
        Check before = await CheckOfAsync(relay);

        // First the Sentinel in use, and then the others.
        await sentinels.Sentinels[0].StopAsync();
        await Eventually.TrueAsync(async () => (await SentinelAsync(relay)).GetProperty("watched").GetString() == $"127.0.0.1:{sentinels.Sentinels[1].Port}");
        await sentinels.Sentinels[1].StopAsync();
        await sentinels.Sentinels[2].StopAsync();
        // At first the closed subscription is the reason.
        Check unreachable = before;
        await Eventually.TrueAsync(
            async () =>
                (unreachable = await CheckOfAsync(relay)) is { Status: "warn" } warning
                    && warning.Why.Contains("connection refused", StringComparison.Ordinal));
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(LinkHarness.Parse(sentinels.Servers[0].Url));
        await publisher.PublishAsync(Numbered.Payload(0));
        await client.WaitForNumberAsync(0);
        Assert.Equal(0, relay.Get<Feed>().Gaps);

        // A new connection, and one that has to be opened again, use the last known primary.
        await using var connection = new RedisConnection(url, TestTimeouts.Default, TimeProvider.System);
        Assert.True((await connection.ConnectAsync(CancellationToken.None)).IsDone);
        await sentinels.Servers[0].CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await client.WaitForAsync(message => message.Name == "relay:gap");
        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK);

        await sentinels.Sentinels[2].RestartAsync();
        await Eventually.TrueAsync(async () => (await CheckOfAsync(relay)).Status == "ok");
        Assert.Equal("ok", before.Status);
        Assert.Contains(
            $"the primary is 127.0.0.1:{sentinels.Servers[0].Port}; subscribed to failover announcements at 127.0.0.1:{sentinels.Sentinels[0].Port}",
            before.Why,
            StringComparison.Ordinal);
        Assert.Contains("the Sentinel at 127.0.0.1:", unreachable.Why, StringComparison.Ordinal);
    }

    /// <summary>After the failover: one gap, and every event on both sides of it, without duplicates.</summary>
    private static async Task CheckGapAsync(SentinelServers sentinels, RunningRelay relay, RecordingClient client, Load load)
    {
        (_, int degraded, _) = await client.WaitForLinkStatusAsync("degraded");
        (_, int live, _) = await client.WaitForLinkStatusAsync("live", degraded);
        // The publisher may be slightly behind the relay.
        await Eventually.TrueAsync(() => load.LastAt is { } server && server == relay.Get<RedisLink>().Status.Server);
        int first = await load.NextAsync();
        int last = await load.NextAsync();
        await client.WaitForNumberAsync(last);
        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK);

        SubprotocolMessage[] all = [.. client.All];
        SubprotocolMessage gap = Assert.Single(all, message => message.Name == "relay:gap");
        int at = Array.IndexOf(all, gap);
        Assert.InRange(at, degraded, live);
        Assert.Equal("redis_lost", gap.Data.GetProperty("cause").GetString());
        Assert.Single(all, message => message.Name == "relay:hello");
        int[] numbers = [.. all.Where(message => message.Name == "number").Select(message => message.Number)];
        Assert.Equal(numbers.Order().Distinct(), numbers);
        int[] before = [.. all[..at].Where(message => message.Name == "number").Select(message => message.Number)];
        Assert.Equal(Enumerable.Range(0, before.Length), before);
        Assert.Equal(Enumerable.Range(first, last - first + 1), numbers.SkipWhile(number => number < first).TakeWhile(number => number <= last));

        RedisServer server = sentinels.ServerOf(relay.Get<RedisLink>().Status.Server);
        Assert.NotEqual(sentinels.Servers[0], server);
        JsonElement status = await SentinelAsync(relay);
        Assert.Equal($"127.0.0.1:{server.Port}", status.GetProperty("primary").GetString());
        Assert.Equal(SentinelServers.Master, status.GetProperty("master").GetString());
        Assert.Equal(
            sentinels.Sentinels.Select(sentinel => $"127.0.0.1:{sentinel.Port}"),
            status.GetProperty("sentinels").EnumerateArray().Select(one => one.GetString()));
    }

    private static async Task<JsonElement> SentinelAsync(RunningRelay relay) =>
        (await relay.GetJsonAsync("/api/v1/status")).GetProperty("redis").GetProperty("sentinel");

    private static async Task<Check> CheckOfAsync(RunningRelay relay)
    {
        JsonElement check = (await relay.GetJsonAsync("/readyz"))
            .GetProperty("checks")
            .EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == "sentinel");
        return new Check(check.GetProperty("status").GetString()!, check.GetProperty("why").GetString()!);
    }

    private sealed record Check(string Status, string Why);

    /// <summary>
    /// Publishes consecutive numbers with the publisher of the command line. A number whose publication failed is not used again, since it may have been sent.
    /// </summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly RedisUrl _url;
        private readonly RedisPublisher _publisher;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;
        private volatile int _published = -1;

        private Load(RedisUrl url, RedisPublisher publisher)
        {
            (_url, _publisher) = (url, publisher);
            _running = Task.Run(RunAsync);
        }

        /// <summary>The primary that the publisher uses.</summary>
        public string? LastAt => _url.Sentinel!.Primary is { } primary ? RedisUrl.Name(primary) : null;

        public static async Task<Load> StartAsync(RedisUrl url) => new(url, await RedisPublisher.ConnectAsync(url));

        /// <summary>Returns a number whose publication began after the call and was confirmed.</summary>
        public async Task<int> NextAsync()
        {
            int seen = _published;
            await Eventually.TrueAsync(() => _published > seen + 1 || _running.IsCompleted);
            if (_running.IsCompleted) await _running;
            return _published;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _publisher.DisposeAsync();
            _stop.Dispose();
        }

        private async Task RunAsync()
        {
            for (int number = 0; !_stop.IsCancellationRequested; number++)
            {
                try
                {
                    await _publisher.PublishAsync(EventPublisher.Channel, Encoding.UTF8.GetBytes(Numbered.Payload(number)), _stop.Token);
                    _published = number;
                    await Task.Delay(1, _stop.Token);
                }
                catch (RedisUnreachableException)
                {
                    // The failover is in progress.
                    await Task.Delay(20, _stop.Token);
                }
            }
        }
    }
}
