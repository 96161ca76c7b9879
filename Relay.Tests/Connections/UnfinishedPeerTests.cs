using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Tests.Delivery;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>Silent, slow and half-finished peers hold no resources for longer than a deadline, and their input after a violation has no effect.</summary>
public sealed class UnfinishedPeerTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    /// <summary>The point within a message at which a client stops sending.</summary>
    public enum Part
    {
        Header,
        Payload,
        Fragment,
        FragmentThenPing,
        ControlPayload,
    }

    [Theory]
    [InlineData(Part.Header)]
    [InlineData(Part.Payload)]
    [InlineData(Part.Fragment)]
    [InlineData(Part.FragmentThenPing)]
    [InlineData(Part.ControlPayload)]
    public async Task Message_not_finished_in_time_closes_the_connection(Part part)
    {
        await using RunningRelay relay =
            await StartAsync(connections => connections with { MessageTimeout = TimeSpan.FromSeconds(0.5), PingInterval = TimeSpan.Zero });
        await using RawClient idle = await relay.ConnectRawAsync();
        await using RawClient client = await relay.ConnectRawAsync();
        byte[] ping = WireFrame.OfText("""{"type":"ping"}""").ToBytes();

        await idle.SendAsync(ping);
        await client.SendAsync(part switch
        {
            Part.Header => [.. ping, .. ping[..1]],
            Part.Payload => [.. ping, .. ping[..^1]],
            Part.ControlPayload => new WireFrame(Opcode.Ping, [1, 2, 3]).ToBytes()[..^1],
            _ => new WireFrame(Opcode.Text, new byte[1000]) { Final = false }.ToBytes(),
        });
        if (part == Part.FragmentThenPing) await client.SendAsync(new WireFrame(Opcode.Ping, []));

        WireFrame close = await client.ReadMessageAsync();
        while (close.Opcode != Opcode.Close) close = await client.ReadMessageAsync();
        Assert.Equal(1008, close.CloseCode);
        // A client that finished its message stays connected, however long it is silent.
        await idle.SendAsync(ping);
        Assert.Equal(Opcode.Text, (await idle.ReadMessageAsync()).Opcode);
        Assert.Equal(Opcode.Text, (await idle.ReadMessageAsync()).Opcode);
    }

    [Theory]
    [InlineData(1009)]
    [InlineData(1007)]
    public async Task Overlong_control_frame_after_a_violation_ends_the_connection_without_an_error(int code)
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { CloseTimeout = Never });
        await using RawClient client = await relay.ConnectRawAsync();

        await client.SendAsync(code == 1009 ? WireFrame.OfText(new string('x', 70_000)) : new WireFrame(Opcode.Text, [0x80]));
        Assert.Equal(code, (await client.ReadMessageAsync()).CloseCode);
        // In two writes: only a payload that does not arrive in one piece is copied.
        byte[] tooLong = new WireFrame(Opcode.Ping, new byte[300]).ToBytes();
        await client.SendAsync(tooLong.AsMemory(0, 150));
        await client.SendAsync(tooLong.AsMemory(150));

        Assert.Null(await client.ReadAsync());
        await client.DisposeAsync();
        await Eventually.TrueAsync(() => relay.Logs.Closes.Count == 1);
        Assert.Equal(code, relay.Logs.Closes[0].Code);
    }

    [Fact]
    public async Task Tcp_connection_ends_after_the_close_frame_of_a_protocol_error()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { CloseTimeout = Never });
        await using RawClient client = await relay.ConnectRawAsync();

        await client.SendAsync(new WireFrame(Opcode.Text, [1]) { Reserved = 0x20 });

        Assert.Equal(1002, (await client.ReadMessageAsync()).CloseCode);
        // The client neither answers nor closes.
        Assert.Null(await client.ReadAsync());
    }

    /// <summary>A reset could discard data that such a peer has not read yet.</summary>
    [Theory]
    [InlineData("cecelia.v1", 4000)]
    [InlineData("cecelia.v1", 1003)]
    [InlineData(null, 1003)]
    public async Task Connection_ends_without_a_reset_when_the_peer_reads_and_does_not_answer_the_close_frame(string? subprotocol, int code)
    {
        await using RunningRelay relay = await StartAsync(connections => connections with
        {
            CloseTimeout = TimeSpan.FromSeconds(0.5),
            PingInterval = code == 4000 ? TimeSpan.FromSeconds(0.5) : TimeSpan.Zero,
        });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);
        Assert.Equal(101, (await client.RequestAsync(RawClient.UpgradeRequest(("Sec-WebSocket-Protocol", subprotocol)))).Status);

        if (code == 1003) await client.SendAsync(new WireFrame(Opcode.Binary, [1]));

        Assert.Equal(code, (await client.ReadToEndAsync())[^1].CloseCode);
        Assert.False(client.WasReset);
    }

    [Fact]
    public async Task Connection_ends_without_a_reset_when_the_shutdown_grace_has_elapsed()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url, options => options with { Connections = options.Connections with { CloseTimeout = Never, ShutdownGrace = TimeSpan.FromSeconds(0.5) } });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);
        Assert.Equal(101, (await client.RequestAsync(RawClient.UpgradeRequest(("Sec-WebSocket-Protocol", "cecelia.v1")))).Status);

        Task stopped = relay.StopAsync();

        Assert.Equal(1001, (await client.ReadToEndAsync())[^1].CloseCode);
        Assert.False(client.WasReset);
        await stopped;
    }

    /// <summary>TLS cannot close one direction only, so the close timeout ends the connection, also of a client that keeps sending.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tls_connection_ends_at_the_close_timeout_after_a_protocol_error(bool keepsSending)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with
        {
            Tls = options.Tls with { CertificateFile = TestCertificate.File },
            Connections = options.Connections with { CloseTimeout = TimeSpan.FromSeconds(0.5), PingInterval = TimeSpan.Zero },
        });
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, relay.Port).Within();
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost").Within();
        await tls.WriteAsync(Encoding.ASCII.GetBytes(RawClient.UpgradeRequest()));
        await relay.WaitForConnectionsAsync(1);

        byte[] violation = new WireFrame(Opcode.Text, [1]) { Reserved = 0x20 }.ToBytes();
        await tls.WriteAsync(violation);
        if (keepsSending) _ = KeepSendingAsync();

        await relay.WaitForConnectionsAsync(0);
        await Eventually.TrueAsync(() => relay.Logs.Closes.Count == 1);
        Assert.Equal(1002, relay.Logs.Closes[0].Code);
        await ReadToEndAsync(tls);

        async Task KeepSendingAsync()
        {
            try
            {
                while (true) await tls.WriteAsync(violation);
            }
            catch (Exception ended) when (ended is IOException or ObjectDisposedException)
            {
                // The relay has ended the connection.
            }
        }
    }

    private static async Task ReadToEndAsync(Stream stream)
    {
        try
        {
            await stream.CopyToAsync(Stream.Null).Within();
        }
        catch (IOException)
        {
            // A reset also ends the connection.
        }
    }

    private Task<RunningRelay> StartAsync(Func<ConnectionOptions, ConnectionOptions> change) => RunningRelay.StartAsync(
        redis.Url, options => options with { Connections = change(options.Connections) with { ShutdownGrace = TimeSpan.Zero } });
}
