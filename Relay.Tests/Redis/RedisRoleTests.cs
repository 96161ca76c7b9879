using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A server that responds like Redis but delivers no events is never subscribed.</summary>
public sealed class RedisRoleTests
{
    [Fact]
    public async Task Port_of_a_Sentinel_is_reported_and_not_subscribed()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        int port = RedisServer.FreePort();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("relay-sentinel-");
        string file = Path.Combine(directory.FullName, "sentinel.conf");
        // A Sentinel persists its state in its file.
        await File.WriteAllTextAsync(
            file, string.Create(CultureInfo.InvariantCulture, $"bind 127.0.0.1\nport {port}\nsentinel monitor main 127.0.0.1 {redis.Port} 1\n"));
        using Process sentinel = Process.Start(new ProcessStartInfo("redis-server", [file, "--sentinel"]) { RedirectStandardOutput = true })!;
        try
        {
            await using var harness = new LinkHarness($"redis://127.0.0.1:{port}");

            await Eventually.TrueAsync(
                () => harness.Link.Status.Reason?.Contains("this is a Redis Sentinel", StringComparison.Ordinal) == true,
                describe: () => harness.Link.Status.ToString());

            Assert.Equal(RedisLinkStatusKind.Connecting, harness.Link.Status.Status);
        }
        finally
        {
            sentinel.Kill();
            await sentinel.WaitForExitAsync().Within();
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Replica_without_its_primary_is_lost_and_recovers_with_it()
    {
        await using RedisServer primary = await RedisServer.StartAsync();
        await using RedisServer replica = await RedisServer.StartAsync(
            new RedisServerOptions
            {
                OnThisMachine = true,
                ExtraArguments = ["--replicaof", "127.0.0.1", primary.Port.ToString(CultureInfo.InvariantCulture)],
            });
        await using var harness = new LinkHarness(replica.Url);
        await harness.WaitUntilSubscribedAsync();
        await primary.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));

        await primary.StopAsync();
        await harness.WaitUntilLostAsync();
        Assert.Contains("replica without its primary", harness.Link.Status.Reason, StringComparison.Ordinal);
        await primary.RestartAsync();
        await harness.WaitUntilSubscribedAsync();

