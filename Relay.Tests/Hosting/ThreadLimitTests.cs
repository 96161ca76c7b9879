using System.Globalization;
using System.Text.Json;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>
/// A relay that cannot start a thread, as at a container's limit of processes. Lowering the limit of the running process makes that exact; counting the
/// threads it needs would depend on the machine.
/// </summary>
public sealed class ThreadLimitTests
{
    private const int Requests = 100;

    [Fact]
    public async Task Links_that_break_at_the_thread_limit_lose_no_client_and_recover_when_threads_are_available()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RelayProcess relay = RelayProcess.StartUnprivileged(RedisServer.FreePort(), threads: 0, ("CECELIA_REDIS_URL", redis.Url));
        await relay.ReadyAsync();
        await using TestClient plain = await TestClient.ConnectAsync(relay.WebSocket);
        await using SubprotocolClient rich = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(1));
        Assert.Equal(1, Numbered.Of(await plain.ReceiveAsync()));
        Assert.Equal(1, (await rich.ReceiveAsync(null)).Number);

        relay.ForbidThreads();
        for (int i = 0; i < 3; i++)
        {
            string since = await LinkSinceAsync(relay);
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
            // Enough at once that the thread pool tries to add a thread.
            await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => relay.StatusAsync()));
            // Lost, or already reconnected, which needs no thread if the library has enough.
            await Eventually.TrueAsync(
                async () => await LinkSinceAsync(relay) is var now && (now != since || now.StartsWith("lost", StringComparison.Ordinal)),
                TestTimeouts.Default,
                () => relay.Output);
        }

        await plain.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await plain.ReceiveAsync());
        Assert.True(relay.IsRunning, relay.Output);

        relay.AllowThreads();
        await relay.ReadyAsync();
        await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(2));

        Assert.Equal(2, Numbered.Of(await plain.ReceiveAsync()));
        Assert.Contains("redis_lost", (await rich.ReceiveEventOrGapAsync()).Text, StringComparison.Ordinal);
        Assert.Equal(2, (await rich.ReceiveAsync(null)).Number);
        relay.Terminate();
        Assert.Equal(0, await relay.ExitAsync());
        Assert.DoesNotContain("\"Critical\"", relay.Output, StringComparison.Ordinal);
    }

    /// <param name="threads">With 80 the thread pool has its threads and the pumps do not; with 30 the thread pool does not.</param>
    [Theory]
    [InlineData(80)]
    [InlineData(30)]
    public async Task Start_without_enough_threads_reports_the_cause_and_exits_with_70(int threads)
    {
        await using RelayProcess relay = RelayProcess.StartUnprivileged(
            RedisServer.FreePort(), threads, ("CECELIA_REDIS_URL", "redis://127.0.0.1:1"), ("CECELIA_PUMP_THREADS", "200"));

        Assert.True(await relay.ExitAsync() == 70, relay.Output);

        Assert.Contains(
            relay.Output.Split('\n'),
            line => line.Contains("\"Critical\"", StringComparison.Ordinal) && line.Contains(nameof(OutOfMemoryException), StringComparison.Ordinal));
    }

    private static async Task<string> LinkSinceAsync(RelayProcess relay)
    {
        JsonElement status = (await relay.StatusAsync() ?? throw new InvalidOperationException(relay.Output)).GetProperty("redis");
        return string.Create(CultureInfo.InvariantCulture, $"{status.GetProperty("state").GetString()} {status.GetProperty("since").GetString()}");
    }
}
