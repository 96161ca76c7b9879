using System.Net;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>The documents' <i>100 connects and disconnects leave nothing behind</i>: connections, sockets and memory.</summary>
[Collection(SerialTests.Name)]
public sealed class LeakTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Hundred_connects_and_disconnects_leak_nothing()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await ConnectAndDisconnectAsync(relay, publisher, 100);
        int socketsBefore = await SettledSocketsAsync();
        long memoryBefore = Memory();

        await ConnectAndDisconnectAsync(relay, publisher, 100);
        await ConnectAndDisconnectAsync(relay, publisher, TestLength.Times(100));

        Assert.Equal(0, relay.Connections);
        await Eventually.TrueAsync(
            () => Sockets() <= socketsBefore + 2,
            TestTimeouts.Default,
            () => $"{Sockets()} sockets are open, {socketsBefore} were before");
        // A leaked connection would hold its request, its buffers and its pipes: about 10 KB each, 2 MB in all.
        // (The ingest thread returns what it still holds within a second.)
        await Eventually.TrueAsync(() => Memory() - memoryBefore < 1_000_000, TestTimeouts.Default, () => $"{Memory() - memoryBefore} bytes more than before");
        Assert.InRange(relay.Get<SegmentPool>().RentedBytes, 0, 2 * SegmentPool.LargestBytes);
    }

    /// <summary>deploy/CONFIGURATION.md, CECELIA_SOCKETS: a connection over Kestrel's sockets holds 12 KB, without a buffer that is still rented.</summary>
    [Theory]
    [InlineData("/ws")]
    [InlineData("/events")]
    public async Task Idle_connection_holds_nothing_of_its_request(string path)
    {
        const int Connections = 400;
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url, options => options with { Connections = options.Connections with { Sockets = SocketTransport.Epoll } });
        byte[] request = Encoding.ASCII.GetBytes(path == "/ws" ? RawClient.UpgradeRequest() : $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        var sockets = new List<Socket>();
        await OpenAsync(Connections);
        long before = Memory();

        await OpenAsync(2 * Connections);

        await Eventually.TrueAsync(
            () => Memory() - before < Connections * 5000, TestTimeouts.Default, () => $"{(Memory() - before) / Connections} bytes for each connection");
        foreach (Socket socket in sockets) socket.Dispose();
        await relay.WaitForConnectionsAsync(0);

        async Task OpenAsync(int count)
        {
            while (sockets.Count < count)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, relay.Port).Within();
                await socket.SendAsync(request).WaitAsync(TestTimeouts.Default);
            }

            await relay.WaitForConnectionsAsync(count);
        }
    }

    private static async Task ConnectAndDisconnectAsync(RunningRelay relay, EventPublisher publisher, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await using TestClient client = await relay.ConnectAsync();
            await publisher.PublishAsync(Numbered.Payload(i));
            Assert.Equal(i, Numbered.Of(await client.ReceiveAsync()));
            if (i % 2 == 0) await client.CloseAsync();
            else client.Abort();
        }

        await relay.WaitForConnectionsAsync(0);
    }

    private static async Task<int> SettledSocketsAsync()
    {
        int last = -1;
        // Sockets that were closed a moment ago are still being released.
        await Eventually.TrueAsync(() => last == (last = Sockets()));
        return last;
    }

    private static int Sockets() => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Count(path => new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    private static long Memory()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
