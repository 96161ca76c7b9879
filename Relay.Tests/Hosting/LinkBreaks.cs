namespace Cecelia.Relay.Tests.Hosting;

/// <summary>Breaks every connection of a Redis, and waits until events come through again.</summary>
internal static class LinkBreaks
{
    private static int s_marker;

    /// <summary>
    /// Returns when the client has got an event that was published after the break: by a connection that is made after it, since those before are dead. So
    /// nothing that is published from then on is lost. The client may get further events with the same number, which is below zero, afterwards.
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
            Patience.Limit);
        await healed;
    }

    private static async Task ReceiveAsync(TestClient client, int marker)
    {
        while (Numbered.Of(await client.ReceiveAsync()) != marker)
        {
            // Of an earlier break.
        }
    }
}
