using System.Globalization;
using System.Net;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Minutes;

/// <summary>PROTOCOL.md, <i>Minutes over HTTP</i>, at running relays with a real Redis. A shifted clock makes minutes pass.</summary>
public sealed class MinutesRelayTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int Created = 0, Ended = 1, Completed = 2, Failed = 3, Run = 4, Queue = 5;
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    /// <summary>At the tenth second of a minute, so that the next one begins after a known time.</summary>
    private readonly ShiftedTime _clock = new(TimeSpan.FromSeconds(70 - (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0 % 60)));

    [Fact]
    public async Task Row_counts_the_tasks_of_its_project_and_the_sum_has_all()
    {
        await using RunningRelay relay = await StartAsync();
        await PassAsync(relay, TimeSpan.FromSeconds(60));
        await PublishAsync(relay,
            """{"event":"task:created","data":{"taskId":"t1"},"project_id":"p1"}""",
            """{"event":"task:started","data":{"taskId":"t1"},"project_id":"p1"}""",
            """{"event":"task:failed","data":{"taskId":"t1"},"project_id":"p1"}""",
            """{"event":"task:created","data":{"taskId":"t2"},"project_id":"p2"}""",
            """{"event":"task:created","data":{"taskId":"t3"}}""",
            """{"event":"executor:status","data":{"activeCount":3,"availableSlots":1}}""");
        await PassAsync(relay, TimeSpan.FromSeconds(60));

        JsonElement page = await relay.GetJsonAsync("/api/v1/minutes?minutes=3");

        Assert.Equal([false, true, false], Complete(page));
        Assert.Equal([1, 1, 0, 1], Counts(page.GetProperty("projects").GetProperty("p1")[1]));
        Assert.Equal(1, page.GetProperty("projects").GetProperty("p1")[1][Run][0].GetInt32());
        Assert.Equal(1, page.GetProperty("projects").GetProperty("p1")[1][Queue][0].GetInt32());
        Assert.Equal([1, 0, 0, 0], Counts(page.GetProperty("projects").GetProperty("p2")[1]));
        Assert.Equal([1, 0, 0, 0], Counts(page.GetProperty("none")[1]));
        Assert.Equal([3, 1, 0, 1], Counts(page.GetProperty("all")[1]));
        Assert.Equal([0, 0, 0, 0], Counts(page.GetProperty("projects").GetProperty("p2")[0]));
        Assert.Equal([3, 3, 4], page.GetProperty("slots")[1].EnumerateArray().Select(value => value.GetInt32()));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("slots")[0].ValueKind);
        Assert.False(page.TryGetProperty("others", out _));
        Assert.False(page.GetProperty("limited").GetBoolean());
        Assert.Equal("started", page.GetProperty("reason").GetString());
        Assert.Equal(15, page.GetProperty("bounds").GetProperty("runMs").GetArrayLength());
        Assert.Equal(Minute(page.GetProperty("now")), Minute(page.GetProperty("from")).AddMinutes(2));
    }

    [Fact]
    public async Task Minutes_from_before_the_start_are_unknown()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, """{"event":"log","data":{},"project_id":"p1"}""");

        JsonElement page = await relay.GetJsonAsync("/api/v1/minutes?minutes=1440&project=p1,p2");

        Assert.Equal([.. Enumerable.Repeat<bool?>(null, 1439), false], Complete(page));
        JsonElement own = page.GetProperty("projects").GetProperty("p1");
        Assert.Equal(1440, own.GetArrayLength());
        Assert.Equal(1439, own.EnumerateArray().Count(row => row.ValueKind == JsonValueKind.Null));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("projects").GetProperty("p2").ValueKind);
        Assert.False(page.TryGetProperty("all", out _));
    }

    [Fact]
    public async Task Missing_number_of_a_publisher_makes_its_minute_and_the_one_before_incomplete()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, """{"event":"log","data":{},"source":"s1","seq":1}""");
        await PassAsync(relay, TimeSpan.FromSeconds(180));
        await PublishAsync(relay, """{"event":"log","data":{},"source":"s1","seq":7}""");
        await PassAsync(relay, TimeSpan.FromSeconds(120));

        Assert.Equal([false, true, false, false, true, false], Complete(await relay.GetJsonAsync("/api/v1/minutes?minutes=6")));
    }

    [Fact]
    public async Task Missing_number_of_a_publisher_makes_the_minutes_since_its_last_event_incomplete()
    {
        await using RunningRelay relay = await StartAsync();
        await PassAsync(relay, TimeSpan.FromSeconds(120));
        await PublishAsync(relay, $$$"""{"event":"log","data":{},"source":"s1","seq":1,"timestamp":"{{{_clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}}}"}""");
        await PassAsync(relay, TimeSpan.FromSeconds(180));
        await PublishAsync(relay, $$$"""{"event":"log","data":{},"source":"s1","seq":7,"timestamp":"{{{_clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}}}"}""");
        await PassAsync(relay, TimeSpan.FromSeconds(120));

        Assert.Equal([false, true, false, false, false, false, true, false], Complete(await relay.GetJsonAsync("/api/v1/minutes?minutes=8")));
    }

    [Fact]
    public async Task Minutes_of_an_outage_of_Redis_are_unknown()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(LinkHarness.Parse(server.Url));
        await PassAsync(relay, TimeSpan.FromSeconds(120), LinkHarness.Parse(server.Url));
        await ProbeAsync(relay);
        await server.StopAsync();
        await Eventually.TrueAsync(() => !relay.Get<Feed>().Link.Live);
        _clock.Shift += TimeSpan.FromMinutes(3);
        await server.RestartAsync();
        await Eventually.TrueAsync(() => relay.Get<Feed>().Link.Live);
        await PassAsync(relay, TimeSpan.FromSeconds(120), LinkHarness.Parse(server.Url));

        Assert.Equal([false, true, false, null, null, false, true, false], Complete(await relay.GetJsonAsync("/api/v1/minutes?minutes=8")));
        relay.ExpectsErrors = true;
    }

    [Fact]
    public async Task Instance_that_starts_beside_another_has_its_minutes_and_continues_them()
    {
        await using RunningRelay first = await StartAsync(keeps: true);
        await PassAsync(first, TimeSpan.FromSeconds(60));
        await PublishAsync(first, """{"event":"task:created","data":{"taskId":"t1"},"project_id":"p1"}""");
        await using RunningRelay second = await StartAsync(keeps: true);
        await first.StopAsync();
        await PublishAsync(second, """{"event":"task:created","data":{"taskId":"t2"},"project_id":"p1"}""");
        await PassAsync(second, TimeSpan.FromSeconds(60));

        JsonElement page = await second.GetJsonAsync("/api/v1/minutes?minutes=3");

        Assert.Equal([false, true, false], Complete(page));
        Assert.Equal([2, 0, 0, 0], Counts(page.GetProperty("projects").GetProperty("p1")[1]));
    }

    [Fact]
    public async Task Instance_that_starts_after_another_continues_from_the_copy_in_Redis()
    {
        string since;
        await using (RunningRelay first = await StartAsync(keeps: true))
        {
            await PassAsync(first, TimeSpan.FromSeconds(60));
            await PublishAsync(first, """{"event":"task:created","data":{"taskId":"t1"},"project_id":"p1"}""");
            await PassAsync(first, TimeSpan.FromSeconds(60));
            await ProbeAsync(first);
            since = (await first.GetJsonAsync("/api/v1/minutes")).GetProperty("since").GetString()!;
        }

        _clock.Shift += TimeSpan.FromMinutes(2);
        await using RunningRelay second = await StartAsync(keeps: true);
        await PassAsync(second, TimeSpan.FromSeconds(60));
        JsonElement page = await second.GetJsonAsync("/api/v1/minutes?minutes=6");

        Assert.Equal([false, true, false, null, false, false], Complete(page));
        Assert.Equal([1, 0, 0, 0], Counts(page.GetProperty("projects").GetProperty("p1")[1]));
        Assert.Equal(since, page.GetProperty("since").GetString());
    }

    [Fact]
    public async Task Minutes_are_gone_when_no_instance_ran_for_the_life_of_the_copy()
    {
        Assert.Equal(TimeSpan.FromMinutes(10), new RecoveryOptions().KeepLife);
        var life = TimeSpan.FromSeconds(1);
        await using (RunningRelay first = await StartAsync(keeps: true, life: life))
        {
            await PublishAsync(first, """{"event":"task:created","data":{"taskId":"t1"},"project_id":"p1"}""");
        }

        using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{((IPEndPoint)redis.Url.Hosts[0]).Port}");
        string key = _prefix + "relay:handoff:kept";
        await Eventually.TrueAsync(async () => !await connection.GetDatabase().KeyExistsAsync(key));
        _clock.Shift += TimeSpan.FromMinutes(10);
        await using RunningRelay second = await StartAsync(keeps: true, life: life);
        await PublishAsync(second, """{"event":"log","data":{}}""");
        JsonElement page = await second.GetJsonAsync("/api/v1/minutes?minutes=30");

        Assert.Equal([.. Enumerable.Repeat<bool?>(null, 29), false], Complete(page));
        Assert.Equal("started", page.GetProperty("reason").GetString());
        Assert.Equal(Minute(page.GetProperty("now")), Minute(page.GetProperty("since")));
        Assert.Empty(page.GetProperty("projects").EnumerateObject());
    }

    [Fact]
    public async Task Clock_that_is_set_back_leaves_no_minute_ahead_of_it()
    {
        await using RunningRelay relay = await StartAsync();
        await PassAsync(relay, TimeSpan.FromSeconds(300));
        _clock.Shift -= TimeSpan.FromSeconds(150);
        await PublishAsync(relay, """{"event":"log","data":{}}""");

        JsonElement page = await relay.GetJsonAsync("/api/v1/minutes?minutes=3");

        Assert.Equal([false, true, false], Complete(page));
        Assert.Equal(3, relay.Get<Feed>().CopyMinutes().Rows.Count);
    }

    [Fact]
    public async Task Project_21_is_among_the_others()
    {
        await using RunningRelay relay = await StartAsync();
        await PublishAsync(relay, [.. Enumerable.Range(0, 22).Select(i => $$$"""{"event":"task:created","data":{"taskId":"t{{{i}}}"},"project_id":"p{{{i}}}"}""")]);

        JsonElement page = await relay.GetJsonAsync("/api/v1/minutes?minutes=1");

        Assert.Equal(20, page.GetProperty("projects").EnumerateObject().Count());
        Assert.Equal([2, 0, 0, 0], Counts(page.GetProperty("others")[0]));
        Assert.Equal([22, 0, 0, 0], Counts(page.GetProperty("all")[0]));
    }

    [Theory]
    [InlineData("?minutes=0", "bad_minutes")]
    [InlineData("?minutes=1441", "bad_minutes")]
    [InlineData("?minutes=x", "bad_minutes")]
    [InlineData("?minutes=1&minutes=2", "bad_minutes")]
    [InlineData("?project=", "bad_filter")]
    [InlineData("?task=t1", "bad_filter")]
    [InlineData("?events=task:*", "bad_filter")]
    public async Task Invalid_request_is_refused_with_a_reason(string query, string error)
    {
        await using RunningRelay relay = await StartAsync();

        (HttpStatusCode code, string body, _) = await relay.GetAsync("/api/v1/minutes" + query);

        Assert.Equal((400, error), ((int)code, JsonDocument.Parse(body).RootElement.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task Response_is_paid_from_the_budget_of_snapshots_and_is_not_stored()
    {
        await using RunningRelay relay = await StartAsync();
        SnapshotBudget budget = relay.Get<SnapshotMaker>().Budget;
        (_, _, HttpResponseMessage response) = await relay.GetAsync("/api/v1/minutes");
        Assert.True(response.Headers.CacheControl!.NoStore);
        await Eventually.TrueAsync(() => budget.Bytes == 0);

        budget.Add(relay.Get<FanoutOptions>().SnapshotBytes);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await relay.GetAsync("/api/v1/minutes")).Status);
    }

    private static bool?[] Complete(JsonElement page) =>
        [.. page.GetProperty("complete").EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? (bool?)null : value.GetBoolean())];

    private static int[] Counts(JsonElement row) => [row[Created].GetInt32(), row[Ended].GetInt32(), row[Completed].GetInt32(), row[Failed].GetInt32()];

    private static DateTimeOffset Minute(JsonElement time)
    {
        DateTimeOffset parsed = DateTimeOffset.Parse(time.GetString()!, CultureInfo.InvariantCulture);
        return parsed.AddTicks(-(parsed.Ticks % TimeSpan.TicksPerMinute));
    }

    /// <summary>Lets time pass in steps that are short enough for the observation not to be interrupted.</summary>
    private async Task PassAsync(RunningRelay relay, TimeSpan duration, RedisUrl? url = null)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < duration; passed += TimeSpan.FromSeconds(10))
        {
            _clock.Shift += TimeSpan.FromSeconds(10);
            await PublishAsync(relay, url ?? redis.Url, """{"event":"log","data":{}}""");
        }
    }

    /// <summary>Waits until the link has proven itself after the last step of the clock: up to then nothing is missing.</summary>
    private Task<TimeSpan> ProbeAsync(RunningRelay relay) =>
        Eventually.TrueAsync(() => relay.Get<RedisLink>().Status.LastProbe > _clock.GetUtcNow() - TimeSpan.FromSeconds(5));

    private Task PublishAsync(RunningRelay relay, params string[] payloads) => PublishAsync(relay, redis.Url, payloads);

    private async Task PublishAsync(RunningRelay relay, RedisUrl url, params string[] payloads)
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(url);
        long before = relay.Get<Ingestor>().Accepted;
        await publisher.PublishAsync(payloads, _prefix + "events");
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted >= before + payloads.Length);
    }

    private Task<RunningRelay> StartAsync(RedisUrl? url = null, bool keeps = false, TimeSpan? life = null) => RunningRelay.StartAsync(
        url ?? redis.Url,
        options => options with
        {
            Redis = options.Redis with { ChannelPrefix = _prefix },
            Recovery = keeps ? new RecoveryOptions { KeepLife = life ?? TimeSpan.FromMinutes(10) } : options.Recovery,
        },
        replace: services => services.AddSingleton<TimeProvider>(_clock));
}
