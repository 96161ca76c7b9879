using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

public sealed class EmbeddedRedisTests
{
    [Fact]
    public async Task Published_event_reaches_the_link()
    {
        using EmbeddedRedis redis = EmbeddedRedis.Start(0);
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(redis.Url);

        for (int i = 0; i < 100; i++) await publisher.PublishAsync(i % 2 == 0 ? "cecelia:events" : "cecelia:events:x", [(byte)('a' + (i % 26))]);

        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => $"{(i % 2 == 0 ? "cecelia:events" : "cecelia:events:x")} {(char)('a' + (i % 26))}"),
            await harness.TakeAsync(100));
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe is not null);
        Assert.DoesNotContain(harness.Logged, entry => entry.Level > Microsoft.Extensions.Logging.LogLevel.Information);
    }

    [Fact]
    public async Task Preferred_port_is_used_if_free_and_another_one_otherwise()
    {
        int port = RedisServer.FreePort();

        using EmbeddedRedis first = EmbeddedRedis.Start(port);
        using EmbeddedRedis second = EmbeddedRedis.Start(port);

        Assert.Equal(port, first.Port);
        Assert.NotEqual(port, second.Port);
        Assert.True(await RedisDiscovery.AnswersAsync("127.0.0.1", first.Port, TimeSpan.FromSeconds(10)));
        Assert.True(await RedisDiscovery.AnswersAsync("127.0.0.1", second.Port, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Disposed_server_refuses_connections()
    {
        EmbeddedRedis redis = EmbeddedRedis.Start(0);
        redis.Dispose();

        Assert.False(await RedisDiscovery.AnswersAsync("127.0.0.1", redis.Port, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Discovery_finds_a_Redis_with_a_password()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Password = "x" });

        Assert.True(await RedisDiscovery.AnswersAsync("127.0.0.1", redis.Port, TimeSpan.FromSeconds(10)));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("220 mail.example ESMTP\r\n")]
    [InlineData("")]
    public async Task Discovery_rejects_another_server(string greeting)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, System.Text.Encoding.ASCII.GetBytes(greeting));

        Assert.False(await RedisDiscovery.AnswersAsync("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, TimeSpan.FromSeconds(10)));
        await serving.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Discovery_stops_reading_an_endless_line()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, new byte[64 * 1024 * 1024]);

        Assert.False(await RedisDiscovery.AnswersAsync("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, TimeSpan.FromSeconds(10)));
        await serving.WaitAsync(TimeSpan.FromSeconds(5));
    }

    private static async Task ServeAsync(TcpListener listener, byte[] greeting)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        try
        {
            await client.GetStream().ReadExactlyAsync(new byte[14]);
            await client.GetStream().WriteAsync(greeting);
        }
        catch (IOException)
        {
            // The peer has stopped reading.
        }
    }
}
