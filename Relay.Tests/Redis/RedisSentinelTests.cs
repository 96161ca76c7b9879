using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>The server that the Sentinels name, and which Sentinel is trusted.</summary>
public sealed class RedisSentinelTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Sentinels_and_servers_have_separate_passwords()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Password = "of-the-nodes" });
        await using RedisServer sentinel = await SentinelServers.StartSentinelAsync(redis, quorum: 2, "of-the-sentinels");
        RedisUrl url = LinkHarness.Parse($"redis://:of-the-nodes@127.0.0.1:{sentinel.Port}/3");

        await using var harness = new LinkHarness(url.At(new RedisSentinel(SentinelServers.Master, "of-the-sentinels")));
        await harness.WaitUntilSubscribedAsync();
        RedisAnswer without = await FindAsync(url.At(new RedisSentinel(SentinelServers.Master, null)));
        RedisAnswer wrong = await FindAsync(url.At(new RedisSentinel(SentinelServers.Master, "wrong-word")));

        Assert.Equal($"127.0.0.1:{redis.Port}", harness.Link.Status.Server);
        Assert.Equal(RedisAnswerKind.Refused, without.Kind);
        Assert.Equal(
            $"no Sentinel named the master mymaster: the Sentinel at 127.0.0.1:{sentinel.Port}: Redis says NOAUTH Authentication required.", without.Reason);
        Assert.Contains("WRONGPASS", wrong.Reason, StringComparison.Ordinal);
        await redis.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));
    }

    [Fact]
    public async Task Error_of_every_Sentinel_is_reported()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisServer sentinel = await SentinelServers.StartSentinelAsync(redis, quorum: 2);
        int unusedPort = RedisServer.FreePort();
        RedisUrl url =
            LinkHarness.Parse($"redis://127.0.0.1:{sentinel.Port},127.0.0.1:{redis.Port},127.0.0.1:{unusedPort}").At(new RedisSentinel("other", null));

        RedisAnswer answer = await FindAsync(url);

        Assert.Equal(RedisAnswerKind.Refused, answer.Kind);
        Assert.StartsWith("no Sentinel named the master other: the Sentinel at ", answer.Reason, StringComparison.Ordinal);
        Assert.Contains($"the Sentinel at 127.0.0.1:{sentinel.Port}: does not know the master other", answer.Reason, StringComparison.Ordinal);
        Assert.Contains($"the Sentinel at 127.0.0.1:{redis.Port}: is not a Sentinel: Redis says ERR unknown command", answer.Reason, StringComparison.Ordinal);
        Assert.Contains($"the Sentinel at 127.0.0.1:{unusedPort}: connection refused", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sentinel_that_announces_host_names_is_supported()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisServer sentinel = await SentinelServers.StartSentinelAsync(
            redis, quorum: 2, null, "sentinel resolve-hostnames yes", "sentinel announce-hostnames yes");
        await using var harness = new LinkHarness(SentinelServers.UrlOf(sentinel));

        await harness.WaitUntilSubscribedAsync();

        Assert.Equal($"localhost:{redis.Port}", harness.Link.Status.Server);
    }

    /// <summary>The old primary was restarted and reports itself as primary, and one Sentinel has an outdated configuration.</summary>
    [Fact]
    public async Task Sentinel_with_the_newest_configuration_is_trusted()
    {
        await using RedisServer old = await RedisServer.StartAsync();
        await using RedisServer current = await RedisServer.StartAsync();
        using var first = new FixedSentinel(Answer(old.Port, 3));
        using var second = new FixedSentinel(Answer(current.Port, 4));
        using var third = new FixedSentinel(Answer(old.Port, 3));
        RedisUrl url = LinkHarness.Parse(
            $"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port},127.0.0.1:{third.Port}").At(new RedisSentinel(SentinelServers.Master, null));

        RedisAnswer answer = await FindAsync(url);
        await current.StopAsync();
        RedisAnswer none = await FindAsync(url);

        Assert.Equal((RedisAnswerKind.Pong, SentinelServers.AddressOf(current)), (answer.Kind, answer.Host));
        Assert.Equal(RedisAnswerKind.Unreachable, none.Kind);
        Assert.Contains($"127.0.0.1:{current.Port}: connection refused (the Sentinels name it as the master mymaster)", none.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replica_is_not_used_as_the_primary()
    {
        await using RedisServer primary = await RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true });
        await using RedisServer replica = await RedisServer.StartAsync(
            new RedisServerOptions
            {
                OnThisMachine = true,
                ExtraArguments = ["--replicaof", "127.0.0.1", primary.Port.ToString(CultureInfo.InvariantCulture), "--repl-diskless-sync-delay", "0"],
            });
        await Eventually.TrueAsync(async () => (await replica.CommandAsync("ROLE")).Contains("connected", StringComparison.Ordinal));
        using var sentinel = new FixedSentinel(Answer(replica.Port, 1));

        RedisAnswer answer = await FindAsync(LinkHarness.Parse($"redis://127.0.0.1:{sentinel.Port}").At(new RedisSentinel(SentinelServers.Master, null)));

        Assert.Equal(RedisAnswerKind.NoPrimary, answer.Kind);
        Assert.Equal(
            $"no primary: 127.0.0.1:{replica.Port}: this is a replica of 127.0.0.1:{primary.Port} (the Sentinels name it as the master mymaster)",
            answer.Reason);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak Redis")]
    [InlineData("*2\r\n$9\r\n127.0.0.1\r\n$6\r\n999999\r\n*0\r\n", "names no address")]
    [InlineData("*2\r\n$7\r\na b\u001bc/d\r\n$4\r\n6379\r\n*0\r\n", "names no address")]
    [InlineData("*1\r\n$9\r\n127.0.0.1\r\n*0\r\n", "names no address")]
    [InlineData("*999999999\r\n", "does not speak Redis")]
    [InlineData("$-1\r\n", "does not speak Redis")]
    [InlineData("", "without an answer")]
    public async Task Malformed_Sentinel_reply_is_refused_with_a_reason(string answer, string reason)
    {
        using var sentinel = new FixedSentinel(answer);

        RedisAnswer found = await FindAsync(LinkHarness.Parse($"redis://127.0.0.1:{sentinel.Port}").At(new RedisSentinel(SentinelServers.Master, null)));

        Assert.Equal(RedisAnswerKind.NotRedis, found.Kind);
        Assert.Contains(reason, found.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', found.Reason);
    }

    /// <summary>The monitor does not poll here. The Sentinel that performs the failover announces other messages than those that learn of it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Announced_failover_is_followed_whichever_Sentinel_performs_it(int leader)
    {
        await using SentinelServers sentinels = await SentinelServers.StartAsync();
        RedisUrl url = sentinels.Url;
        var watch = new RedisSentinelWatch(url, TimeProvider.System, NullLogger<RedisSentinelWatch>.Instance) { LookInterval = TimeSpan.FromDays(1) };
        await using var connection = new RedisConnection(url, Deadline, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        Task watching = watch.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => watch is { Status.Watched: not null, Primary: not null });
        Assert.Equal(sentinels.Servers[0], sentinels.ServerOf(watch.Primary));
        Assert.True((await connection.ConnectAsync(CancellationToken.None)).IsDone);
        // So that neither a role nor a closed connection shows the failover.
        await KeepPrimaryAsync(sentinels.Servers[0]);

        Assert.Equal("OK", await sentinels.Sentinels[leader].CommandAsync("SENTINEL", "FAILOVER", SentinelServers.Master));
        await Eventually.TrueAsync(() => sentinels.ServerOf(watch.Primary) != sentinels.Servers[0]);
        RedisReply<string?> port = default;
        await Eventually.TrueAsync(async () =>
        {
            port = await connection.AskAsync(async database => (string?)await database.StringGetAsync("port"), Deadline, CancellationToken.None);
            return port.IsDone && port.Value != "old";
        });

        Assert.Contains("master", await sentinels.Servers[0].CommandAsync("ROLE"), StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.Within());

        static async Task KeepPrimaryAsync(RedisServer server)
        {
            Assert.Equal("OK", await server.CommandAsync("ACL", "SETUSER", "default", "-slaveof", "-replicaof"));
            Assert.Equal("OK", await server.CommandAsync("SET", "port", "old"));
        }
    }

    private static Task<RedisAnswer> FindAsync(RedisUrl url) => RedisPreflight.FindAsync(url, Deadline, TimeProvider.System, CancellationToken.None).Within();

    /// <summary>Returns a Sentinel's reply to both queries.</summary>
    private static string Answer(int port, int epoch) => string.Create(
        CultureInfo.InvariantCulture,
        $"*2\r\n$9\r\n127.0.0.1\r\n$5\r\n{port}\r\n*4\r\n$4\r\nname\r\n$8\r\nmymaster\r\n$12\r\nconfig-epoch\r\n$1\r\n{epoch}\r\n");

    /// <summary>Replies to each connection with the same bytes, and closes it.</summary>
    private sealed class FixedSentinel : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly byte[] _answer;

        public FixedSentinel(string answer)
        {
            _answer = Encoding.UTF8.GetBytes(answer);
            _listener.Start();
            _ = ReplyToAllAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Dispose();

        private async Task ReplyToAllAsync()
        {
            try
            {
                while (true)
                {
                    using Socket socket = await _listener.AcceptSocketAsync();
                    byte[] question = new byte[1024];
                    await socket.ReceiveAsync(question);
                    await socket.SendAsync(_answer);
                    socket.Shutdown(SocketShutdown.Send);
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // The test or the peer has ended.
            }
        }
    }
}
