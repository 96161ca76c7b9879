using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>PROTOCOL.md, <i>Shutdown</i>, and deploy/OPERATIONS.md, <i>Exit codes</i>: the relay as a process, and its log.</summary>
public sealed class ProcessTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Termination_signal_closes_clients_and_exits_with_0(bool terminate)
    {
        await using RelayProcess relay = RelayProcess.Start(RedisServer.FreePort(), ("CECELIA_REDIS_URL", redis.Url.ToString()));
        await relay.ReadyAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient client = await TestClient.ConnectAsync(relay.WebSocket);
        await publisher.PublishAsync(Numbered.Payload(1));
        Assert.Equal(1, Numbered.Of(await client.ReceiveAsync()));

        if (terminate) relay.Terminate();
        else relay.Interrupt();

        Assert.Empty(await client.ReceiveToEndAsync());
        Assert.True(await relay.ExitAsync() == 0, relay.Output);
        // Not a terminal: every line is a JSON object.
        string[] lines = relay.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => JsonDocument.Parse(line));
        Assert.DoesNotContain(lines, line => line.Contains("\"Error\"", StringComparison.Ordinal) || line.Contains("\"Critical\"", StringComparison.Ordinal));
        Assert.Contains(
            lines,
            line => line.Contains(relay.WebSocket.ToString(), StringComparison.Ordinal) && line.Contains("/metrics", StringComparison.Ordinal));
    }

    /// <summary>
    /// By default a host watches all folders below the current one. In a large tree that took 0.5 s at the start, and the inotify watches of the user.
    /// </summary>
    [Fact]
    public async Task Relay_does_not_watch_the_folders_below_the_current_one()
    {
        await using RelayProcess relay = RelayProcess.Start(RedisServer.FreePort(), ("CECELIA_REDIS_URL", redis.Url.ToString()));
        await relay.ReadyAsync();

        string?[] open = [.. new DirectoryInfo($"/proc/{relay.Id}/fd").EnumerateFileSystemInfos().Select(descriptor => descriptor.LinkTarget)];

        Assert.Contains(open, target => target?.StartsWith("socket:", StringComparison.Ordinal) == true);
        Assert.DoesNotContain(open, target => target?.Contains("inotify", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Errors_in_the_settings_are_all_reported_and_exit_with_2()
    {
        await using RelayProcess relay = RelayProcess.Start(RedisServer.FreePort(), ("CECELIA_REDIS_URL", "http://nope"), ("CECELIA_MAX_FRAGMENTS", "many"));

        Assert.Equal(2, await relay.ExitAsync());

        Assert.Contains("CECELIA_REDIS_URL", relay.Output, StringComparison.Ordinal);
        Assert.Contains("CECELIA_MAX_FRAGMENTS", relay.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_in_use_is_reported_and_exits_with_1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using RelayProcess relay = RelayProcess.Start(((IPEndPoint)taken.LocalEndpoint).Port, ("CECELIA_REDIS_URL", redis.Url.ToString()));

        Assert.Equal(1, await relay.ExitAsync());

        string line = Assert.Single(relay.Output.Split('\n'), line => line.Contains("another process uses this port", StringComparison.Ordinal));
        Assert.Contains("CECELIA_WS_PORT", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Hosting failed to start", relay.Output, StringComparison.Ordinal);
    }

    /// <summary>The relay crashed with FileNotFoundException.</summary>
    [Fact]
    public async Task Deleted_working_directory_is_reported_with_exit_code_2()
    {
        await using RelayProcess relay = RelayProcess.StartIn(
            "directory=$(mktemp -d) && cd \"$directory\" && rmdir \"$directory\" && exec \"$@\"", RedisServer.FreePort());

        Assert.True(await relay.ExitAsync() == 2, relay.Output);

        Assert.Contains("The working directory no longer exists", relay.Output, StringComparison.Ordinal);
    }
}
