using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Heartbeat</i>. Alone: a test that keeps a thread busy elsewhere would make a client here look dead.</summary>
[Collection(Alone.Name)]
public sealed class HeartbeatTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Idle_client_is_pinged_again_and_again()
    {
        await using RunningRelay relay = await StartAsync();
        await using RawClient client = await relay.ConnectRawAsync();

        for (int i = 0; i < 3; i++)
        {
            WireFrame? ping = await client.ReadAsync();
            Assert.Equal(Opcode.Ping, ping!.Opcode);
            await client.SendAsync(new WireFrame(Opcode.Pong, ping.Payload));
        }

        Assert.Equal(1, relay.Connections);
    }

    [Fact]
    public async Task Client_that_answers_pings_stays_while_a_mute_one_is_closed_and_swept()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient answers = await relay.ConnectAsync();
        Task<string> received = answers.ReceiveAsync();
        await using RawClient mute = await relay.ConnectRawAsync();

        List<WireFrame> frames = await mute.ReadToEndAsync();

        Assert.All(frames, frame => Assert.Equal(Opcode.Ping, frame.Opcode));
        await relay.HasConnectionsAsync(1);
        Assert.Equal([(4000, CloseReason.NoPong)], relay.Logs.Closes);
        await publisher.PublishAsync(Numbered.Payload(1));
        Assert.Equal(1, Numbered.Of(await received));
    }

    [Fact]
    public async Task Client_that_sends_anything_else_than_pongs_is_alive_too()
    {
        await using RunningRelay relay = await StartAsync();
        await using RawClient client = await relay.ConnectRawAsync();

        // More pings than a silent client would live to see.
        for (int pings = 0; pings < 3;)
        {
            WireFrame? frame = await client.ReadAsync();
            if (frame!.Opcode == Opcode.Ping)
            {
                pings++;
                await client.SendAsync(WireFrame.OfText("""{"type":"ping"}"""));
            }
            else
            {
                Assert.Equal("""{"type":"pong"}""", frame.Text);
            }
        }

        Assert.Equal(1, relay.Connections);
    }

    [Fact]
    public async Task Client_that_does_not_close_is_cut()
    {
        await using RunningRelay relay = await StartAsync(pingSeconds: 0.2);
        await using RawClient client = await relay.ConnectRawAsync();

        // Reads nothing and says nothing: neither the pings nor the end get through to anybody.
        await relay.HasConnectionsAsync(0);

        Assert.Equal([(4000, CloseReason.NoPong)], relay.Logs.Closes);
    }

    /// <summary>Two seconds where a client has to stay: a machine that stops for twice that is no test machine.</summary>
    private Task<RunningRelay> StartAsync(double pingSeconds = 2) => RunningRelay.StartAsync(
        redis.Url,
        options => options with { Connections = options.Connections with { PingInterval = TimeSpan.FromSeconds(pingSeconds), CloseTimeout = TimeSpan.FromSeconds(0.3) } });
}
