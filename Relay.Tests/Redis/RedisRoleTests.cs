using System.Diagnostics;
using System.Globalization;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>What answers like a Redis but delivers no events is never subscribed.</summary>
public sealed class RedisRoleTests
{
    [Fact]
    public async Task Port_of_a_sentinel_is_named_and_never_subscribed()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        int port = RedisServer.FreePort();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("relay-sentinel-");
        string file = Path.Combine(directory.FullName, "sentinel.conf");
        // A Sentinel writes what it finds out into its file.
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"bind 127.0.0.1\nport {port}\nsentinel monitor main 127.0.0.1 {redis.Port} 1\n"));
        using Process sentinel = Process.Start(new ProcessStartInfo("redis-server", [file, "--sentinel"]) { RedirectStandardOutput = true })!;
        try
        {
            await using var harness = new LinkHarness($"redis://127.0.0.1:{port}");

            await Eventually.TrueAsync(() => harness.Link.Status.Reason?.Contains("this is a Redis Sentinel", StringComparison.Ordinal) == true, describe: () => harness.Link.Status.ToString());

            Assert.Equal(RedisLinkState.Connecting, harness.Link.Status.State);
        }
        finally
        {
            sentinel.Kill();
            await sentinel.WaitForExitAsync().Within();
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Replica_that_loses_its_primary_is_lost_and_heals_with_it()
    {
        await using RedisServer primary = await RedisServer.StartAsync();
        await using RedisServer replica = await RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true, ExtraArguments = ["--replicaof", "127.0.0.1", primary.Port.ToString(CultureInfo.InvariantCulture)] });
        await using var harness = new LinkHarness(replica.Url);
        await harness.SubscribedAsync();
        await primary.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));

        await primary.StopAsync();
        await harness.LostAsync();
        Assert.Contains("replica without its primary", harness.Link.Status.Reason, StringComparison.Ordinal);
        await primary.RestartAsync();
        await harness.SubscribedAsync();

        Assert.Equal(1, harness.Link.Swaps);
        await primary.PublishAsync("cecelia:events", "y");
        Assert.Equal(["cecelia:events y"], await harness.TakeAsync(1));
    }

    [Fact]
    public async Task Replica_without_its_primary_is_not_subscribed_at_the_start()
    {
        await using RedisServer replica = await RedisServer.StartAsync(
            new RedisServerOptions { OnThisMachine = true, ExtraArguments = ["--replicaof", "127.0.0.1", RedisServer.FreePort().ToString(CultureInfo.InvariantCulture)] });
        await using var harness = new LinkHarness(replica.Url);

        await Eventually.TrueAsync(() => harness.Link.Status.Reason?.Contains("replica without its primary", StringComparison.Ordinal) == true, describe: () => harness.Link.Status.ToString());

        Assert.Equal(RedisLinkState.Connecting, harness.Link.Status.State);
        Assert.Equal("OK", await replica.CommandAsync("REPLICAOF", "NO", "ONE"));
        await harness.SubscribedAsync();
    }

    [Fact]
    public async Task Primary_that_becomes_a_replica_is_left_for_the_new_one_and_what_was_missed_is_told()
    {
        await using RedisServer first = await RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true });
        await using RedisServer second = await RedisServer.StartAsync(
            new RedisServerOptions { OnThisMachine = true, ExtraArguments = ["--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", first.Port.ToString(CultureInfo.InvariantCulture)] });
        await using var harness = new LinkHarness($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}");
        await harness.SubscribedAsync();
        Assert.Equal($"127.0.0.1:{first.Port}", harness.Link.Status.Server);
        // Its place in the replication is known with the first probe.
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe is not null, describe: () => harness.Link.Status.ToString());

        Assert.Equal("OK", await second.CommandAsync("REPLICAOF", "NO", "ONE"));
        await second.PublishAsync("cecelia:events", "missed");
        Assert.Equal("OK", await first.CommandAsync("REPLICAOF", "127.0.0.1", second.Port.ToString(CultureInfo.InvariantCulture)));
        await Eventually.TrueAsync(() => harness.Link.Swaps == 1 && harness.Link.Status.State == RedisLinkState.Subscribed, describe: () => harness.Link.Status.ToString());

        Assert.Equal($"127.0.0.1:{second.Port}", harness.Link.Status.Server);
        await second.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));
    }
}
