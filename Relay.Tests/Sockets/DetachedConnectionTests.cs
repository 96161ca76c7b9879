using System.Diagnostics.Metrics;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Microsoft.Extensions.Configuration;

namespace Cecelia.Relay.Tests.Sockets;

/// <summary>deploy/CONFIGURATION.md, CECELIA_SOCKETS: connections that continue without their request.</summary>
public sealed class DetachedConnectionTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData(true, "epoll", 0)]
    [InlineData(true, "kestrel", 1)]
    [InlineData(false, "epoll", 0)]
    [InlineData(false, "kestrel", 1)]
    public async Task Open_connection_is_not_one_of_Kestrel_with_epoll(bool isWebSocket, string transport, long connections)
    {
        await using RunningRelay relay = await StartAsync(ListenAddress.ParseTransport(transport));
        using var kestrel = new OpenConnections(relay.Port);
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        if (isWebSocket) await client.UpgradeAsync();
        else await client.RequestAsync("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", readsStreams: false);

        await relay.WaitForConnectionsAsync(1);
        Assert.True(kestrel.Opened > 0);
        await Eventually.TrueAsync(() => kestrel.Count == connections, describe: () => $"{kestrel.Count} connections of Kestrel");
        Assert.True(relay.Get<AcceptedSockets>().Count >= 1);
        Assert.Equal(1, relay.Connections);
    }

    [Fact]
    public async Task Frames_in_the_packet_of_the_handshake_are_read()
    {
        await using RunningRelay relay = await StartAsync();
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);
        byte[] frames =
        [
            .. WireFrame.OfText("""{"type":"ping"}""").ToBytes(), .. new WireFrame(Opcode.Ping, "first"u8.ToArray()).ToBytes(),
            .. WireFrame.OfClose(1000).ToBytes(),
        ];

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest() + Encoding.Latin1.GetString(frames));

        Assert.Equal(101, response.Status);
        WireFrame[] received = [.. (await client.ReadToEndAsync()).Where(frame => frame.Opcode != Opcode.Ping)];
        Assert.Equal("""{"type":"pong"}""", received[0].Text);
        Assert.Equal((Opcode.Pong, "first"), (received[1].Opcode, received[1].Text));
        Assert.Equal((Opcode.Close, 1000), (received[2].Opcode, received[2].CloseCode));
        await relay.WaitForConnectionsAsync(0);
    }

    /// <summary>More than a read and more than Kestrel's pipe takes at once, of which the end of a message is in a later packet.</summary>
    [Fact]
    public async Task Megabytes_behind_the_handshake_are_read_in_order()
    {
        await using RunningRelay relay = await StartAsync(change: connections => connections with { MaxMessagesPerSecond = 0 });
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);
        byte[] frames = [.. Enumerable.Range(0, 60).SelectMany(n => new WireFrame(Opcode.Text, Encoding.UTF8.GetBytes(Padded(n))).ToBytes())];

        Task<RawResponse> upgrading = client.RequestAsync(RawClient.UpgradeRequest() + Encoding.Latin1.GetString(frames.AsSpan(0, frames.Length - 7)));
        Assert.Equal(101, (await upgrading).Status);
        await client.SendAsync(frames.AsMemory(frames.Length - 7));

        for (int n = 0; n < 60; n++) Assert.Equal("""{"type":"pong"}""", (await client.ReadMessageAsync()).Text);

        static string Padded(int n) => $$"""{"type":"ping","pad":"{{new string((char)('a' + (n % 26)), 50_000)}}"}""";
    }

    [Theory]
    [InlineData("/ws")]
    [InlineData("/events")]
    public async Task Every_byte_arrives_at_a_peer_that_reads_one_at_a_time(string path)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with
        {
            Fanout = options.Fanout with { SendBufferBytes = 4096 },
            Connections = options.Connections with { Sockets = SocketTransport.Epoll },
        });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using RawClient client = await RawClient.ConnectAsync(relay.Port, receiveBufferBytes: 2048);
        await client.SendAsync(Encoding.ASCII.GetBytes(path == "/ws" ? RawClient.UpgradeRequest() : "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
        await relay.WaitForConnectionsAsync(1);
        string padding = new('p', 3000);

        await publisher.PublishAsync(Numbered.Payloads(0, 100, padding: padding));

        var received = new StringBuilder();
        for (int run = 0, events = 0; events < 100;)
        {
            char next = (char)await client.ReadByteAsync();
            received.Append(next);
            run = next == 'p' ? run + 1 : 0;
            if (run == padding.Length) events++;
        }

        string[] parts = received.ToString().Split(padding);
        Assert.Equal(101, parts.Length);
        for (int n = 0; n < 100; n++) Assert.Contains($"\"n\":{n},", parts[n], StringComparison.Ordinal);
    }

    /// <summary>A client that sends a command and disconnects: its error must not reach the connection that gets its descriptor.</summary>
    [Fact]
    public async Task Late_response_does_not_reach_another_connection()
    {
        await using RunningRelay relay = await StartAsync();
        byte[] command = WireFrame.OfText("""{"cmd":"start_session","ref":"of another client"}""").ToBytes();

        for (int i = 0; i < 300; i++)
        {
            await using (RawClient sender = await relay.ConnectRawAsync())
            {
                await sender.SendAsync(command);
            }

            await using RawClient next = await RawClient.ConnectAsync(relay.Port);
            RawResponse response = await next.RequestAsync("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            Assert.Equal("""{"status":"ok"}""", response.Body);
        }
    }

    [Fact]
    public async Task Client_of_an_event_stream_that_sends_much_is_disconnected()
    {
        await using RunningRelay relay = await StartAsync();
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);
        await client.RequestAsync("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", readsStreams: false);
        await client.SendAsync(new byte[64 * 1024]);
        Assert.Equal(1, relay.Connections);

        await client.SendAsync(new byte[1]);

        await relay.WaitForConnectionsAsync(0);
        Assert.Equal(CloseReason.ProtocolError, Assert.Single(relay.Logs.Closes).Reason);
    }

    [Theory]
    [InlineData("uring", "must be kestrel or epoll, not 'uring'")]
    [InlineData("EPOLL", "must be kestrel or epoll, not 'EPOLL'")]
    public void Unknown_transport_is_refused_with_its_reason(string value, string reason)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("CECELIA_SOCKETS", (string?)value)])
            .Build();

        (_, IReadOnlyList<string> errors) = SettingsReader.Read(configuration);

        Assert.Contains(reason, Assert.Single(errors), StringComparison.Ordinal);
    }

    private Task<RunningRelay> StartAsync(
        SocketTransport transport = SocketTransport.Epoll, Func<ConnectionOptions, ConnectionOptions>? change = null) =>
        RunningRelay.StartAsync(redis.Url, options =>
        {
            ConnectionOptions connections = options.Connections with { Sockets = transport };
            return options with { Connections = change?.Invoke(connections) ?? connections };
        });

    /// <summary>Kestrel's own count of the connections on a port.</summary>
    private sealed class OpenConnections : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly int _port;
        private long _count;
        private long _opened;

        public OpenConnections(int port)
        {
            _port = port;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "kestrel.active_connections") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>(Add);
            _listener.Start();
        }

        public long Count => Interlocked.Read(ref _count);

        public long Opened => Interlocked.Read(ref _opened);

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, long change, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        {
            foreach ((string name, object? value) in tags)
            {
                if (name != "server.port" || value is not int port || port != _port) continue;
                Interlocked.Add(ref _count, change);
                if (change > 0) Interlocked.Increment(ref _opened);
            }
        }
    }
}