        Assert.Equal(1, harness.Link.Swaps);
        await primary.PublishAsync("cecelia:events", "y");
        Assert.Equal(["cecelia:events y"], await harness.TakeAsync(1));
    }

    [Fact]
    public async Task Replica_without_its_primary_is_not_subscribed_at_the_start()
    {
        await using RedisServer replica = await RedisServer.StartAsync(
            new RedisServerOptions
            {
                OnThisMachine = true,
                ExtraArguments = ["--replicaof", "127.0.0.1", RedisServer.FreePort().ToString(CultureInfo.InvariantCulture)],
            });
        await using var harness = new LinkHarness(replica.Url);

        await Eventually.TrueAsync(
            () => harness.Link.Status.Reason?.Contains("replica without its primary", StringComparison.Ordinal) == true,
            describe: () => harness.Link.Status.ToString());

        Assert.Equal(RedisLinkStatusKind.Connecting, harness.Link.Status.Status);
        Assert.Equal("OK", await replica.CommandAsync("REPLICAOF", "NO", "ONE"));
        await harness.WaitUntilSubscribedAsync();
    }

    [Fact]
    public async Task Demoted_primary_is_left_for_the_new_one_and_a_gap_is_reported()
    {
        await using RedisServer first = await RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true });
        await using RedisServer second = await RedisServer.StartAsync(
            new RedisServerOptions
            {
                OnThisMachine = true,
                ExtraArguments = ["--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", first.Port.ToString(CultureInfo.InvariantCulture)],
            });
        await using var harness = new LinkHarness($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}");
        await harness.WaitUntilSubscribedAsync();
        Assert.Equal($"127.0.0.1:{first.Port}", harness.Link.Status.Server);
        // Its position in the replication is known after the first probe.
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe is not null, describe: () => harness.Link.Status.ToString());

        Assert.Equal("OK", await second.CommandAsync("REPLICAOF", "NO", "ONE"));
        await second.PublishAsync("cecelia:events", "missed");
        Assert.Equal("OK", await first.CommandAsync("REPLICAOF", "127.0.0.1", second.Port.ToString(CultureInfo.InvariantCulture)));
        await Eventually.TrueAsync(
            () => harness.Link.Swaps == 1 && harness.Link.Status.Status == RedisLinkStatusKind.Subscribed,
            describe: () => harness.Link.Status.ToString());

        Assert.Equal($"127.0.0.1:{second.Port}", harness.Link.Status.Server);
        await second.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));
    }

    /// <summary>A full copy has none of the publications that it replaces, and may complete between two probes.</summary>
    [Fact]
    public async Task Replica_that_resynchronized_fully_has_missed_events()
    {
        await using RedisServer primary = await RedisServer.StartAsync(
            new RedisServerOptions { OnThisMachine = true, ExtraArguments = ["--repl-backlog-size", "16384", "--repl-diskless-sync-delay", "0"] });
        await using RedisServer replica = await RedisServer.StartAsync(
            new RedisServerOptions
            {
                OnThisMachine = true,
                ExtraArguments = ["--replicaof", "127.0.0.1", primary.Port.ToString(CultureInfo.InvariantCulture)],
            });
        await using var harness = new LinkHarness(replica.Url);
        await harness.WaitUntilSubscribedAsync();
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe is not null);

        // In one transaction: the replica is disconnected, something is published, and the backlog is overrun.
        const string Script = "for n = 1, 300 do redis.call('SET', n, string.rep('x', 10000)) end";
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, primary.Port).Within();
            string[][] commands = [["MULTI"], ["CLIENT", "KILL", "TYPE", "replica"], ["PUBLISH", "cecelia:events", "lost"], ["EVAL", Script, "0"], ["EXEC"]];
            foreach (string[] command in commands)
            {
                RedisWire.Send(client.GetStream(), command);
                RedisWire.Receive(client.GetStream());
            }
        }

        await Eventually.TrueAsync(
            () => harness.Link.Swaps >= 1 && harness.Link.Status.Status == RedisLinkStatusKind.Subscribed,
            describe: () => $"{harness.Link.Status}\n{harness.AllLogged}");
        Assert.Contains("sync_full:2", await primary.CommandAsync("INFO", "stats"), StringComparison.Ordinal);
        harness.TakeAll();
        await primary.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));
    }

    /// <summary>The path from the primary hangs without closing the connection: no role or state shows that, only the missing traffic.</summary>
    [Fact]
    public async Task Replica_with_an_unresponsive_primary_is_lost_and_recovers_without_a_gap()
    {
        await using RedisServer primary = await RedisServer.StartAsync(
            new RedisServerOptions { OnThisMachine = true, ExtraArguments = ["--repl-ping-replica-period", "1", "--repl-diskless-sync-delay", "0"] });
        await using var path = new TcpProxy(primary.Port);
        await using RedisServer replica = await RedisServer.StartAsync(
            new RedisServerOptions
            {
                OnThisMachine = true,
                ExtraArguments = ["--replicaof", "127.0.0.1", path.Port.ToString(CultureInfo.InvariantCulture), "--repl-timeout", "600"],
            });
        await using var harness = new LinkHarness(LinkHarness.Parse(replica.Url), options: new RedisOptions { ReplicaSilence = TimeSpan.FromSeconds(4) });
        await harness.WaitUntilSubscribedAsync();
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe is not null);

        path.Stall();
        DateTimeOffset stalled = TimeProvider.System.GetUtcNow();
        await primary.PublishAsync("cecelia:events", "late");
        RedisLinkStatus lost = harness.Link.Status;
        await Eventually.TrueAsync(
            () => (lost = harness.Link.Status).Reason?.Contains("has received nothing from its primary", StringComparison.Ordinal) == true,
            describe: () => lost.ToString());
        path.Resume();
        await harness.WaitUntilSubscribedAsync();

        Assert.Equal(RedisLinkStatusKind.Lost, lost.Status);
        Assert.True(lost.LastProbe < stalled);
        Assert.Equal(["cecelia:events late"], await harness.TakeAsync(1));
        Assert.Equal(0, harness.Link.Swaps);
    }

    [Fact]
    public async Task Server_that_permits_neither_ROLE_nor_INFO_is_subscribed_and_its_role_is_unknown()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "default", "-role", "-info");
        await using var harness = new LinkHarness(redis.Url);

        await harness.WaitUntilSubscribedAsync();
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe is not null);
        Assert.Equal("unknown", harness.Link.Status.Role.ToString());

        await redis.CommandAsync("ACL", "SETUSER", "default", "+info");
        await Eventually.TrueAsync(() => harness.Link.Status.Role.ToString() == "a primary");
        Assert.Equal(0, harness.Link.Swaps);
    }

    [Fact]
    public void Replica_is_parsed_from_both_replies()
    {
        const string Info = "# Replication\r\nrole:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n"
            + "master_link_status:up\r\nmaster_last_io_seconds_ago:3\r\n"
            + "slave_repl_offset:500\r\nrepl_backlog_size:1000\r\nrepl_backlog_first_byte_offset:401\r\nrepl_backlog_histlen:100\r\n";
        var both = RedisRole.Read(["slave", "10.0.0.1", "6379", "connected"], Info);
        var byInfo = RedisRole.Read([], Info);
        var byRole = RedisRole.Read(["slave", "10.0.0.1", "6379", "sync"], null);

        Assert.Equal("a replica of 10.0.0.1:6379", both.ToString());
        Assert.Equal(TimeSpan.FromSeconds(3), both.Silence);
        Assert.Equal(both with { Link = "up" }, byInfo);
        Assert.Null(both.FindFault() ?? byInfo.FindFault() ?? byRole.FindStall(TimeSpan.FromSeconds(12)));
        Assert.Contains("sync", byRole.FindFault(), StringComparison.Ordinal);
        Assert.Contains(
            "without its primary", RedisRole.Read([], Info.Replace(":up", ":down", StringComparison.Ordinal)).FindFault(), StringComparison.Ordinal);
        Assert.Equal("unknown", RedisRole.Read([], null).ToString());
    }

    /// <summary>Offsets in bytes of the primary's output: the applied offset, the start of the backlog, and how much of it a backlog of 1,000 holds.</summary>
    [Theory]
    [InlineData(500, 401, 100, 600, 401, 200, false)]
    [InlineData(500, 401, 100, 900, 601, 300, true)]
    [InlineData(500, 401, 100, 9000, 8001, 1000, false)]
    [InlineData(500, 501, 0, 600, 501, 100, false)]
    public void Full_copy_is_detected_by_a_backlog_that_begins_after_the_applied_offset(
        long applied,
        long begin,
        long held,
        long laterApplied,
        long laterBegin,
        long laterHeld,
        bool isFullCopy)
    {
        RedisRole earlier = Replica(applied, begin, held);
        RedisRole later = Replica(laterApplied, laterBegin, laterHeld);

        Assert.Equal(isFullCopy, later.FindChange(earlier) is not null);
        Assert.Null(later.FindChange(RedisRole.Unknown));
        Assert.NotNull(later.FindChange(new RedisRole(RedisRoleKind.Primary)));

        static RedisRole Replica(long applied, long begin, long held) => RedisRole.Read(
            ["slave", "10.0.0.1", "6379", "connected"],
            string.Create(
                CultureInfo.InvariantCulture,
                $"slave_repl_offset:{applied}\nrepl_backlog_size:1000\nrepl_backlog_first_byte_offset:{begin}\nrepl_backlog_histlen:{held}\n"));
    }
}
