namespace Cecelia.Relay.Tests.Hosting;

/// <summary>Breaks every connection of a Redis, and waits until events are delivered again.</summary>
internal static class LinkBreaks
{
    private static int s_marker;

    /// <summary>
    /// Completes when the client has received an event that was published after the break. It was delivered by a new connection, since the earlier ones are
    /// closed, so events published from then on are not lost. The client may get further events with the same number, which is negative, afterwards.
    /// </summary>
    public static async Task BreakAsync(RedisServer redis, TestClient client)
    {
        int marker = Interlocked.Decrement(ref s_marker);
        await redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
        Task healed = ReceiveAsync(client, marker);
        await Eventually.TrueAsync(
            async () =>
            {
                await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(marker));
                return healed.IsCompleted;
            },
            TestTimeouts.Default);
        await healed;
    }

    private static async Task ReceiveAsync(TestClient client, int marker)
    {
        while (Numbered.Of(await client.ReceiveAsync()) != marker)
        {
            // From an earlier break.
        }
    }
}
