using System.Globalization;
using Cecelia.Relay.Redis;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A command connection follows the primary, since a replica replies to PUBLISH without an error, and returns Redis' reason for a refusal.</summary>
public sealed class RedisConnectionFaultTests
{
    private static readonly TimeSpan Deadline = TestTimeouts.Default;

    [Fact]
    public async Task Connection_follows_its_primary_after_a_failover()
    {
        await using RedisServer first = await StartAsync();
        await using RedisServer second = await StartAsync("--replicaof", "127.0.0.1", Text(first.Port));
        await using var connection = new RedisConnection(
            LinkHarness.Parse($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}"), Deadline, TimeProvider.System);
        Assert.Equal(first.Port, await AskPortAsync(connection));

        await FailOverAsync(first, second);

        // Nothing is written in between, which the replica would refuse.
        await Eventually.TrueAsync(async () => await AskPortAsync(connection) == second.Port);
    }

    [Fact]
    public async Task Connection_leaves_a_replica_that_refuses_a_write()
    {
        await using RedisServer first = await StartAsync();
        await using RedisServer second = await StartAsync("--replicaof", "127.0.0.1", Text(first.Port));
        // Its time does not pass, so that it does not query the role.
        await using var connection = new RedisConnection(
            LinkHarness.Parse($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}"), Deadline, new FakeTimeProvider());
        Assert.Equal(first.Port, await AskPortAsync(connection));
        await FailOverAsync(first, second);

        RedisReply<bool> refused = await connection.AskAsync(database => database.StringSetAsync("k", "v"), Deadline, CancellationToken.None).Within();
        RedisReply<bool> written = await connection.AskAsync(database => database.StringSetAsync("k", "v"), Deadline, CancellationToken.None).Within();

        Assert.Contains("READONLY", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(RedisReply.Done(true), written);
        Assert.Equal("v", await second.CommandAsync("GET", "k"));
    }

    [Fact]
    public async Task Connection_to_a_replica_moves_to_a_primary_that_responds_later()
    {
        await using RedisServer primary = await StartAsync();
        await using RedisServer replica = await StartAsync("--replicaof", "127.0.0.1", Text(primary.Port));
        await using var path = new TcpProxy(primary.Port);
        path.BlackHole(includeNew: true);
        await using var connection = new RedisConnection(
            LinkHarness.Parse($"redis://127.0.0.1:{path.Port},127.0.0.1:{replica.Port}"), TimeSpan.FromSeconds(1), TimeProvider.System);
        await Eventually.TrueAsync(async () => await AskPortAsync(connection) == replica.Port);

        path.Heal();

        await Eventually.TrueAsync(async () => await AskPortAsync(connection) == primary.Port);
    }

    [Fact]
    public async Task Connection_that_opens_after_its_disposal_is_closed_and_its_request_fails()
    {
        await using RedisServer redis = await StartAsync();
        var connection = new RedisConnection(LinkHarness.Parse(redis.Url), Deadline, TimeProvider.System);
        redis.Freeze();
        Task<RedisReply<bool>> connecting = connection.ConnectAsync(CancellationToken.None);

        await connection.DisposeAsync().AsTask().Within();
        redis.Continue();

        Assert.Equal(RedisOutcome.Unreachable, (await connecting.Within()).Outcome);
        await Eventually.TrueAsync(async () => (await redis.CommandAsync("CLIENT", "LIST"))!.Trim().Split('\n').Length == 1);
    }

    [Fact]
    public async Task Missing_database_is_reported()
    {
        await using RedisServer redis = await StartAsync();
        await using var connection = new RedisConnection(LinkHarness.Parse($"{redis.Url}/99"), Deadline, TimeProvider.System);

        RedisReply<bool> reply = await connection.AskAsync(database => database.StringSetAsync("k", "v"), Deadline, CancellationToken.None).Within();

        Assert.Equal($"127.0.0.1:{redis.Port}: Redis says ERR DB index is out of range", reply.Reason);
        Assert.Equal("0", await redis.CommandAsync("EXISTS", "k"));
    }

    [Fact]
    public async Task Refused_transaction_returns_the_error_of_its_command()
    {
        await using RedisServer redis = await StartAsync();
        await using var connection = new RedisConnection(LinkHarness.Parse(redis.Url), Deadline, TimeProvider.System);
        await redis.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        RedisReply<bool> full = await CommitAsync(connection);
        await redis.CommandAsync("CONFIG", "SET", "maxmemory", "0");
        await redis.CommandAsync("ACL", "SETUSER", "default", "-publish");
        RedisReply<bool> forbidden = await CommitAsync(connection);

        Assert.Equal((RedisOutcome.Aborted, RedisOutcome.Aborted), (full.Outcome, forbidden.Outcome));
        Assert.StartsWith("Redis says OOM command not allowed", full.Reason, StringComparison.Ordinal);
        Assert.StartsWith("Redis says NOPERM", forbidden.Reason, StringComparison.Ordinal);
        Assert.Contains("publish", forbidden.Reason, StringComparison.Ordinal);
    }

    /// <summary>Performs a planned failover as an operator does: no write is lost, and the old primary keeps its clients.</summary>
    internal static async Task FailOverAsync(RedisServer old, RedisServer next)
    {
        Assert.Equal("OK", await next.CommandAsync("REPLICAOF", "NO", "ONE"));
        Assert.Equal("OK", await old.CommandAsync("REPLICAOF", "127.0.0.1", Text(next.Port)));
    }

    /// <summary>Starts a replica that copies its primary's data without a delay.</summary>
    internal static Task<RedisServer> StartAsync(params string[] arguments) =>
        RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true, ExtraArguments = ["--repl-diskless-sync-delay", "0", .. arguments] });

    internal static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static Task<RedisReply<bool>> CommitAsync(RedisConnection connection) => connection.AskAsync(
        database =>
        {
            ITransaction transaction = database.CreateTransaction();
            _ = transaction.PublishAsync(RedisChannel.Literal("c"), "x");
            return transaction.ExecuteAsync();
        },
        Deadline,
        CancellationToken.None).Within();

    /// <summary>Returns the port of the server that replies; 0 while none does.</summary>
    private static async Task<int> AskPortAsync(RedisConnection connection)
    {
        RedisReply<string?> info = await connection.AskAsync(
            async database => (string?)await database.ExecuteAsync("INFO", "server"),
            Deadline,
            CancellationToken.None).Within();
        string? line = info.Value?.Split('\n').FirstOrDefault(one => one.StartsWith("tcp_port:", StringComparison.Ordinal));
        return line is null ? 0 : int.Parse(line["tcp_port:".Length..].Trim(), CultureInfo.InvariantCulture);
    }
}
