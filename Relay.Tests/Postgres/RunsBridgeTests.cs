using Cecelia.Relay.Events;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;
using Npgsql;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>Every committed change of a run is published on Redis once, numbered, in an order that is correct for each run.</summary>
public sealed class RunsBridgeTests(RealPostgres postgres) : IClassFixture<RealPostgres>, IAsyncLifetime
{
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
    public async Task Life_cycle_of_a_run_is_published_in_the_Cecelia_format_and_leaves_no_change()
    {
        await using BridgeHarness bridge = await StartAsync();

        await _database.ExecuteAsync("INSERT INTO runs (id, task_id, project_id, title) VALUES ('xxx', 't1', 'p1', 'a title')");
        await _database.ExecuteAsync("UPDATE runs SET status='running' WHERE id='xxx'");
        await _database.ExecuteAsync("UPDATE runs SET progress = 50 WHERE id = 'xxx'");
        await _database.ExecuteAsync("UPDATE runs SET status = 'paused' WHERE id = 'xxx'");
        await _database.ExecuteAsync("UPDATE runs SET status = 'completed', progress = 100, result = '{\"ok\":true}' WHERE id = 'xxx'");
        await _database.ExecuteAsync("UPDATE runs SET error = 'late' WHERE id = 'xxx'");

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(6, bridge.Describe);
        Assert.Equal(
            [
                "task:created xxx queued",
                "task:started xxx running",
                "task:progress xxx running",
                "run:status xxx paused",
                "task:completed xxx completed",
                "run:updated xxx completed",
            ],
            all.Select(one => one.ToString()));
        AssertNumbered(all);
        Assert.All(all, one => Assert.Equal("t1", one.Data.GetProperty("taskId").GetString()));
        Assert.Equal("""{"ok": true}""", all[4].Data.GetProperty("result").GetRawText());
        await Eventually.TrueAsync(async () => await _database.WaitingAsync() == 0);
        Assert.Equal((6, 0, 0, 0, 0), (bridge.Bridge.Published, bridge.Bridge.Skipped, bridge.Bridge.Trimmed, bridge.Bridge.Lost, bridge.Bridge.Failures));
    }

    [Fact]
    public async Task First_start_publishes_no_earlier_changes()
    {
        await _database.ExecuteAsync("INSERT INTO runs (id) SELECT n::text FROM generate_series(1, 100) n");
        await using BridgeHarness bridge = await StartAsync();

        await _database.ExecuteAsync("UPDATE runs SET status = 'running' WHERE id = '7'");

        Assert.Equal("task:started 7 running", Assert.Single(await _published.WaitForAsync(1, bridge.Describe)).ToString());
    }

    [Fact]
    public async Task Transactions_committed_out_of_order_are_each_published_once()
    {
        await using BridgeHarness bridge = await StartAsync();
        await using NpgsqlConnection slow = await _database.ConnectAsync();
        await using NpgsqlConnection quick = await _database.ConnectAsync();

        await slow.ExecuteAsync("BEGIN; INSERT INTO runs (id) VALUES ('slow')");
        await quick.ExecuteAsync("INSERT INTO runs (id) VALUES ('quick')");
        await _published.WaitForAsync(1, bridge.Describe);
        await quick.ExecuteAsync("UPDATE runs SET status = 'running' WHERE id = 'quick'");
        await _published.WaitForAsync(2, bridge.Describe);
        // Its number is smaller than those that were published earlier.
        await slow.ExecuteAsync("COMMIT");

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(3, bridge.Describe);
        Assert.Equal(["task:created quick queued", "task:started quick running", "task:created slow queued"], all.Select(one => one.ToString()));
        AssertNumbered(all);
    }

