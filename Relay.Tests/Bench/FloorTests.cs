using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Bench.Floor;
using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Tests.Bench;

/// <summary>The floor that the relay is compared with, under the benchmark's own load.</summary>
public sealed class FloorTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 200)]
    [InlineData(true, 70_000)]
    public async Task Every_client_receives_each_event_once_and_in_order(bool isBatched, int bytes)
    {
        string channel = $"floor:{Guid.NewGuid():N}";
        var address = new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)redis.Url.Hosts[0]).Port);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(100);
        using var floor = new FloorServer(address, channel, isBatched);
        var subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepting = new Thread(() => Assert.ThrowsAny<SocketException>(() => floor.Accept(listener))) { IsBackground = true };
        var sending = new Thread(() => floor.Run(subscribed.SetResult)) { IsBackground = true };
        accepting.Start();
        sending.Start();
        await subscribed.Task.Within();

        LoadResult result = await new LoadRun(
            new LoadPlan
            {
                Relay = new Uri($"ws://{listener.LocalEndPoint}/"),
                Redis = redis.Url,
                Channel = channel,
                Clients = 5,
                Window = 16,
                EventBytes = bytes,
                WarmUp = TimeSpan.Zero,
                Duration = TimeSpan.FromMilliseconds(300),
            },
            new ProgressLine()).RunAsync(CancellationToken.None).Within();

        Assert.True(result.IsGood, result.ToString());
        Assert.True(result.Deliveries > 0);
        listener.Dispose();
    }
}
