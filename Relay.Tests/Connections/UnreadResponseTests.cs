using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Tests.Delivery;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>
/// A client that does not read a response holds neither the response nor the connection for longer than the send timeout, on any transport.
/// </summary>
public sealed class UnreadResponseTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int SmallBuffer = 8 * 1024;
    private const int Requests = 20;
    private const byte Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, WindowUpdate = 8;
    private const int MaxCredit = int.MaxValue;
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.5);

    [Fact]
    public async Task Http_1_connection_over_tls_is_aborted()
    {
        await using RunningRelay relay = await StartAsync();
        await using SslStream client = await ConnectAsync(relay, SslApplicationProtocol.Http11);

        await client.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /asyncapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n", Requests))));

        await WaitForAbortAsync(relay);
    }

    /// <summary>Aborting a response ends only its HTTP/2 stream, and the socket does not accept that frame either.</summary>
    [Fact]
    public async Task Http_2_connection_is_aborted()
    {
        await using RunningRelay relay = await StartAsync();
        await using SslStream client = await ConnectAsync(relay, SslApplicationProtocol.Http2);

        await client.WriteAsync((byte[])[.. Preface(credit: MaxCredit), .. Frame(WindowUpdate, 0, 0, Number(MaxCredit - 65_535))]);
        for (int i = 0; i < Requests; i++) await client.WriteAsync(Get("/asyncapi.json", (2 * i) + 1));

        await WaitForAbortAsync(relay);
    }

    [Fact]
    public async Task Http_2_response_with_a_closed_window_is_reset_and_its_connection_is_kept()
    {
        await using RunningRelay relay = await StartAsync();
        await using SslStream client = await ConnectAsync(relay, SslApplicationProtocol.Http2);

        await client.WriteAsync((byte[])[.. Preface(credit: 0), .. Get("/asyncapi.json", 1), .. Get("/metrics", 3)]);

        var reset = new HashSet<int>();
        while (reset.Count < 2)
        {
            (byte type, int stream) = await ReadFrameAsync(client);
            if (type == ResetStream) reset.Add(stream);
        }

        await client.WriteAsync(Frame(Ping, 0, 0, new byte[8]));
        while ((await ReadFrameAsync(client)).Type != Ping)
        {
        }
    }

    /// <summary>Kestrel buffers the last 4 KiB of a response in any case, and keeps a connection that has them.</summary>
    [Fact]
    public async Task Http_2_connection_with_a_short_response_and_a_closed_window_is_aborted()
    {
        var time = new JumpingTime();
        await using RunningRelay relay = await StartAsync(time);
        await using SslStream client = await ConnectAsync(relay, SslApplicationProtocol.Http2);

        await client.WriteAsync((byte[])[.. Preface(credit: 0), .. Get("/livez", 1)]);
        while ((await ReadFrameAsync(client)).Type != Headers)
        {
        }

        await Eventually.TrueAsync(() =>
        {
            // Repeatedly: the time without a request starts when the relay has finished this one, which is not observable.
            time.Jump(TimeSpan.FromMinutes(10));
            return relay.Get<AcceptedSockets>().CutFor(SocketCut.Unread) == 1;
        });
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true) await ReadFrameAsync(client);
        });
    }

    /// <summary>The transport buffers up to 64 KiB, which it sends before it closes the socket.</summary>
    [Fact]
    public async Task Closed_socket_whose_peer_does_not_read_is_aborted()
    {
        using var sockets = new AcceptedSockets(
            new ConnectionOptions { KeepAliveTimeout = Short, HandshakeTimeout = Short }, TimeProvider.System, NullLogger<AcceptedSockets>.Instance);
        AcceptedSocket socket = sockets.Add(new UnreadConnection(), 0);
        socket.BeginRequest();
        socket.EndRequest();

        await socket.DisposeAsync().AsTask().Within();

        Assert.Equal(1, sockets.CutFor(SocketCut.Unread));
        Assert.Equal(0, sockets.Count);
    }

    private static async Task WaitForAbortAsync(RunningRelay relay)
    {
        AcceptedSockets sockets = relay.Get<AcceptedSockets>();
        await Eventually.TrueAsync(() => sockets.Count == 1);
        await Eventually.TrueAsync(() => sockets.Count == 0);
    }

    private static async Task<SslStream> ConnectAsync(RunningRelay relay, SslApplicationProtocol protocol)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = SmallBuffer };
        await socket.ConnectAsync(IPAddress.Loopback, relay.Port).Within();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [protocol] }).Within();
        return tls;
    }

    /// <summary>Returns the connection preface (RFC 9113 §3.4), with the initial window of each response.</summary>
    private static byte[] Preface(int credit) => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [0, 4, .. Number(credit)])];

    /// <summary>
    /// Returns a request with END_STREAM and END_HEADERS. The header block has <c>:method GET</c> and <c>:scheme https</c> by index, and <c>:path</c> and
    /// <c>:authority</c> as literals (RFC 7541).
    /// </summary>
    private static byte[] Get(string path, int stream) =>
        Frame(Headers, 0x05, stream, [0x82, 0x87, 0x04, (byte)path.Length, .. Encoding.ASCII.GetBytes(path), 0x01, 9, .. "localhost"u8]);

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
        [.. Number(payload.Length)[1..], type, flags, .. Number(stream), .. payload];

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static async Task<(byte Type, int Stream)> ReadFrameAsync(SslStream client)
    {
        byte[] header = new byte[9];
        await client.ReadExactlyAsync(header).AsTask().Within();
        await client.ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian([0, .. header[..3]])]).AsTask().Within();
        return (header[3], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)));
    }

    private async Task<RunningRelay> StartAsync(TimeProvider? time = null)
    {
        RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with
            {
                Tls = new TlsOptions { CertificateFile = TestCertificate.File },
                Fanout = options.Fanout with { SendTimeout = Short, SendBufferBytes = SmallBuffer },
            },
            untilReady: false,
            replace: services => services.AddSingleton(time ?? TimeProvider.System));
        await Eventually.TrueAsync(() => relay.Get<AcceptedSockets>().Count == 0);
        return relay;
    }

    /// <summary>A clock whose elapsed time a test can increase.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private long _ahead;

        public void Jump(TimeSpan duration) => Interlocked.Add(ref _ahead, (long)(duration.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);
    }

    /// <summary>A transport connection whose disposal waits for an abort.</summary>
    private sealed class UnreadConnection : ConnectionContext
    {
        private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override string ConnectionId { get; set; } = "";

        public override IFeatureCollection Features { get; } = new FeatureCollection();

        public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

        public override IDuplexPipe Transport
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Abort(ConnectionAbortedException abortReason) => _aborted.TrySetResult();

        public override void Abort() => _aborted.TrySetResult();

        public override async ValueTask DisposeAsync()
        {
            await _aborted.Task;
            await base.DisposeAsync();
        }
    }
}