    [Fact]
    public async Task Overlapping_changes_of_one_run_are_published_in_commit_order()
    {
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await using BridgeHarness bridge = await StartAsync();
        bridge.HasSubscriber = false;
        await bridge.WaitForStateAsync(RunsBridgeState.Standby);
        await using NpgsqlConnection early = await _database.ConnectAsync();

        // The smaller transaction id belongs to the later change.
        await early.ExecuteAsync("BEGIN; INSERT INTO runs (id) VALUES ('r2')");
        await _database.ExecuteAsync("UPDATE runs SET status = 'running' WHERE id = 'r1'");
        await early.ExecuteAsync("UPDATE runs SET status = 'completed' WHERE id = 'r1'; COMMIT");
        bridge.HasSubscriber = true;

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(3, bridge.Describe);
        Assert.Equal(["running", "completed"], all.Where(one => one.Run == "r1").Select(one => one.Status));
    }

    [Fact]
    public async Task Changes_made_while_no_relay_ran_are_published_later_one_by_one()
    {
        await using (BridgeHarness first = await StartAsync())
        {
            await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
            await _published.WaitForAsync(1, first.Describe);
        }

        await _database.ExecuteAsync("UPDATE runs SET status = 'running'");
        await _database.ExecuteAsync("UPDATE runs SET status = 'completed'");
        await using BridgeHarness second = await StartAsync();

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(3, second.Describe);
        Assert.Equal(["queued", "running", "completed"], all.Select(one => one.Status));
        AssertNumbered(all);
    }

    [Fact]
    public async Task Burst_of_ten_thousand_changes_is_published_once_in_pages()
    {
        await using BridgeHarness bridge = await StartAsync();

        await _database.ExecuteAsync("INSERT INTO runs (id, title) SELECT n::text, repeat('x', 500) FROM generate_series(1, 5000) n");
        await _database.ExecuteAsync("UPDATE runs SET status = 'running'");

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(10_000, bridge.Describe);
        AssertNumbered(all);
        Assert.Equal(10_000, all.Select(one => one.ToString()).Distinct().Count());
        Assert.InRange((await _redis.CommandAsync("STRLEN", "cecelia:relay:postgres:position")).Length, 1, 5);
        await Eventually.TrueAsync(() => bridge.Bridge.LagMs == 0);
    }

    [Fact]
    public async Task Page_ends_with_a_megabyte_of_rows()
    {
        await using BridgeHarness bridge = await StartAsync();
        bridge.HasSubscriber = false;
        await bridge.WaitForStateAsync(RunsBridgeState.Standby);
        await _database.ExecuteAsync("INSERT INTO runs (id, error) SELECT n::text, repeat('e', 60000) FROM generate_series(1, 100) n");

        bridge.HasSubscriber = true;

        AssertNumbered(await _published.WaitForAsync(100, bridge.Describe));
    }

    [Fact]
    public async Task Change_without_a_notification_is_found_within_seconds()
    {
        await using BridgeHarness bridge = await StartAsync();

        // Without the trigger and its notification.
        await _database.ExecuteAsync("""INSERT INTO cecelia.run_changes (change, run) VALUES ('status', '{"id":"r1","status":"running"}')""");

        await _published.WaitForAsync(1, bridge.Describe);
    }

    [Fact]
    public async Task Skipped_change_is_counted_and_logged_and_leaves_a_gap_in_the_numbers()
    {
        await using BridgeHarness bridge = await StartAsync();

        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1'), (repeat('x', 300)), ('r2')");

        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(2, bridge.Describe);
        Assert.Equal([1L, 3L], all.Select(one => one.Seq));
        Assert.Equal(1, bridge.Bridge.Skipped);
        Assert.Contains("A change of a run was skipped", bridge.Describe(), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await _database.WaitingAsync() == 0);
    }

    [Fact]
    public async Task Row_that_relays_would_refuse_is_published_partially_and_counted()
    {
        await using BridgeHarness bridge = await StartAsync(limits: new EventLimits { MaxBytes = 4096 });

        await _database.ExecuteAsync("INSERT INTO runs (id, error) VALUES ('r1', repeat('e', 5000))");

        PublishedRun one = Assert.Single(await _published.WaitForAsync(1, bridge.Describe));
        Assert.Contains(one.Data.GetProperty("omitted").EnumerateArray(), name => name.GetString() == "error");
        Assert.Equal((1, 0), (bridge.Bridge.Trimmed, bridge.Bridge.Skipped));
    }

