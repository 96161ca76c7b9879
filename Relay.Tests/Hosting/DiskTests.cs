using System.Diagnostics;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>The relay needs no disk: it writes only its log, and survives a failure to write it.</summary>
public sealed class DiskTests
{
    [Fact]
    public Task Relay_with_its_log_on_a_full_disk_serves_and_recovers() => AssertServesAsync("exec \"$@\" >/dev/full 2>/dev/full");

    [Fact]
    public Task Relay_with_closed_standard_output_serves_and_recovers() => AssertServesAsync("exec \"$@\" >&- 2>&-");

    [Fact]
    public async Task Relay_in_a_full_read_only_directory_serves_and_recovers()
    {
        string directory = Directory.CreateTempSubdirectory("relay-disk-").FullName;
        // A file system of its own, full and read-only, where mounting is allowed; elsewhere paths below which nothing can be created.
        bool isMounted = await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory) == 0;
        try
        {
            string folder = isMounted ? directory : Path.Combine(directory, "file");
            if (isMounted)
            {
                await RunAsync("dd", "if=/dev/zero", $"of={directory}/full", "bs=1k", "count=100");
                Assert.Equal(0, await RunAsync("mount", "-o", "remount,ro", directory));
            }
            else
            {
                await File.WriteAllTextAsync(folder, "");
                Assert.Equal(0, await RunAsync("chmod", "a-w", directory));
            }

            await AssertServesAsync($"cd '{directory}'; TMPDIR='{folder}' HOME='{folder}' exec \"$@\"");
        }
        finally
        {
            if (isMounted) Assert.Equal(0, await RunAsync("umount", directory));
            else Assert.Equal(0, await RunAsync("chmod", "u+w", directory));
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Errors_that_cannot_be_written_still_exit_with_2()
    {
        await using RelayProcess relay = RelayProcess.StartIn("exec \"$@\" >/dev/full 2>/dev/full", RedisServer.FreePort(), ("CECELIA_MAX_FRAGMENTS", "many"));

        Assert.Equal(2, await relay.ExitAsync());
    }

    [Fact]
    public async Task Command_with_closed_output_exits_with_1()
    {
        await using RelayProcess relay = RelayProcess.StartIn("exec \"$@\" check >&-", RedisServer.FreePort());

        Assert.True(await relay.ExitAsync() == 1, relay.Output);
        Assert.DoesNotContain("Unhandled", relay.Output, StringComparison.Ordinal);
    }

    /// <param name="script">A shell script in which "$@" is the relay.</param>
    private static async Task AssertServesAsync(string script)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RelayProcess relay = RelayProcess.StartIn(script, RedisServer.FreePort(), ("CECELIA_REDIS_URL", redis.Url));
        await relay.ReadyAsync();
        await using TestClient client = await TestClient.ConnectAsync(relay.WebSocket);

        for (int i = 0; i < 3; i++) await LinkBreaks.BreakAsync(redis, client);

        relay.Terminate();
        Assert.True(await relay.ExitAsync() == 0, relay.Output);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync(), process.WaitForExitAsync()).Within();
        return process.ExitCode;
    }
}
