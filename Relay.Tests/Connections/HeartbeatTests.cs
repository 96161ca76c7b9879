using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Heartbeat</i>. Runs alone: a test that keeps a thread busy elsewhere would make a client here look dead.</summary>
[Collection(SerialTests.Name)]
public sealed class HeartbeatTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Idle_client_is_pinged_repeatedly()
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
    public async Task Client_that_answers_pings_stays_and_a_silent_one_is_closed_and_removed()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient responsive = await relay.ConnectAsync();
        Task<string> received = responsive.ReceiveAsync();
        await using RawClient silent = await relay.ConnectRawAsync();

        List<WireFrame> frames = await silent.ReadToEndAsync();

        Assert.All(frames, frame => Assert.Equal(Opcode.Ping, frame.Opcode));
        await relay.WaitForConnectionsAsync(1);
        Assert.Equal([(4000, CloseReason.NoPong)], relay.Logs.Closes);
        await publisher.PublishAsync(Numbered.Payload(1));
        Assert.Equal(1, Numbered.Of(await received));
    }

    [Fact]
    public async Task Client_that_sends_messages_instead_of_pongs_stays_connected()
    {
        await using RunningRelay relay = await StartAsync();
        await using RawClient client = await relay.ConnectRawAsync();

        // More pings than a silent client survives.
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
    public async Task Client_that_does_not_complete_the_close_is_aborted()
    {
        await using RunningRelay relay = await StartAsync(pingSeconds: 0.2);
        await using RawClient client = await relay.ConnectRawAsync();

        // Reads and sends nothing: it sees neither the pings nor the close.
        await relay.WaitForConnectionsAsync(0);

        Assert.Equal([(4000, CloseReason.NoPong)], relay.Logs.Closes);
    }

    /// <summary>Starts a relay with two seconds between pings where a client must stay connected: no test machine stalls are not expected time.</summary>
    private Task<RunningRelay> StartAsync(double pingSeconds = 2) => RunningRelay.StartAsync(
        redis.Url,
        options => options with
        {
            Connections = options.Connections with { PingInterval = TimeSpan.FromSeconds(pingSeconds), CloseTimeout = TimeSpan.FromSeconds(0.3) },
        });
}
