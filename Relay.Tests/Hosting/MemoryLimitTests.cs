using System.Globalization;
using System.Text.Json;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>
/// At a heap limit of 256 MB, with 2,000 tasks of 20 KB each and 20 stalled clients, the copy for the next instance threw OutOfMemoryException and the relay
/// ended itself with exit code 0.
/// </summary>
[Collection(SerialTests.Name)]
public sealed class MemoryLimitTests
{
    private const int Tasks = 2000;
    private const int FrozenClients = 20;
    private const int BreakEvery = 400;
    private static readonly string Padding = new('x', 15_500);

    [Fact]
    public async Task Relay_at_its_heap_limit_serves_keeps_its_copy_and_recovers_from_every_break_of_the_link()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RelayProcess relay = RelayProcess.Start(RedisServer.FreePort(), ("CECELIA_REDIS_URL", redis.Url), ("DOTNET_GCHeapHardLimit", "10000000"));
        await relay.ReadyAsync();
        var frozen = new List<RawClient>();
        for (int i = 0; i < FrozenClients; i++)
        {
            frozen.Add(await RawClient.ConnectAsync(relay.Port, receiveBufferBytes: 4096));
            await frozen[^1].UpgradeAsync();
        }

        await using TestClient client = await TestClient.ConnectAsync(relay.WebSocket);
        var random = new Random(7);
        for (int first = 0; first < Tasks; first += BreakEvery)
        {
            await using (EventPublisher publisher = await EventPublisher.ConnectAsync(RedisUrl.For("127.0.0.1", redis.Port)))
            {
                await publisher.PublishAsync(Enumerable.Range(first, BreakEvery).Select(n => Payload(n, random)));
            }

            for (int n = first; n < first + BreakEvery; n++) Assert.Equal(n, await NextAsync(client));
            await LinkBreaks.BreakAsync(redis, client);
        }

        // A copy made of all tasks, not of the first ones.
        await redis.CommandAsync("DEL", "cecelia:relay:handoff:kept");
        await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(Tasks));
        await Eventually.TrueAsync(
            async () =>
            {
                // Fails if the process has exited.
                await relay.ReadyAsync();
                string kept = await redis.CommandAsync("GET", "cecelia:relay:handoff:kept");
                // The number of its pieces of 256 KiB each.
                return kept.StartsWith("pieces ", StringComparison.Ordinal) && int.Parse(kept.Split(' ')[2], CultureInfo.InvariantCulture) > 2;
            },
            TestTimeouts.Default,
            () => relay.Output);
        JsonElement status = (await relay.StatusAsync())!.Value;
        Assert.InRange(status.GetProperty("memory").GetProperty("bounds_bytes").GetInt64(), 1, 256L * 1024 * 1024 * 60 / 100);
        Assert.Equal(8, status.GetProperty("memory").GetProperty("scaled").GetArrayLength());
        foreach (RawClient one in frozen) await one.DisposeAsync();

        relay.Terminate();
        Assert.True(await relay.ExitAsync() == 0, relay.Output);
    }

    [Fact]
    public async Task Bounds_that_do_not_fit_the_heap_limit_are_refused_with_exit_code_2()
    {
        await using RelayProcess relay = RelayProcess.Start(
            RedisServer.FreePort(), ("DOTNET_GCHeapHardLimit", "10000000"), ("CECELIA_STATE_BYTES", "1073741824"), ("CECELIA_MAX_FRAGMENTS", "many"));

        Assert.Equal(2, await relay.ExitAsync());

        Assert.Contains("CECELIA_STATE_BYTES 1024 MiB = 1024 MiB", relay.Output, StringComparison.Ordinal);
        Assert.Contains("153.6 MiB", relay.Output, StringComparison.Ordinal);
        Assert.Contains("CECELIA_MAX_FRAGMENTS", relay.Output, StringComparison.Ordinal);
    }

    /// <summary>Returns a payload of 20 KB. Most of it compresses well, so that the compressed state fits.</summary>
    private static string Payload(int n, Random random)
    {
        byte[] noise = new byte[3000];
        random.NextBytes(noise);
        return $$$"""{"event":"number","data":{"taskId":"t{{{n}}}","n":{{{n}}},"noise":"{{{Convert.ToBase64String(noise)}}}","padding":"{{{Padding}}}"}}""";
    }

    /// <summary>Returns the number of the next event that is not from <see cref="LinkBreaks"/>.</summary>
    private static async Task<int> NextAsync(TestClient client)
    {
        int number;
        do number = Numbered.Of(await client.ReceiveAsync());
        while (number < 0);
        return number;
    }
}