    [Fact]
    public async Task Changes_discarded_by_the_database_are_counted_and_leave_a_gap_in_the_numbers()
    {
        await using BridgeHarness bridge = await StartAsync();
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await _published.WaitForAsync(1, bridge.Describe);

        await _database.ExecuteAsync("INSERT INTO cecelia.run_changes (change, lost) VALUES ('lost', 5); INSERT INTO runs (id) VALUES ('r2')");

        Assert.Equal([1L, 7L], (await _published.WaitForAsync(2, bridge.Describe)).Select(one => one.Seq));
        Assert.Equal(5, bridge.Bridge.Lost);
    }

    [Fact]
    public async Task Published_changes_are_added_to_the_stream()
    {
        await using BridgeHarness bridge = await StartAsync(new RedisOptions { StreamKey = "kept" });

        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1'), ('r2')");

        await _published.WaitForAsync(2, bridge.Describe);
        Assert.Equal("2", await _redis.CommandAsync("XLEN", "kept"));
    }

    [Fact]
    public async Task Embedded_Redis_is_sufficient()
    {
        using EmbeddedRedis garnet = EmbeddedRedis.Start(0);
        await using PublishedRuns published = await PublishedRuns.SubscribeAsync(garnet.Url);
        await using var bridge = new BridgeHarness(garnet.Url, _database.Url);
        await bridge.WaitUntilLeaderAsync();

        await _database.ExecuteAsync("INSERT INTO runs (id) SELECT n::text FROM generate_series(1, 1000) n");

        AssertNumbered(await published.WaitForAsync(1000, bridge.Describe));
    }

    [Fact]
    public async Task Database_without_the_script_is_reported_and_served_once_it_has_run()
    {
        PostgresDatabase bare = await postgres.Server.CreateDatabaseAsync(withRuns: false);
        await using var bridge = new BridgeHarness(Redis, bare.Url);
        await bridge.WaitForStateAsync(RunsBridgeState.Failing);
        Assert.Contains("run deploy/brain/runs.sql", bridge.Bridge.Status.Reason, StringComparison.Ordinal);

        await bare.RunScriptAsync();

        await bridge.WaitUntilLeaderAsync();
    }

    [Fact]
    public async Task User_with_the_documented_rights_is_sufficient_and_one_without_is_reported()
    {
        await _database.ExecuteAsync("DROP ROLE IF EXISTS relay; CREATE ROLE relay LOGIN; GRANT USAGE ON SCHEMA cecelia TO relay");
        await using var bridge = new BridgeHarness(Redis, _database.Url.Replace("test@", "relay:geheim@", StringComparison.Ordinal));
        await bridge.WaitForStateAsync(RunsBridgeState.Failing);
        Assert.Contains("grant the permissions in deploy/brain/runs.sql", bridge.Bridge.Status.Reason, StringComparison.Ordinal);

        string script = await File.ReadAllTextAsync(Path.Combine(Hosting.Repository.Root, "deploy", "brain", "runs.sql"));
        foreach (string line in script.Split('\n').Where(line => line.StartsWith("--   GRANT", StringComparison.Ordinal)))
        {
            await _database.ExecuteAsync(line[2..]);
        }

        await bridge.WaitUntilLeaderAsync();
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");

        await _published.WaitForAsync(1, bridge.Describe);
        await Eventually.TrueAsync(async () => await _database.WaitingAsync() == 0);
        Assert.DoesNotContain("geheim", bridge.Describe() + bridge.Bridge.Server, StringComparison.Ordinal);
        await bridge.StopAsync();
        await _database.ExecuteAsync("DROP OWNED BY relay; DROP ROLE relay");
    }

    private static void AssertNumbered(IReadOnlyList<PublishedRun> all)
    {
        Assert.Single(all.Select(one => one.Source).Distinct());
        Assert.Equal(Enumerable.Range(1, all.Count).Select(n => (long)n), all.Select(one => one.Seq));
    }

    private async Task<BridgeHarness> StartAsync(RedisOptions? options = null, EventLimits? limits = null)
    {
        var bridge = new BridgeHarness(Redis, _database.Url, options, limits);
        await bridge.WaitUntilLeaderAsync();
        return bridge;
    }
}
