using System.Globalization;
using System.Net;
using System.Text.Json;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>A failure to store the copy for the next instance is reported, and retried.</summary>
public sealed class HandoffFailureTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int Tasks = 20;

    [Fact]
    public async Task Failed_copy_is_a_warning_until_a_later_copy_succeeds()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url, options => options with { Recovery = new RecoveryOptions { HandoffBytes = 20_000, KeepInterval = TimeSpan.FromMilliseconds(100) } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        byte[] noise = new byte[4000];
        Random.Shared.NextBytes(noise);

        await publisher.PublishAsync(Enumerable.Range(0, Tasks).Select(n =>
        {
            Random.Shared.NextBytes(noise);
            return $$$"""{"event":"task:created","data":{"taskId":"t{{{n}}}","noise":"{{{Convert.ToBase64String(noise)}}}"}}""";
        }));

        await Eventually.TrueAsync(
            async () => await HandoffCheckAsync(relay) is { } check && check.GetProperty("status").GetString() == "warn",
            TestTimeouts.Default);
        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/readyz")).Status);
        Assert.Contains("20000", (await HandoffCheckAsync(relay))!.Value.GetProperty("why").GetString(), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => relay.Logs.Lines.Any(line => line.Id.Id == EventIds.HandoffCopyFailed));
        Assert.InRange(await FailuresAsync(relay, "too_large"), 1, 1000);
        Assert.Equal(0, await FailuresAsync(relay, "memory"));

        await publisher.PublishAsync(Enumerable.Range(0, Tasks).Select(n => $$$"""{"event":"task_deleted","data":{"taskId":"t{{{n}}}"}}"""));
        await Eventually.TrueAsync(async () => await HandoffCheckAsync(relay) is null, TestTimeouts.Default);
    }

    [Fact]
    public async Task Lease_that_Redis_refuses_is_a_warning_until_it_is_permitted()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            RedisUrl.For("127.0.0.1", redis.Port), options => options with
            {
                Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromMilliseconds(50) },
            });

        await redis.CommandAsync("ACL", "SETUSER", "default", "-set", "-setex", "-psetex");
        await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(1));
        await Eventually.TrueAsync(
            async () => await HandoffCheckAsync(relay) is { } check && check.GetProperty("why").GetString()!.Contains("NOPERM", StringComparison.Ordinal),
            TestTimeouts.Default);

        await redis.CommandAsync("ACL", "SETUSER", "default", "+@all");
        await Eventually.TrueAsync(async () => await HandoffCheckAsync(relay) is null, TestTimeouts.Default);
    }

    /// <summary>
    /// A lease as long as the interval blocked its own holder, whose next copy was due an interval later: copies were up to 9.9 s apart instead of 5.
    /// </summary>
    [Fact]
    public async Task Lease_of_a_copy_expires_before_the_holders_next_copy()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            RedisUrl.For("127.0.0.1", redis.Port), options => options with { Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromSeconds(2) } });
        await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(1));

        long leftMs = 0;
        await Eventually.TrueAsync(
            async () => (leftMs = long.Parse(await redis.CommandAsync("PTTL", "cecelia:relay:handoff:writer"), CultureInfo.InvariantCulture)) > 0);

        Assert.InRange(leftMs, 1, 1500);
    }

    private static async Task<JsonElement?> HandoffCheckAsync(RunningRelay relay)
    {
        JsonElement[] found =
        [
            .. (await relay.GetJsonAsync("/readyz")).GetProperty("checks").EnumerateArray().Where(check => check.GetProperty("name").GetString() == "handoff"),
        ];
        return found.Length == 0 ? null : found[0];
    }

    private static async Task<long> FailuresAsync(RunningRelay relay, string reason)
    {
        string start = $"relay_handoff_failures_total{{reason=\"{reason}\"}} ";
        string line = (await relay.GetAsync("/metrics")).Body.Split('\n').Single(line => line.StartsWith(start, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(start.Length), CultureInfo.InvariantCulture);
    }
}
