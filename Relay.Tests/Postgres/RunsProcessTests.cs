using System.Globalization;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Recovery;
using Cecelia.Relay.Tests.Hosting;
using Npgsql;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>
/// Two relays as processes, with a real Redis and a real PostgreSQL: whatever happens to the leader, every change reaches every client of both once.
/// </summary>
[Collection(SerialTests.Name)]
public sealed class RunsProcessTests(RealPostgres postgres, ITestOutputHelper output) : IClassFixture<RealPostgres>, IAsyncLifetime
{
    private const int Runs = 20;
    private volatile bool _enough;
    private static readonly string LeaseKey = new RedisOptions().PostgresKeys + ":lease";

    private RedisServer _redis = null!;
    private PostgresDatabase _database = null!;
    private PublishedRuns _published = null!;
    private int _changes;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _database = await postgres.Server.CreateDatabaseAsync();
        // Lets a client verify that it receives every change in order.
        await _database.ExecuteAsync("ALTER TABLE runs ADD n int");
        _published = await PublishedRuns.SubscribeAsync(RedisUrl.For("127.0.0.1", _redis.Port));
    }

    public async Task DisposeAsync()
    {
        await _published.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Killed_leader_under_load_causes_no_lost_or_duplicate_change()
    {
        RelayProcess[] relays = [Start(), Start()];
        foreach (RelayProcess relay in relays) await relay.ReadyAsync();
        await using var first = new RoamingClient(relays[0].WebSocket, relays[1].WebSocket);
        await using var second = new RoamingClient(relays[1].WebSocket, relays[0].WebSocket);
        RoamingClient[] clients = [first, second];
        await Eventually.TrueAsync(() => clients.All(client => client.Connections == 1), TestTimeouts.Default, Describe);
        await LeaderAsync(relays);

        Task changes = ChangeAsync();
        for (int round = 0; round < 2; round++)
        {
            // Instances that started within the last two seconds do not accept each other's positions.
            int enough = Volatile.Read(ref _changes) + 300;
            await Eventually.TrueAsync(() => clients.All(client => client.Next >= enough || client.Error is not null), TestTimeouts.Default, Describe);
            int leader = await LeaderAsync(relays);
            int before = Volatile.Read(ref _changes);
            relays[leader].End();
            await relays[leader].ExitAsync();
            await Eventually.TrueAsync(() => clients.All(client => client.Next > before + 50 || client.Error is not null), TestTimeouts.Default, Describe);
            Assert.Equal(1 - leader, await LeaderAsync(relays));
            output.WriteLine($"round {round}: {Volatile.Read(ref _changes) - before} changes until all clients had resumed");
            await relays[leader].DisposeAsync();
            relays[leader] = Start(relays[leader].Port);
            await relays[leader].ReadyAsync();
        }

        await EndAsync(changes);
        await Eventually.TrueAsync(() => clients.All(client => client.Next == _changes || client.Error is not null), TestTimeouts.Default, Describe);
        Assert.True(clients.All(client => client.Error is null), Describe());
        await AssertPublishedOnceAsync();
        foreach (RelayProcess relay in relays) await relay.DisposeAsync();

        string Describe() => string.Join('\n', clients.Select(client => $"{client.Next} of {_changes}: {client.Error}"));
    }

    [Fact]
    public async Task Stopped_leader_publishes_nothing_after_another_took_over()
    {
        await using RelayProcess stopped = Start();
        await stopped.ReadyAsync();
        await LeaderAsync([stopped]);
        await using RelayProcess other = Start();
        await other.ReadyAsync();
        await using RecordingClient plain = await RecordingClient.ConnectAsync(other.WebSocket, subprotocol: false);
        await using RecordingClient frozen = await RecordingClient.ConnectAsync(stopped.WebSocket, subprotocol: false);
        Task changes = ChangeAsync();

        for (int round = 0; round < 3; round++)
        {
            (RelayProcess leads, RelayProcess waits) = round % 2 == 0 ? (stopped, other) : (other, stopped);
            await Eventually.TrueAsync(async () => await WaitUntilLeaderAsync(leads), TestTimeouts.Default);
            int before = Volatile.Read(ref _changes);
            await Eventually.TrueAsync(() => _published.All.Count > before + 50, TestTimeouts.Default);
            leads.Freeze();
            await Eventually.TrueAsync(async () => await WaitUntilLeaderAsync(waits), TestTimeouts.Default);
            int taken = Volatile.Read(ref _changes);
            await Eventually.TrueAsync(() => _published.All.Count > taken + 50, TestTimeouts.Default);
            leads.Continue();
        }

        await EndAsync(changes);
        await AssertPublishedOnceAsync();
        foreach (RecordingClient client in (RecordingClient[])[plain, frozen])
        {
            await Eventually.TrueAsync(
                () => client.TimedMessages.Count >= _changes,
                TestTimeouts.Default,
                () => $"{client.TimedMessages.Count} of {_changes}");
            Assert.Equal(Enumerable.Range(0, _changes), client.All.Select(message => message.Number));
        }
    }

    [Fact]
    public async Task Terminated_leader_hands_over_at_once()
    {
        await using RelayProcess ending = Start();
        await ending.ReadyAsync();
        await LeaderAsync([ending]);
        await using RelayProcess other = Start();
        await other.ReadyAsync();
        await _database.ExecuteAsync("INSERT INTO runs (id, n) VALUES ('r1', 0)");
        await _published.WaitForAsync(1);

        string lease = await _redis.CommandAsync("GET", LeaseKey);
        Assert.NotEmpty(lease);
        ending.Terminate();
        Assert.True(await ending.ExitAsync() == 0, ending.Output);

        // Free at once, or already taken by the other; it would have expired later.
        Assert.NotEqual(lease, await _redis.CommandAsync("GET", LeaseKey));
        await _database.ExecuteAsync("UPDATE runs SET status = 'running'");
        await Eventually.TrueAsync(() => _published.All.Count == 2, TestTimeouts.Default, () => other.Output);
        Assert.DoesNotContain("\"Error\"", ending.Output, StringComparison.Ordinal);
    }

    /// <summary>Starts a relay without pings, which the clients do not expect.</summary>
    private RelayProcess Start(int? port = null) => RelayProcess.Start(
        port ?? RedisServer.FreePort(),
        ("CECELIA_REDIS_URL", _redis.Url),
        ("CECELIA_PG_URL", _database.Url),
        ("CECELIA_DRAIN_WINDOW_SECONDS", "0"),
        ("CECELIA_PING_INTERVAL_SECONDS", "0"));

    /// <summary>Makes consecutive changes, each in its own transaction, about 100 a second.</summary>
    private Task ChangeAsync() => Task.Run(async () =>
    {
        await using NpgsqlConnection brain = await _database.ConnectAsync();
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!_enough)
        {
            int n = _changes;
            string status = (n / Runs % 4) switch { 0 => "queued", 1 or 2 => "running", _ => "completed" };
            await brain.ExecuteAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"INSERT INTO runs (id, n, status) VALUES ('r{n % Runs}', {n}, '{status}') "
                + $"ON CONFLICT (id) DO UPDATE SET n = {n}, status = '{status}', progress = {n % 100}"));
            Volatile.Write(ref _changes, n + 1);
            await beat.WaitForNextTickAsync(CancellationToken.None);
        }
    });

    private async Task EndAsync(Task changes)
    {
        _enough = true;
        await changes.Within();
    }

    private async Task AssertPublishedOnceAsync()
    {
        IReadOnlyList<PublishedRun> all = await _published.WaitForAsync(_changes);
        Assert.Equal(Enumerable.Range(0, _changes), all.Select(one => one.Data.GetProperty("n").GetInt32()));
        Assert.Equal(Enumerable.Range(1, _changes).Select(n => (long)n), all.Select(one => one.Seq));
        Assert.Single(all.Select(one => one.Source).Distinct());
        output.WriteLine($"{_changes} changes");
    }

    private static async Task<int> LeaderAsync(RelayProcess[] relays)
    {
        int leader = -1;
        await Eventually.TrueAsync(
            async () =>
            {
                for (leader = relays.Length - 1; leader >= 0; leader--)
                {
                    if (await WaitUntilLeaderAsync(relays[leader])) return true;
                }

                return false;
            },
            TestTimeouts.Default,
            () => string.Join('\n', relays.Select(relay => relay.Output)));
        return leader;
    }

    private static async Task<bool> WaitUntilLeaderAsync(RelayProcess relay) =>
        await relay.StatusAsync() is { } status && status.GetProperty("runs").GetProperty("state").GetString() == "leading";
}
