using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>A bridge does not report that changes are published if the database does not record them.</summary>
public sealed class RunTriggersTests(RealPostgres postgres) : IClassFixture<RealPostgres>, IAsyncLifetime
{
    private RedisServer _redis = null!;
    private PostgresDatabase _database = null!;

    private RedisUrl Redis => RedisUrl.For("127.0.0.1", _redis.Port);

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _database = await postgres.Server.CreateDatabaseAsync();
    }

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Theory]
    [InlineData(
        "ALTER TABLE runs RENAME TO old; CREATE TABLE runs (LIKE old INCLUDING ALL)",
        "the triggers are on public.old, and public.runs has none for INSERT and UPDATE")]
    [InlineData(
        "CREATE SCHEMA archive; ALTER TABLE runs SET SCHEMA archive; CREATE TABLE runs (id text PRIMARY KEY)",
        "the triggers are on archive.runs, and public.runs has none")]
    [InlineData("ALTER TABLE runs RENAME TO old", "the table public.runs no longer exists, and the triggers are on public.old")]
    [InlineData("DROP TABLE runs; CREATE TABLE runs (id text PRIMARY KEY)", "no table of this database has the triggers")]
    [InlineData("ALTER TABLE runs RENAME TO old; CREATE VIEW runs AS SELECT * FROM old", "public.runs is a view: only changes of public.old")]
    [InlineData("DROP TRIGGER cecelia_inserted ON runs", "public.runs has no trigger for INSERT")]
    [InlineData("ALTER TABLE runs DISABLE TRIGGER cecelia_updated", "trigger cecelia_updated on public.runs is disabled")]
    [InlineData("ALTER TABLE runs ENABLE REPLICA TRIGGER cecelia_inserted", "trigger cecelia_inserted on public.runs is enabled only for replication")]
    [InlineData("CREATE TABLE child () INHERITS (runs)", "public.child inherits from public.runs and has no triggers of its own")]
    [InlineData(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica', current_database()); END $$",
        "session_replication_role=replica")]
    public async Task Unrecorded_change_is_reported_when_the_bridge_opens(string sql, string warning)
    {
        await _database.ExecuteAsync(sql);
        await using var bridge = new BridgeHarness(Redis, _database.Url);
        await bridge.WaitUntilLeaderAsync();

        RunsBridgeStatus status = bridge.Bridge.Status;
        Assert.Contains(warning, status.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("publishes the changes", status.Reason, StringComparison.Ordinal);
        Assert.Equal(1, status.Warnings);
        Assert.Contains(
            bridge.Logged,
            line => line is { Level: LogLevel.Warning, Event: EventIds.RunsNotRecorded } && line.Text.Contains(warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Table_replaced_under_a_leading_bridge_is_reported_until_the_script_has_run_again()
    {
        var time = new AdvanceableTime();
        await using PublishedRuns published = await PublishedRuns.SubscribeAsync(Redis);
        await using var bridge = new BridgeHarness(Redis, _database.Url, time: time);
        await bridge.WaitUntilLeaderAsync();
        Assert.Equal(0, bridge.Bridge.Status.Warnings);

        await _database.ExecuteAsync("ALTER TABLE runs RENAME TO old; CREATE TABLE runs (LIKE old INCLUDING ALL)");
        time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => bridge.Bridge.Status is { State: RunsBridgeState.Leading, Warnings: 1 }, TestTimeouts.Default, bridge.Describe);
        await _database.RunScriptAsync();
        time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => bridge.Bridge.Status is { State: RunsBridgeState.Leading, Warnings: 0 }, TestTimeouts.Default, bridge.Describe);

        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await published.WaitForAsync(1, bridge.Describe);
        Assert.StartsWith("publishes the changes", bridge.Bridge.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bridge_recreates_and_reports_its_lost_row()
    {
        var time = new AdvanceableTime();
        await using PublishedRuns published = await PublishedRuns.SubscribeAsync(Redis);
        await using var bridge = new BridgeHarness(Redis, _database.Url, time: time);
        await bridge.WaitUntilLeaderAsync();

        await _database.ExecuteAsync("DELETE FROM cecelia.bridge");
        time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(
            () => bridge.Describe().Contains("the row of cecelia.bridge was missing", StringComparison.Ordinal),
            TestTimeouts.Default,
            bridge.Describe);

        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await published.WaitForAsync(1, bridge.Describe);
    }

    [Fact]
    public async Task Database_with_unreadable_triggers_is_served_with_a_warning()
    {
        await _database.ExecuteAsync(
            "DROP ROLE IF EXISTS blind; CREATE ROLE blind LOGIN; GRANT USAGE ON SCHEMA cecelia TO blind; "
            + "GRANT ALL ON ALL TABLES IN SCHEMA cecelia TO blind; REVOKE SELECT ON pg_trigger FROM PUBLIC");
        await using PublishedRuns published = await PublishedRuns.SubscribeAsync(Redis);
        await using var bridge = new BridgeHarness(Redis, _database.Url.Replace("test@", "blind@", StringComparison.Ordinal));
        await bridge.WaitUntilLeaderAsync();

        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");

        await published.WaitForAsync(1, bridge.Describe);
        Assert.Contains("the triggers could not be checked", bridge.Bridge.Status.Reason, StringComparison.Ordinal);
        await bridge.StopAsync();
        await _database.ExecuteAsync("DROP OWNED BY blind; DROP ROLE blind");
    }
}
