using System.Net.WebSockets;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>PROTOCOL.md, <i>Subprotocol</i>, <c>relay:bye</c>, and <i>Shutdown</i>: the messages before a close.</summary>
public sealed class ByeTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Bye_precedes_the_close_frame_with_a_reason_and_a_retry_delay()
    {
        RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Connections = options.Connections with { DrainWindow = TimeSpan.FromSeconds(0.3) } });
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await using SubprotocolClient other = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        Task stopped = relay.DisposeAsync().AsTask();

        SubprotocolMessage bye = await client.ReceiveAsync("relay:bye");
        Assert.Equal("shutting_down", bye.Data.GetProperty("reason").GetString());
        Assert.Equal(1001, bye.Data.GetProperty("code").GetInt32());
        Assert.True(bye.Data.GetProperty("reconnect").GetBoolean());
        Assert.InRange(bye.Data.GetProperty("retryAfterMs").GetInt32(), 0, 1300);
        Assert.Equal(1001, (await client.Socket.ReceiveCloseAsync()).Code);
        Assert.Equal(1001, (await other.Socket.ReceiveCloseAsync()).Code);
        await stopped.Within();
    }

    [Fact]
    public async Task Client_that_violates_the_protocol_is_asked_not_to_reconnect()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.Socket.SendAsync([1, 2], WebSocketMessageType.Binary);

        SubprotocolMessage bye = await client.ReceiveAsync("relay:bye");
        Assert.Equal(("binary_message", false), (bye.Data.GetProperty("reason").GetString(), bye.Data.GetProperty("reconnect").GetBoolean()));
        Assert.Equal(1003, (await client.Socket.ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task Connection_at_its_maximum_age_is_asked_to_reconnect()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Connections = options.Connections with { MaxAge = TimeSpan.FromSeconds(0.5) } });
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);

        SubprotocolMessage bye = await client.ReceiveAsync("relay:bye");
        Assert.Equal(("max_age", true), (bye.Data.GetProperty("reason").GetString(), bye.Data.GetProperty("reconnect").GetBoolean()));
        Assert.Equal(4004, (await client.Socket.ReceiveCloseAsync()).Code);
        Assert.Equal(CloseReason.MaxAge, relay.Logs.Closes.Single().Reason);
    }
}
