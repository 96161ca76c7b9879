using System.Globalization;
using System.Net;
using System.Text.Json;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Recovery;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>A copy for the next instance that fails is reported, and tried again.</summary>
public sealed class HandoffFailureTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int Tasks = 20;

    [Fact]
    public async Task Copy_that_fails_warns_until_a_later_turn_succeeds()
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

        await Eventually.TrueAsync(async () => await HandoffCheckAsync(relay) is { } check && check.GetProperty("status").GetString() == "warn", TestTimeouts.Default);
        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/readyz")).Status);
        Assert.Contains("20000", (await HandoffCheckAsync(relay))!.Value.GetProperty("why").GetString(), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => relay.Logs.Lines.Any(line => line.Id.Id == EventIds.HandoffCopyFailed));
        Assert.InRange(await FailuresAsync(relay, "too_large"), 1, 1000);
        Assert.Equal(0, await FailuresAsync(relay, "memory"));

        await publisher.PublishAsync(Enumerable.Range(0, Tasks).Select(n => $$$"""{"event":"task_deleted","data":{"taskId":"t{{{n}}}"}}"""));
        await Eventually.TrueAsync(async () => await HandoffCheckAsync(relay) is null, TestTimeouts.Default);
    }

    [Fact]
    public async Task Turn_that_redis_refuses_warns_until_it_is_permitted()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            RedisUrl.For("127.0.0.1", redis.Port), options => options with { Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromMilliseconds(50) } });

        await redis.CommandAsync("ACL", "SETUSER", "default", "-set", "-setex", "-psetex");
        await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(1));
        await Eventually.TrueAsync(async () => await HandoffCheckAsync(relay) is { } check && check.GetProperty("why").GetString()!.Contains("NOPERM", StringComparison.Ordinal), TestTimeouts.Default);

        await redis.CommandAsync("ACL", "SETUSER", "default", "+@all");
        await Eventually.TrueAsync(async () => await HandoffCheckAsync(relay) is null, TestTimeouts.Default);
    }

    /// <summary>A lease as long as the interval kept off its own holder, which had its next turn an interval later: copies were up to 9.9 s apart instead of 5.</summary>
    [Fact]
    public async Task Lease_of_a_turn_ends_before_the_next_turn_of_its_holder()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            RedisUrl.For("127.0.0.1", redis.Port), options => options with { Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromSeconds(2) } });
        await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(1));

        long leftMs = 0;
        await Eventually.TrueAsync(async () => (leftMs = long.Parse(await redis.CommandAsync("PTTL", "cecelia:relay:handoff:writer"), CultureInfo.InvariantCulture)) > 0);

        Assert.InRange(leftMs, 1, 1500);
    }

    private static async Task<JsonElement?> HandoffCheckAsync(RunningRelay relay)
    {
        JsonElement[] found = [.. (await relay.GetJsonAsync("/readyz")).GetProperty("checks").EnumerateArray().Where(check => check.GetProperty("name").GetString() == "handoff")];
        return found.Length == 0 ? null : found[0];
    }

    private static async Task<long> FailuresAsync(RunningRelay relay, string reason)
    {
        string start = $"relay_handoff_failures_total{{reason=\"{reason}\"}} ";
        string line = (await relay.GetAsync("/metrics")).Body.Split('\n').Single(line => line.StartsWith(start, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(start.Length), CultureInfo.InvariantCulture);
    }
}
