using System.Net;
using System.Text.Json;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Recovery;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>The complete path from an UPDATE in PostgreSQL to a message at every client, and what operators see of it.</summary>
public sealed class RunsRelayTests(RealPostgres postgres) : IClassFixture<RealPostgres>, IAsyncLifetime
{
    private RedisServer _redis = null!;
    private PostgresDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _database = await postgres.Server.CreateDatabaseAsync();
    }

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task Manual_update_reaches_every_client_of_every_instance_once_with_the_complete_run()
    {
        await using RunningRelay first = await StartAsync();
        await using RunningRelay second = await StartAsync();
        await WaitForLeaderAsync(first, second);
        await _database.ExecuteAsync("INSERT INTO runs (id, task_id, project_id, title) VALUES ('xxx', 't1', 'p1', 'a title')");
        await using RecordingClient a = await RecordingClient.ConnectAsync(first.WebSocket, subprotocol: false);
        await using RecordingClient b = await RecordingClient.ConnectAsync(first.WebSocket, subprotocol: false);
        await using RecordingClient c = await RecordingClient.ConnectAsync(second.WebSocket, subprotocol: true);
        RecordingClient[] clients = [a, b, c];
        await first.WaitForConnectionsAsync(2);
        await second.WaitForConnectionsAsync(1);

        DateTimeOffset before = DateTimeOffset.UtcNow;
        await _database.ExecuteAsync("UPDATE runs SET status='running' WHERE id='xxx'");
        await _database.ExecuteAsync("UPDATE runs SET progress = 7 WHERE id = 'xxx'");

        foreach (RecordingClient client in clients)
        {
            (SubprotocolMessage started, _, DateTimeOffset at) = await client.WaitForAsync(message => message.Name == "task:started");
            await client.WaitForAsync(message => message.Name == "task:progress");
            Assert.Single(client.All, message => message.Name == "task:started");
            Assert.Equal(
                ("xxx", "t1", "running", "a title", JsonValueKind.Null),
                (Text(started, "runId"), Text(started, "taskId"), Text(started, "status"), Text(started, "title"),
                    started.Data.GetProperty("result").ValueKind));
            JsonElement envelope = JsonDocument.Parse(started.Text).RootElement;
            Assert.Equal("p1", envelope.GetProperty("project_id").GetString());
            // The time of the change, from a clock that may be rounded.
            Assert.InRange(envelope.GetProperty("timestamp").GetDateTimeOffset(), before - TimeSpan.FromSeconds(1), at + TimeSpan.FromSeconds(1));
        }

        JsonElement task = await first.GetJsonAsync("/api/v1/tasks/t1");
        Assert.Equal(("running", 7), (task.GetProperty("status").GetString(), task.GetProperty("progress").GetInt32()));

        static string? Text(SubprotocolMessage message, string field) => message.Data.GetProperty(field).GetString();
    }

    [Fact]
    public async Task Changes_made_while_Redis_was_unavailable_reach_every_client_once_it_is_available()
    {
        await using RunningRelay first = await StartAsync();
        await using RunningRelay second = await StartAsync();
        RunningRelay[] relays = [first, second];
        await WaitForLeaderAsync(relays);
        await using RecordingClient a = await RecordingClient.ConnectAsync(first.WebSocket, subprotocol: true);
        await using RecordingClient b = await RecordingClient.ConnectAsync(second.WebSocket, subprotocol: true);
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1')");
        foreach (RecordingClient client in (RecordingClient[])[a, b]) await client.WaitForAsync(message => message.Name == "task:created");

        await _redis.StopAsync();
        await _database.ExecuteAsync("UPDATE runs SET status = 'running'");
        await _database.ExecuteAsync("UPDATE runs SET status = 'completed'");
        foreach (RecordingClient client in (RecordingClient[])[a, b]) await client.WaitForLinkStatusAsync("degraded");
        // Nothing is published before our own clients can receive it.
        await Eventually.TrueAsync(
            () => relays.All(relay => relay.Get<RunsBridge>().Status.Reason.Contains("link to Redis is down", StringComparison.Ordinal)),
            TestTimeouts.Default);
        await _redis.RestartAsync();

        foreach (RecordingClient client in (RecordingClient[])[a, b])
        {
            await client.WaitForAsync(message => message.Name == "task:completed");
            Assert.Equal(["task:created", "task:started", "task:completed"], client.All.Where(message => !message.IsRelay).Select(message => message.Name));
        }
    }

    [Fact]
    public async Task Change_without_an_event_is_reported_as_a_gap()
    {
        await using RunningRelay relay = await StartAsync();
        await WaitForLeaderAsync(relay);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1'), (repeat('x', 300)), ('r2')");

        (SubprotocolMessage gap, _, _) = await client.WaitForAsync(message => message.Name == "relay:gap");

        Assert.Equal(("publisher_gap", 2), (gap.Data.GetProperty("cause").GetString(), gap.Data.GetProperty("fromSeq").GetInt32()));
    }

    [Fact]
    public async Task Late_result_of_a_finished_run_is_in_the_state()
    {
        await using RunningRelay relay = await StartAsync();
        await WaitForLeaderAsync(relay);
        await _database.ExecuteAsync("INSERT INTO runs (id, status) VALUES ('r1', 'running')");
        await _database.ExecuteAsync("UPDATE runs SET status = 'completed'");
        await _database.ExecuteAsync("UPDATE runs SET progress = 100, result = '{\"ok\":true}'");

        await Eventually.TrueAsync(
            async () =>
                (await relay.GetAsync("/api/v1/tasks/r1")) is { Status: HttpStatusCode.OK } answer
                    && answer.Body.Contains("\"progress\":100", StringComparison.Ordinal),
            TestTimeouts.Default);
        JsonElement task = await relay.GetJsonAsync("/api/v1/tasks/r1");
        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.True(task.GetProperty("data").GetProperty("result").GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task Unreachable_PostgreSQL_is_a_warning_and_the_relay_serves()
    {
        await using RunningRelay relay = await StartAsync($"postgresql://anna:geheim@127.0.0.1:{RedisServer.FreePort()}/brain");
        await Eventually.TrueAsync(() => relay.Get<RunsBridge>().Status.State == RunsBridgeState.Failing, TestTimeouts.Default);

        (HttpStatusCode status, string ready, _) = await relay.GetAsync("/readyz");
        JsonElement runs = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("runs");
        string metrics = (await relay.GetAsync("/metrics")).Body;

        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement check = JsonDocument.Parse(ready).RootElement
            .GetProperty("checks")
            .EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == "postgres");
        Assert.Equal("warn", check.GetProperty("status").GetString());
        Assert.EndsWith("connection refused", check.GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.Equal("failing", runs.GetProperty("state").GetString());
        Assert.True(runs.GetProperty("failures").GetInt32() >= 1);
        Assert.Contains("relay_runs_leading 0", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", ready + runs + metrics + string.Join('\n', relay.Logs.Lines.Select(line => line.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disabled_trigger_is_a_warning_and_the_relay_stays_ready()
    {
        await _database.ExecuteAsync("ALTER TABLE runs DISABLE TRIGGER ALL");
        await using RunningRelay relay = await StartAsync();
        await WaitForLeaderAsync(relay);

        (HttpStatusCode status, string ready, _) = await relay.GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement check = JsonDocument.Parse(ready).RootElement
            .GetProperty("checks")
            .EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == "postgres");
        Assert.Equal("warn", check.GetProperty("status").GetString());
        Assert.Contains("trigger cecelia_inserted on public.runs is disabled", check.GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.Contains("relay_runs_warnings 2", (await relay.GetAsync("/metrics")).Body.Split('\n'));
    }

    [Fact]
    public async Task Status_and_metrics_show_the_bridge()
    {
        await using RunningRelay relay = await StartAsync();
        await WaitForLeaderAsync(relay);
        await _database.ExecuteAsync("INSERT INTO runs (id) VALUES ('r1'), ('r2')");
        await Eventually.TrueAsync(() => relay.Get<RunsBridge>().Published == 2, TestTimeouts.Default);

        JsonElement runs = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("runs");
        string metrics = (await relay.GetAsync("/metrics")).Body;

        Assert.Equal(("leading", 2), (runs.GetProperty("state").GetString(), runs.GetProperty("published").GetInt32()));
        Assert.Equal(
            ["state", "database", "since", "why", "lag_ms", "published", "skipped", "trimmed", "lost", "failures"],
            runs.EnumerateObject().Select(field => field.Name));
        string[] lines =
        [
            "relay_runs_leading 1",
            "relay_runs_published_total 2",
            "relay_runs_skipped_total 0",
            "relay_runs_trimmed_total 0",
            "relay_runs_lost_total 0",
            "relay_runs_failures_total 0",
        ];
        foreach (string line in lines)
        {
            Assert.Contains(line, metrics.Split('\n'));
        }

        Assert.Contains("relay_runs_lag_milliseconds ", metrics, StringComparison.Ordinal);
    }

    private Task<RunningRelay> StartAsync(string? url = null)
    {
        Assert.True(PostgresUrl.TryParse(url ?? _database.Url, out PostgresUrl? postgresUrl, out string? error), error);
        return RunningRelay.StartAsync(
            RedisUrl.For("127.0.0.1", _redis.Port),
            options => options with { Postgres = new PostgresOptions { Url = postgresUrl } });
    }

    private static Task<TimeSpan> WaitForLeaderAsync(params RunningRelay[] relays) =>
        Eventually.TrueAsync(
            () => relays.Any(relay => relay.Get<RunsBridge>().Status.State == RunsBridgeState.Leading),
            TestTimeouts.Default,
            () => string.Join('\n', relays.Select(relay => relay.Get<RunsBridge>().Status)));
}
