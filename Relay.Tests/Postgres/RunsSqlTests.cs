using System.Text.Json;
using Npgsql;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>deploy/brain/runs.sql: records every change of a run once, and never blocks Brain.</summary>
public sealed class RunsSqlTests(RealPostgres postgres) : IClassFixture<RealPostgres>
{
    [Fact]
    public async Task Script_can_be_run_again_and_keeps_existing_data()
    {
        PostgresDatabase database = await StartAsync();
        await database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");

        await database.RunScriptAsync();
        await database.ExecuteAsync("UPDATE runs SET status = 'running'");

        Assert.Equal(["insert r1", "status r1"], await ChangesAsync(database));
    }

    [Fact]
    public async Task Script_uses_an_existing_table_and_changes_none_of_its_columns()
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync(withRuns: false);
        await database.ExecuteAsync(
            """
            CREATE TYPE run_status AS ENUM ('new', 'running');
            CREATE TABLE runs (id uuid, status run_status, payload json, weight point, "Odd Name" int, CONSTRAINT runs_key PRIMARY KEY (id));
            INSERT INTO runs VALUES ('6e4b3c4e-0000-4000-8000-000000000001', 'new', '{"a":1}', '(1,2)', 1);
            """);
        string[] columns =
            await database.QueryAsync("SELECT attname || ' ' || atttypid::regtype FROM pg_attribute WHERE attrelid = 'runs'::regclass AND attnum > 0");

        await database.RunScriptAsync();
        await database.ExecuteAsync("INSERT INTO cecelia.bridge DEFAULT VALUES; UPDATE runs SET status = 'running'");

