using System.Text.Json;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Tests.Health;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>PROTOCOL.md, <i>Silent work</i>: in snapshots, over HTTP and in the metrics, also at an instance that took over the state.</summary>
public sealed class SilentHandoffTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Work_silent_for_an_hour_is_so_at_an_instance_that_took_over_and_not_where_it_is_disabled()
    {
        await using RunningRelay first = await StartAsync(new ShiftedTime(TimeSpan.Zero));
        await using (EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url))
        {
            await publisher.PublishAsync(
                [
                    """{"event":"task:started","data":{"taskId":"t1"}}""",
                    """{"event":"task:completed","data":{"taskId":"t2"}}""",
                    """{"event":"status","execution_id":"e1","data":{"status":"running"}}""",
                ],
                _prefix + "events");
        }

        await Eventually.TrueAsync(() => first.Get<Ingestor>().Accepted == 3);
        Assert.Null(await ReadAsync(first, "/api/v1/tasks/t1"));
        string received = (await first.GetJsonAsync("/api/v1/tasks/t1")).GetProperty("received").GetString()!;

        await using RunningRelay second = await StartAsync(new ShiftedTime(TimeSpan.FromHours(1)));

        Assert.Equal(received, await ReadAsync(second, "/api/v1/tasks/t1"));
        Assert.Null(await ReadAsync(second, "/api/v1/tasks/t2"));
        Assert.NotNull(await ReadAsync(second, "/api/v1/executions/e1"));
        JsonElement state = await second.GetJsonAsync("/api/v1/state?task=t1");
        Assert.Equal(received, SilentSince(state.GetProperty("tasks")[0]));
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(second.WebSocket);
        Assert.Equal(600_000, client.Hello.GetProperty("silentAfterMs").GetInt64());
        Assert.Equal(received, SilentSince((await client.ReceiveSnapshotAsync())["tasks"]["t1"]));
        Dictionary<string, double> metrics = await MetricsTests.ReadAsync(second);
        Assert.Equal((1, 1), (metrics["""relay_silent{kind="task"}"""], metrics["""relay_silent{kind="execution"}"""]));
        metrics = await MetricsTests.ReadAsync(first);
        Assert.Equal((0, 0), (metrics["""relay_silent{kind="task"}"""], metrics["""relay_silent{kind="execution"}"""]));
    }

    /// <summary>A snapshot was shared as long as nothing changed, but work becomes silent without a change.</summary>
    [Fact]
    public async Task Work_becomes_silent_in_snapshots_without_any_change()
    {
        var clock = new ShiftedTime(TimeSpan.Zero);
        await using RunningRelay relay = await StartAsync(clock);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(["""{"event":"task:started","data":{"taskId":"t1"}}"""], _prefix + "events");
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 1);
        await using SubprotocolClient before = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        Assert.Null(SilentSince((await before.ReceiveSnapshotAsync())["tasks"]["t1"]));

        clock.Advance(TimeSpan.FromMinutes(10));

        await using SubprotocolClient after = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        Assert.NotNull(SilentSince((await after.ReceiveSnapshotAsync())["tasks"]["t1"]));
    }

    private static async Task<string?> ReadAsync(RunningRelay relay, string path) => SilentSince(await relay.GetJsonAsync(path));

    private static string? SilentSince(JsonElement entity) => entity.TryGetProperty("silent_since", out JsonElement since) ? since.GetString() : null;

    private Task<RunningRelay> StartAsync(ShiftedTime clock) => RunningRelay.StartAsync(
        redis.Url,
        options => options with
        {
            Redis = options.Redis with { ChannelPrefix = _prefix },
            Recovery = new RecoveryOptions(),
        },
        replace: services => services.AddSingleton<TimeProvider>(clock));
}
