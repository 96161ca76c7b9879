using System.Diagnostics;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;
using Npgsql;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>Failures of PostgreSQL, Redis or the leading instance at a critical moment: every change is still published once.</summary>
public sealed class RunsBridgeFaultTests(RealPostgres postgres) : IClassFixture<RealPostgres>, IAsyncLifetime
{
    private static readonly string LeaseKey = new RedisOptions().PostgresKeys + ":lease";

    private RedisServer _redis = null!;
    private PostgresDatabase _database = null!;
    private PublishedRuns _published = null!;

    private RedisUrl Redis => RedisUrl.For("127.0.0.1", _redis.Port);

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _database = await postgres.Server.CreateDatabaseAsync();
        _published = await PublishedRuns.SubscribeAsync(Redis);
    }

    public async Task DisposeAsync()
    {
        await _published.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Published_change_that_was_not_deleted_is_not_published_again()
    {
        await using var first = new BridgeHarness(Redis, _database.Url, instance: "first");
        await first.WaitUntilLeaderAsync();
        first.HasSubscriber = false;
        await first.WaitForStateAsync(RunsBridgeState.Standby);
        await _database.ExecuteAsync("INSERT INTO runs (id) SELECT n::text FROM generate_series(1, 10) n");
        await using NpgsqlConnection holder = await _database.ConnectAsync();
        await holder.ExecuteAsync("BEGIN; SELECT FROM cecelia.run_changes FOR UPDATE");

        first.HasSubscriber = true;
        await _published.WaitForAsync(10, first.Describe);
        // Its DELETE is blocked: it fails between the two steps and does not run again.
        await first.WaitForStateAsync(RunsBridgeState.Failing);
        await first.StopAsync();
        await using var second = new BridgeHarness(Redis, _database.Url, instance: "second");
        await second.WaitForStateAsync(RunsBridgeState.Failing);
        Assert.Equal(10, await _database.WaitingAsync());
        await holder.ExecuteAsync("ROLLBACK");
        await second.WaitUntilLeaderAsync();
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('11')");

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(11, second.Describe);
        Assert.Equal(Enumerable.Range(1, 11).Select(n => (long)n), all.Select(one => one.Seq));
        await Eventually.TrueAsync(async () => await _database.WaitingAsync() == 0);
    }

    [Fact]
    public async Task Publication_with_an_unknown_outcome_happens_once()
    {
        await using var proxy = new TcpProxy(_redis.Port);
        await using var bridge = new BridgeHarness(RedisUrl.For("127.0.0.1", proxy.Port), _database.Url);
        await bridge.WaitUntilLeaderAsync();

        for (int i = 1; i <= 3; i++)
        {
            proxy.SwallowRepliesTo("PUBLISH");
            await _database.ExecuteAsync($"INSERT INTO runs (id) VALUES ('r{i}')");
            await _published.WaitForAsync(i, bridge.Describe);
            long failures = i;
            await Eventually.TrueAsync(() => bridge.Bridge.Failures >= failures, TestTimeouts.Default, bridge.Describe);
            await bridge.WaitUntilLeaderAsync();
        }

        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('end')");
        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(4, bridge.Describe);
        Assert.Equal(["r1", "r2", "r3", "end"], all.Select(one => one.Run));
        Assert.Equal([1L, 2L, 3L, 4L], all.Select(one => one.Seq));
    }

    [Fact]
    public async Task Redis_that_loses_its_data_causes_no_loss_and_no_duplicate()
    {
        await using var bridge = new BridgeHarness(Redis, _database.Url);
        await bridge.WaitUntilLeaderAsync();
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await _published.WaitForAsync(1, bridge.Describe);
        await Eventually.TrueAsync(async () => await _database.WaitingAsync() == 0);

        await _redis.CommandAsync("FLUSHALL");
        await _database.ExecuteAsync("UPDATE runs SET status = 'running'");
        await _database.ExecuteAsync("UPDATE runs SET status = 'completed'");

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(3, bridge.Describe);
        Assert.Equal(["queued", "running", "completed"], all.Select(one => one.Status));
        Assert.Equal([1L, 1L, 2L], all.Select(one => one.Seq));
        Assert.Equal(2, all.Select(one => one.Source).Distinct().Count());
    }

    /// <summary>The documented limit: a change that is not known to be published is published again and not lost.</summary>
    [Fact]
    public async Task Change_whose_reply_is_lost_with_the_data_of_Redis_is_published_again_under_a_new_source()
    {
        await using var proxy = new TcpProxy(_redis.Port);
        await using var bridge = new BridgeHarness(RedisUrl.For("127.0.0.1", proxy.Port), _database.Url);
        await bridge.WaitUntilLeaderAsync();
        proxy.SwallowRepliesTo("PUBLISH");
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await _published.WaitForAsync(1, bridge.Describe);

        await _redis.StopAsync();
        await bridge.WaitForStateAsync(RunsBridgeState.Failing);
        bridge.HasSubscriber = false;
        await bridge.WaitForStateAsync(RunsBridgeState.Standby);
        await _redis.RestartAsync();
        await _published.WaitUntilSubscribedAsync();
        bridge.HasSubscriber = true;

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(2, bridge.Describe);
        Assert.Equal(["queued", "queued"], all.Select(one => one.Status));
        Assert.Equal([1L, 1L], all.Select(one => one.Seq));
        Assert.NotEqual(all[0].Source, all[1].Source);
    }

    [Fact]
    public async Task Published_change_that_was_not_deleted_is_not_published_again_after_Redis_loses_its_data()
    {
        await using var bridge = new BridgeHarness(Redis, _database.Url);
        await bridge.WaitUntilLeaderAsync();
        bridge.HasSubscriber = false;
        await bridge.WaitForStateAsync(RunsBridgeState.Standby);
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await using NpgsqlConnection holder = await _database.ConnectAsync();
        await holder.ExecuteAsync("BEGIN; SELECT FROM cecelia.run_changes FOR UPDATE");
        bridge.HasSubscriber = true;
        await _published.WaitForAsync(1, bridge.Describe);
        // Its DELETE waits for the lock and times out.
        await bridge.WaitForStateAsync(RunsBridgeState.Failing);
        bridge.HasSubscriber = false;
        await bridge.WaitForStateAsync(RunsBridgeState.Standby);

        await _redis.CommandAsync("FLUSHALL");
        await holder.ExecuteAsync("ROLLBACK");
        await _database.ExecuteAsync("UPDATE runs SET status = 'running'");
        bridge.HasSubscriber = true;

        Assert.Equal(["queued", "running"], (await _published.WaitForAsync(2, bridge.Describe)).Select(one => one.Status));
    }

    [Fact]
    public async Task Changes_wait_while_Redis_is_unavailable()
    {
        await using var bridge = new BridgeHarness(Redis, _database.Url);
        await bridge.WaitUntilLeaderAsync();
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await _published.WaitForAsync(1, bridge.Describe);
        // A subscriber may receive it before the bridge has its reply, and without the reply it would be published again.
        await Eventually.TrueAsync(async () => await _database.WaitingAsync() == 0);

        await _redis.StopAsync();
        await _database.ExecuteAsync("UPDATE runs SET status = 'running'");
        await _database.ExecuteAsync("UPDATE runs SET status = 'completed'");
        await bridge.WaitForStateAsync(RunsBridgeState.Failing);
        bridge.HasSubscriber = false;
        await bridge.WaitForStateAsync(RunsBridgeState.Standby);
        await _redis.RestartAsync();
        await _published.WaitUntilSubscribedAsync();
        bridge.HasSubscriber = true;

        Assert.Equal(["queued", "running", "completed"], (await _published.WaitForAsync(3, bridge.Describe)).Select(one => one.Status));
    }

    [Fact]
    public async Task Restarted_PostgreSQL_is_served_again_without_loss()
    {
        await using PostgresServer own = await PostgresServer.StartAsync();
        PostgresDatabase database = await own.CreateDatabaseAsync();
        await using var bridge = new BridgeHarness(Redis, database.Url);
        await bridge.WaitUntilLeaderAsync();
        await database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await _published.WaitForAsync(1, bridge.Describe);

        await own.StopAsync();
        await bridge.WaitForStateAsync(RunsBridgeState.Failing);
        Assert.Contains("127.0.0.1:", bridge.Bridge.Status.Reason, StringComparison.Ordinal);
        await own.RestartAsync();
        await database.ExecuteAsync("UPDATE runs SET status = 'running'");

        Assert.Equal(["queued", "running"], (await _published.WaitForAsync(2, bridge.Describe)).Select(one => one.Status));
    }

    [Fact]
    public async Task Black_holed_connection_to_PostgreSQL_is_detected_and_another_instance_takes_over()
    {
        await using var proxy = new TcpProxy(postgres.Server.Port);
        await using var isolated = new BridgeHarness(Redis, _database.UrlAt(proxy.Port), instance: "isolated");
        await isolated.WaitUntilLeaderAsync();
        await using var other = new BridgeHarness(Redis, _database.Url, instance: "other");
        await other.WaitForStateAsync(RunsBridgeState.Standby);

        proxy.BlackHole(includeNew: true);
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await isolated.WaitForStateAsync(RunsBridgeState.Failing);

        Assert.Contains("no response in time", isolated.Bridge.Status.Reason, StringComparison.Ordinal);
        await other.WaitUntilLeaderAsync();
        await _published.WaitForAsync(1, other.Describe);
        await other.StopAsync();
        proxy.Heal();
        await isolated.WaitUntilLeaderAsync();
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r2')");
        Assert.Equal([1L, 2L], (await _published.WaitForAsync(2, isolated.Describe)).Select(one => one.Seq));
    }

    [Fact]
    public async Task Stopping_leader_releases_its_lease_and_another_takes_over_at_once()
    {
        await using var first = new BridgeHarness(Redis, _database.Url, instance: "first");
        await first.WaitUntilLeaderAsync();
        await using var second = new BridgeHarness(Redis, _database.Url, instance: "second");
        await Eventually.TrueAsync(() => second.Bridge.Status.Reason == "another instance leads", TestTimeouts.Default, second.Describe);

        string lease = await _redis.CommandAsync("GET", LeaseKey);
        await first.StopAsync();
        Assert.False(first.IsLeader);

        // Free at once, or already taken by the other; it would have expired later.
        Assert.NotEqual(lease, await _redis.CommandAsync("GET", LeaseKey));
        await second.WaitUntilLeaderAsync();
    }

    [Fact]
    public async Task Leader_without_a_subscription_hands_over_to_another()
    {
        await using var unsubscribed = new BridgeHarness(Redis, _database.Url, instance: "unsubscribed");
        await unsubscribed.WaitUntilLeaderAsync();
        await using var other = new BridgeHarness(Redis, _database.Url, instance: "other");

        unsubscribed.HasSubscriber = false;

        await other.WaitUntilLeaderAsync();
        await Eventually.TrueAsync(
            () => unsubscribed.Bridge.Status.Reason.Contains("link to Redis is down", StringComparison.Ordinal),
            TestTimeouts.Default,
            unsubscribed.Describe);
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await _published.WaitForAsync(1, other.Describe);
    }

    [Fact]
    public async Task Leader_without_its_lease_publishes_nothing()
    {
        await using var bridge = new BridgeHarness(Redis, _database.Url);
        await bridge.WaitUntilLeaderAsync();

        await _redis.CommandAsync("SET", "cecelia:relay:postgres:lease", "another");
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await bridge.WaitForStateAsync(RunsBridgeState.Standby);
        Assert.Empty(_published.All);
        Assert.Equal(1, await _database.WaitingAsync());
        await _redis.CommandAsync("DEL", "cecelia:relay:postgres:lease");

        await _published.WaitForAsync(1, bridge.Describe);
    }

    [Fact]
    public async Task Relays_on_two_Redis_servers_do_not_divide_the_changes_of_one_database()
    {
        await using RedisServer elsewhere = await RedisServer.StartAsync();
        await using var first = new BridgeHarness(Redis, _database.Url);
        await first.WaitUntilLeaderAsync();
        await using var second = new BridgeHarness(RedisUrl.For("127.0.0.1", elsewhere.Port), _database.Url);
        await second.WaitForStateAsync(RunsBridgeState.Failing);
        Assert.Contains("relays on another Redis", second.Bridge.Status.Reason, StringComparison.Ordinal);

        await _database.ExecuteAsync("INSERT INTO runs (id) SELECT n::text FROM generate_series(1, 100) n");
        await _published.WaitForAsync(100, first.Describe);
        Assert.True(first.IsLeader, first.Describe());
        await first.StopAsync();

        await second.WaitUntilLeaderAsync();
    }

    [Fact]
    public async Task Restored_database_reuses_numbers_and_no_change_is_treated_as_published()
    {
        await using var bridge = new BridgeHarness(Redis, _database.Url);
        await bridge.WaitUntilLeaderAsync();
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await _published.WaitForAsync(1, bridge.Describe);
        await bridge.StopAsync();

        await _database.ExecuteAsync("ALTER SEQUENCE cecelia.run_changes_seq_seq RESTART; INSERT INTO runs (id) VALUES ('r2')");
        await using var again = new BridgeHarness(Redis, _database.Url);

        Assert.Equal(["r1", "r2"], (await _published.WaitForAsync(2, again.Describe)).Select(one => one.Run));
    }

    [Fact]
    public async Task Unreachable_PostgreSQL_is_retried_and_logged_at_a_limited_rate()
    {
        await using var bridge = new BridgeHarness(Redis, $"postgresql://test@127.0.0.1:{RedisServer.FreePort()}/brain");
        long started = Stopwatch.GetTimestamp();

        await Eventually.TrueAsync(() => bridge.Bridge.Failures >= 4, TestTimeouts.Default, bridge.Describe);

        Assert.InRange(bridge.Bridge.Failures, 4, 4 + (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * 20));
        Assert.EndsWith("connection refused", bridge.Bridge.Status.Reason, StringComparison.Ordinal);
        Assert.Single(bridge.Logged);
    }
}