        Assert.Equal(
            columns,
            await database.QueryAsync("SELECT attname || ' ' || atttypid::regtype FROM pg_attribute WHERE attrelid = 'runs'::regclass AND attnum > 0"));
        JsonElement run = JsonDocument.Parse((await database.QueryAsync("SELECT run::text FROM cecelia.run_changes"))[0]).RootElement;
        Assert.Equal("""{"id":"6e4b3c4e-0000-4000-8000-000000000001","status":"running","payload":{"a":1},"weight":"(1,2)","Odd Name":1}""", run.GetRawText());
        Assert.Equal(["status"], await database.QueryAsync("SELECT change FROM cecelia.run_changes"));
    }

    [Fact]
    public async Task Columns_can_have_any_name()
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync(withRuns: false);
        const string Names = "n int, o int, f int, run int, change int, omitted int, recorded int, newest int, whole int, new_runs int, old_runs int";
        await database.ExecuteAsync($"CREATE TABLE runs (id text PRIMARY KEY, status text, {Names})");
        await database.RunScriptAsync();

        await database.ExecuteAsync("INSERT INTO cecelia.bridge DEFAULT VALUES; INSERT INTO runs (id, status, n, run) VALUES ('r1', 'queued', 1, 2)");
        await database.ExecuteAsync("UPDATE runs SET status = 'running', new_runs = 3");

        Assert.Equal(["insert r1", "status r1"], await ChangesAsync(database));
        Assert.Equal(
            ["11", "21", "23"],
            await database.QueryAsync(
                "SELECT seq || (run ->> 'n') FROM cecelia.run_changes UNION ALL SELECT seq || (run ->> 'new_runs') FROM cecelia.run_changes WHERE seq = 2"));
    }

    [Fact]
    public async Task Script_rejects_a_table_without_a_primary_key()
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync(withRuns: false);
        await database.ExecuteAsync("CREATE TABLE runs (id text, attempt int, status text, PRIMARY KEY (id, attempt))");

        Exception refused = await Assert.ThrowsAnyAsync<Exception>(database.RunScriptAsync);

        Assert.Contains("needs a column \"id\" that is a primary key", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["0"], await database.QueryAsync("SELECT count(*) FROM pg_namespace WHERE nspname = 'cecelia'"));
    }

    [Fact]
    public async Task Script_times_out_on_a_locked_table_instead_of_blocking_Brain()
    {
        PostgresDatabase database = await StartAsync();
        await using NpgsqlConnection holder = await database.ConnectAsync();
        await holder.ExecuteAsync("BEGIN; INSERT INTO runs (id) VALUES ('r1')");

        Exception refused = await Assert.ThrowsAnyAsync<Exception>(database.RunScriptAsync);

        Assert.Contains("lock timeout", refused.Message, StringComparison.Ordinal);
        await holder.ExecuteAsync("COMMIT");
        await database.RunScriptAsync();
    }

    [Fact]
    public async Task No_changes_accumulate_before_a_relay_has_ever_read()
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync();

        await database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1'); UPDATE runs SET status = 'running'");

        Assert.Equal(0, await database.WaitingAsync());
    }

    [Fact]
    public async Task Every_change_is_recorded_once_with_its_kind()
    {
        PostgresDatabase database = await StartAsync();

        await database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1'), ('r2')");
        await database.ExecuteAsync("UPDATE runs SET status = 'running', progress = 1 WHERE id = 'r1'");
        await database.ExecuteAsync("UPDATE runs SET progress = 50, updated_at = now() WHERE id = 'r1'");
        await database.ExecuteAsync("UPDATE runs SET title = 'x'");
        // Nothing changes, or no row matches.
        await database.ExecuteAsync("UPDATE runs SET status = 'running' WHERE id = 'r1'");
        await database.ExecuteAsync("UPDATE runs SET status = 'failed' WHERE id = 'missing'");
        await database.ExecuteAsync(
            "INSERT INTO runs (id, status) VALUES ('r1', 'failed'), ('r3', 'queued') ON CONFLICT (id) DO UPDATE SET status = excluded.status");
        await database.ExecuteAsync("UPDATE runs SET id = 'r4' WHERE id = 'r3'");
        await database.ExecuteAsync("DELETE FROM runs WHERE id = 'r2'");
        await database.ExecuteAsync("BEGIN; UPDATE runs SET status = 'running'; ROLLBACK");

        Assert.Equal(
            ["insert r1", "insert r2", "status r1", "progress r1", "other r2", "other r1", "status r1", "insert r3", "insert r4"],
            await ChangesAsync(database));
    }

    [Fact]
    public async Task Too_large_row_is_recorded_without_its_largest_columns()
    {
        PostgresDatabase database = await StartAsync();

        await database.ExecuteAsync(
            "INSERT INTO runs (id, title, error, result) VALUES ('r1', repeat('t', 8000), repeat('e', 60000), to_jsonb(repeat('r', 9000)))");

        JsonElement run = JsonDocument.Parse((await database.QueryAsync("SELECT run::text FROM cecelia.run_changes"))[0]).RootElement;
        Assert.Equal(["result,error"], await database.QueryAsync("SELECT array_to_string(omitted, ',') FROM cecelia.run_changes"));
        Assert.Equal(8000, run.GetProperty("title").GetString()!.Length);
        Assert.False(run.TryGetProperty("error", out _));
        Assert.Equal("queued", run.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("""\u0000""", """\ufffd""")]
    [InlineData("""\ud83d""", """\ufffd""")]
    [InlineData("""\\\u0000 \u001b""", """\\\ufffd \u001b""")]
    [InlineData("""\\u0000""", """\\u0000""")]
    [InlineData("""\ud83d\ude00""", """\ud83d\ude00""")]
    public async Task Escapes_that_PostgreSQL_cannot_parse_are_made_readable(string text, string readable)
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync(withRuns: false);
        await database.ExecuteAsync("CREATE TABLE runs (id int PRIMARY KEY, status text, small json, large json)");
        await database.RunScriptAsync();
        await database.ExecuteAsync("INSERT INTO cecelia.bridge DEFAULT VALUES");

        await database.ExecuteAsync(
            $"INSERT INTO runs VALUES (7, 'queued', '\"{text}\"'); "
            + $"UPDATE runs SET status = 'running', large = ('\"{text}' || repeat('x', 70000) || '\"')::json");

        Assert.Equal(["insert", "status"], await database.QueryAsync("SELECT change FROM cecelia.run_changes ORDER BY seq"));
        Assert.Equal([$"\"{readable}\"", $"\"{readable}\""], await database.QueryAsync("SELECT run -> 'small' FROM cecelia.run_changes ORDER BY seq"));
        Assert.Equal(["large"], await database.QueryAsync("SELECT unnest(omitted) FROM cecelia.run_changes"));
    }

    [Theory]
    [InlineData("SQL_ASCII")]
    [InlineData("WIN1252")]
    [InlineData("EUC_JP")]
    public async Task Escapes_outside_the_databases_encoding_become_literal_text(string encoding)
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync(withRuns: false, encoding);
        await database.ExecuteAsync("CREATE TABLE runs (id int PRIMARY KEY, status text, small json, large json)");
        await database.RunScriptAsync();
        await database.ExecuteAsync("INSERT INTO cecelia.bridge DEFAULT VALUES");

        await database.ExecuteAsync(
            """INSERT INTO runs VALUES (7, 'queued', '"\u0e01 \u0041 \\u4e2d"'); """
            + """UPDATE runs SET status = 'running', large = ('"\u0e01' || repeat('x', 70000) || '"')::json""");

        Assert.Equal(["insert", "status"], await database.QueryAsync("SELECT change FROM cecelia.run_changes ORDER BY seq"));
        Assert.Equal(
            ["""\u0e01 A \u4e2d""", """\u0e01 A \u4e2d"""], await database.QueryAsync("SELECT run ->> 'small' FROM cecelia.run_changes ORDER BY seq"));
    }

    [Fact]
    public async Task Changes_that_cannot_be_recorded_are_counted_as_lost()
    {
        PostgresDatabase database = await StartAsync();
        await database.ExecuteAsync("ALTER TABLE cecelia.run_changes ADD CHECK (change <> 'insert')");

        await database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1'), ('r2')");
        await database.ExecuteAsync("UPDATE runs SET status = 'running' WHERE id = 'r1'");

        Assert.Equal(
            ["lost 2", "status "], await database.QueryAsync("SELECT change || ' ' || coalesce(lost::text, '') FROM cecelia.run_changes ORDER BY seq"));
    }

    [Fact]
    public async Task Script_creates_triggers_on_partitions()
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync(withRuns: false);
        await database.ExecuteAsync(
            """
            CREATE TABLE runs (id int PRIMARY KEY, status text) PARTITION BY RANGE (id);
            CREATE TABLE low PARTITION OF runs FOR VALUES FROM (0) TO (10);
            CREATE TABLE high PARTITION OF runs FOR VALUES FROM (10) TO (20);
            """);
        await database.RunScriptAsync();

        await database.ExecuteAsync(
            "INSERT INTO cecelia.bridge DEFAULT VALUES; INSERT INTO low VALUES (1, 'queued'); "
            + "INSERT INTO runs VALUES (2, 'queued'), (11, 'queued'); UPDATE runs SET status = 'running'");

        Assert.Equal(["insert 1", "insert 11", "insert 2", "status 1", "status 11", "status 2"], (await ChangesAsync(database)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Trigger_enabled_always_fires_in_a_replica_session_after_the_script_has_run_again()
    {
        PostgresDatabase database = await StartAsync();
        await database.ExecuteAsync("SET session_replication_role = replica; INSERT INTO runs (id) VALUES ('r1')");
        string script = await File.ReadAllTextAsync(Path.Combine(Hosting.Repository.Root, "deploy", "brain", "runs.sql"));
        string[] documented = [.. script.Split('\n').Where(line => line.StartsWith("--   ALTER TABLE", StringComparison.Ordinal)).Select(line => line[2..])];
        Assert.Equal(2, documented.Length);
        foreach (string line in documented) await database.ExecuteAsync(line);

        await database.RunScriptAsync();
        await database.ExecuteAsync(
            "SET session_replication_role = replica; INSERT INTO runs (id) VALUES ('r2'); UPDATE runs SET status = 'running' WHERE id = 'r2'");

        Assert.Equal(["insert r2", "status r2"], await ChangesAsync(database));
    }

    [Fact]
    public async Task Brain_continues_with_a_warning_when_changes_cannot_be_recorded()
    {
        PostgresDatabase database = await StartAsync();
        await using NpgsqlConnection brain = await database.ConnectAsync();
        var notices = new List<string>();
        brain.Notice += (_, notice) => notices.Add($"{notice.Notice.Severity} {notice.Notice.MessageText}");
        await brain.ExecuteAsync("ALTER TABLE cecelia.run_changes RENAME TO elsewhere");

        await brain.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1'); UPDATE runs SET status = 'running'");

        Assert.Equal(["running"], await database.QueryAsync("SELECT status FROM runs"));
        Assert.Equal(2, notices.Count);
        Assert.All(
            notices,
            notice => Assert.StartsWith("WARNING changes of public.runs could not be recorded for the relay: ", notice, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Writer_of_runs_needs_no_right_to_the_changes_and_cannot_redirect_them()
    {
        PostgresDatabase database = await StartAsync();
        await database.ExecuteAsync("DROP ROLE IF EXISTS writer; CREATE ROLE writer; GRANT SELECT, INSERT, UPDATE ON runs TO writer");
        await using NpgsqlConnection brain = await database.ConnectAsync();
        await brain.ExecuteAsync("SET ROLE writer");
        await brain.ExecuteAsync("CREATE TEMP TABLE run_changes (change text, run json, omitted text[])");

        await brain.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");

        await Assert.ThrowsAsync<PostgresException>(() => brain.ExecuteAsync("SELECT * FROM cecelia.run_changes"));
        Assert.Equal(["insert r1"], await ChangesAsync(database));
    }

    [Fact]
    public async Task Changes_of_one_run_are_numbered_in_order_whichever_transaction_began_first()
    {
        PostgresDatabase database = await StartAsync();
        await database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        await using NpgsqlConnection early = await database.ConnectAsync();
        await using NpgsqlConnection late = await database.ConnectAsync();

        // The first has the smaller transaction id, and changes the run after the second.
        await early.ExecuteAsync("BEGIN; INSERT INTO runs (id) VALUES ('r2')");
        await late.ExecuteAsync("UPDATE runs SET status = 'running' WHERE id = 'r1'");
        await early.ExecuteAsync("UPDATE runs SET status = 'completed' WHERE id = 'r1'; COMMIT");

        Assert.Equal(
            ["queued", "running", "completed"],
            await database.QueryAsync("SELECT run ->> 'status' FROM cecelia.run_changes WHERE run ->> 'id' = 'r1' ORDER BY seq"));
    }

    [Fact]
    public async Task Changes_not_read_for_a_day_are_deleted_and_counted()
    {
        PostgresDatabase database = await StartAsync();
        await database.ExecuteAsync("INSERT INTO runs (id) SELECT 'a' || n FROM generate_series(1, 900) n");
        await database.ExecuteAsync("UPDATE cecelia.run_changes SET at = at - interval '25 hours' WHERE seq <= 600");
        // As if some had been deleted before.
        await database.ExecuteAsync("UPDATE cecelia.run_changes SET change = 'lost', run = NULL, lost = 50 WHERE seq = 1");

        await database.ExecuteAsync("INSERT INTO runs (id) SELECT 'b' || n FROM generate_series(1, 200) n");

        Assert.Equal(
            ["insert 500", "lost 1"], await database.QueryAsync("SELECT change || ' ' || count(*) FROM cecelia.run_changes GROUP BY change ORDER BY change"));
        Assert.Equal(["649"], await database.QueryAsync("SELECT lost FROM cecelia.run_changes WHERE change = 'lost'"));
    }

    [Fact]
    public async Task Statement_on_many_rows_is_fast_in_a_session_that_began_with_one_row()
    {
        // The plan of the first statement is reused for the second: with a nested loop in it this took eight minutes.
        PostgresDatabase database = await StartAsync();
        await using NpgsqlConnection brain = await database.ConnectAsync();
        await brain.ExecuteAsync("INSERT INTO runs (id) SELECT n::text FROM generate_series(1, 10000) n; UPDATE runs SET progress = 1 WHERE id = '1'");

        await brain.ExecuteAsync("UPDATE runs SET progress = 2");

        Assert.Equal(["10001"], await database.QueryAsync("SELECT count(*) FROM cecelia.run_changes WHERE change = 'progress'"));
    }

    [Fact]
    public async Task Change_notifies_listeners()
    {
        PostgresDatabase database = await StartAsync();
        await using NpgsqlConnection listener = await database.ConnectAsync();
        var notifications = new List<string>();
        listener.Notification += (_, notification) => notifications.Add(notification.Channel + notification.Payload);
        await listener.ExecuteAsync("LISTEN cecelia_runs");

        await database.ExecuteAsync("INSERT INTO runs (id) SELECT n::text FROM generate_series(1, 100) n");

        Assert.True(await listener.WaitAsync(TestTimeouts.Default, default));
        Assert.Equal(["cecelia_runs"], notifications);
    }

    private async Task<PostgresDatabase> StartAsync()
    {
        PostgresDatabase database = await postgres.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("INSERT INTO cecelia.bridge DEFAULT VALUES");
        return database;
    }

    private static Task<string[]> ChangesAsync(PostgresDatabase database) =>
        database.QueryAsync("SELECT change || ' ' || (run ->> 'id') FROM cecelia.run_changes ORDER BY seq");
}
