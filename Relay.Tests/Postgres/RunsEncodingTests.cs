using System.Globalization;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>
/// A database with an encoding other than UTF-8: a row that cannot be converted to UTF-8 is skipped and reported, and the others are published.
/// </summary>
public sealed class RunsEncodingTests(RealPostgres postgres) : IClassFixture<RealPostgres>, IAsyncLifetime
{
    private RedisServer _redis = null!;

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Theory]
    [InlineData("SQL_ASCII", @"\x81", @"\201", @"\xc3\xa9", "é")]
    [InlineData("WIN1252", @"\x81", @"\201", @"\xe9", "é")]
    [InlineData("EUC_JP", @"\x8f\xa1\xa1", @"\217\241\241", @"\xc6\xfc", "日")]
    public async Task Row_that_is_not_UTF8_is_skipped_and_reported_and_others_are_published(
        string encoding,
        string bad,
        string escaped,
        string good,
        string text)
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync(encoding: encoding);
        // A type that the bridge does not use.
        await database.ExecuteAsync($"DO $$ BEGIN EXECUTE 'CREATE TYPE mood AS ENUM (''' || E'{bad}' || ''')'; END $$");
        RedisUrl redis = RedisUrl.For("127.0.0.1", _redis.Port);
        await using PublishedRuns published = await PublishedRuns.SubscribeAsync(redis);
        await using var bridge = new BridgeHarness(redis, database.Url);
        await bridge.WaitUntilLeaderAsync();

        // In the middle of a page: as text, and as id.
        await database.ExecuteAsync(
            $"INSERT INTO runs (id, title) SELECT n::text, CASE n WHEN 100 THEN E'{bad}' ELSE E'{good}' END FROM generate_series(1, 200) n; "
            + $"INSERT INTO runs (id) VALUES (E'x{bad}'), ('after')");
        IReadOnlyList<PublishedRun> all = await published.WaitForAsync(200, bridge.Describe);
        Assert.Equal(
            [.. Enumerable.Range(1, 200).Where(n => n != 100).Select(n => n.ToString(CultureInfo.InvariantCulture)), "after"],
            all.Select(one => one.Run));
        Assert.Equal(text, all[0].Data.GetProperty("title").GetString());
        // Both numbers are used up, so that clients are notified of a gap.
        Assert.Equal(Enumerable.Range(1, 202).Where(n => n is not (100 or 201)).Select(n => (long)n), all.Select(one => one.Seq));

        // The name of a column is in every row.
        await database.ExecuteAsync(
            $"DO $$ BEGIN EXECUTE 'ALTER TABLE runs ADD COLUMN \"c' || E'{bad}' || '\" text'; END $$; INSERT INTO runs (id) VALUES ('c')");
        await Eventually.TrueAsync(() => bridge.Bridge.Skipped == 3, TestTimeouts.Default, bridge.Describe);
        await database.ExecuteAsync(
            $"DO $$ BEGIN EXECUTE 'ALTER TABLE runs DROP COLUMN \"c' || E'{bad}' || '\"'; END $$; INSERT INTO runs (id) VALUES ('end')");

        Assert.Equal("end", (await published.WaitForAsync(201, bridge.Describe))[^1].Run);
        Assert.Equal(0, bridge.Bridge.Failures);
        Assert.Equal(1, bridge.Bridge.Status.Warnings);
        Assert.Contains($"the row with id \"x{escaped}\" contains text that cannot be converted to UTF-8", bridge.Describe(), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await database.WaitingAsync() == 0);
    }
}
