using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Health;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Tests.Delivery;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>The count of accepted sockets, its bound, and peers that do not send a request.</summary>
public sealed class AcceptedSocketTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.5);

    /// <summary>The point at which a peer stops sending.</summary>
    public enum Silence
    {
        AfterConnecting,
        BeforeTls,
        AfterTls,
        AfterTlsForHttp2,
    }

    [Theory]
    [InlineData(Silence.AfterConnecting)]
    [InlineData(Silence.BeforeTls)]
    [InlineData(Silence.AfterTls)]
    [InlineData(Silence.AfterTlsForHttp2)]
    public async Task Peer_without_a_request_is_closed_at_the_handshake_timeout(Silence silence)
    {
        await using RunningRelay relay = await StartAsync(
            connections => connections with { HandshakeTimeout = Short },
            tls: silence != Silence.AfterConnecting);
        using Socket silent = await ConnectAsync(relay);
        Stream stream = new NetworkStream(silent);
        if (silence >= Silence.AfterTls)
        {
            var tls = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [silence == Silence.AfterTls ? SslApplicationProtocol.Http11 : SslApplicationProtocol.Http2],
            }).Within();
            stream = tls;
        }

        await ReadToEndAsync(stream);
        await HasSocketsAsync(relay, 0);
        if (silence != Silence.BeforeTls) Assert.Equal(1, relay.Get<AcceptedSockets>().CutFor(SocketCut.Silent));
    }

    [Fact]
    public async Task Keep_alive_connection_outlives_the_handshake_timeout()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { HandshakeTimeout = Short });
        await using RawClient kept = await RawClient.ConnectAsync(relay.Port);
        Assert.Equal(200, (await kept.RequestAsync("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")).Status);

        // A later connection was closed by the timeout, so the earlier one would have been closed too.
        using Socket silent = await ConnectAsync(relay);
        await ReadToEndAsync(new NetworkStream(silent));

        Assert.Equal(200, (await kept.RequestAsync("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")).Status);
        Assert.Equal(0, relay.Get<AcceptedSockets>().CutFor(SocketCut.Idle));
    }

    [Fact]
    public async Task Each_socket_is_counted_once_until_it_is_closed()
    {
        await using RunningRelay relay = await StartAsync();
        AcceptedSockets sockets = relay.Get<AcceptedSockets>();
        await HasSocketsAsync(relay, 0);
        Socket silent = await ConnectAsync(relay);
        RawClient request = await RawClient.ConnectAsync(relay.Port);
        await request.RequestAsync("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
        RawClient upgraded = await relay.ConnectRawAsync();
        EventStreamClient stream = await EventStreamClient.ConnectAsync(relay);
        await HasSocketsAsync(relay, 4);

        silent.Dispose();
        await HasSocketsAsync(relay, 3);
        upgraded.Reset();
        await HasSocketsAsync(relay, 2);
        await stream.DisposeAsync();
        await request.DisposeAsync();
        await HasSocketsAsync(relay, 0);
        Assert.Equal(0, sockets.Pauses);
    }

    [Fact]
    public async Task Silent_peers_at_the_limit_are_closed_so_that_others_are_served()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { MaxSockets = 8, MaxConnections = 6 });
        AcceptedSockets sockets = relay.Get<AcceptedSockets>();
        await using RawClient client = await relay.ConnectRawAsync();
        await using RawClient kept = await RawClient.ConnectAsync(relay.Port);
        await kept.RequestAsync("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
        Socket[] silent = await Task.WhenAll(Enumerable.Range(0, 14).Select(_ => ConnectAsync(relay)));

        await Eventually.TrueAsync(() => sockets.Pauses > 0, TestTimeouts.Default);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(Numbered.Payload(1));
        Assert.Equal(1, Numbered.Of((await client.ReadMessageAsync()).Text));
        await Eventually.TrueAsync(async () => await TryGetAsync(relay, "/readyz") is not null, TestTimeouts.Default);
        await using RawClient another = await relay.ConnectRawAsync();
        await publisher.PublishAsync(Numbered.Payload(2));
        Assert.Equal(2, Numbered.Of((await client.ReadMessageAsync()).Text));
        Assert.Equal(2, Numbered.Of((await another.ReadMessageAsync()).Text));

        Assert.InRange(sockets.Count, 2, 8);
        // Both the silent sockets and the idle keep-alive connection were closed to make room.
        await ReadToEndAsync(silent);
        Assert.Equal(14, sockets.CutFor(SocketCut.Silent));
        Assert.Null(await kept.ReadAsync());
        Assert.Equal(2, relay.Connections);
    }

    [Fact]
    public async Task Pause_is_reported_by_readiness_metrics_and_status()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { MaxSockets = 1 }, tls: true);
        // The stream holds the only socket, and the requests share it.
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
        {
            BaseAddress = relay.Http,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        HttpResponseMessage? stream = null;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    stream = await http.GetAsync(new Uri("/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).Within();
                    return true;
                }
                catch (HttpRequestException)
                {
                    // On a busy machine the request may arrive later than the half second after which a silent socket is closed while there is no room.
                    return false;
                }
            },
            TestTimeouts.Default);
        using HttpResponseMessage? held = stream;
        await Eventually.TrueAsync(() => relay.Get<AcceptedSockets>().Paused, TestTimeouts.Default);

        JsonElement ready = await GetJsonAsync("/readyz");
        JsonElement status = await GetJsonAsync("/api/v1/status");
        string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative)).Within();

        Assert.Equal("ready", ready.GetProperty("status").GetString());
        Assert.Equal(
            "warn",
            ready.GetProperty("checks")
                .EnumerateArray()
                .Single(check => check.GetProperty("name").GetString() == "sockets")
                .GetProperty("status").GetString());
        JsonElement sockets = status.GetProperty("sockets");
        Assert.Equal(
            (1, 1, true), (sockets.GetProperty("accepted").GetInt32(), sockets.GetProperty("limit").GetInt32(), sockets.GetProperty("paused").GetBoolean()));
        Assert.True(sockets.GetProperty("pauses").GetInt32() >= 1);
        JsonElement descriptors = status.GetProperty("process").GetProperty("descriptors");
        Assert.InRange(descriptors.GetProperty("open").GetInt64(), 10, descriptors.GetProperty("limit").GetInt64());
        Assert.InRange(status.GetProperty("process").GetProperty("threads").GetInt64(), 2, 100_000);
        // By name only: all relays of a process share a meter.
        string[] samples =
        [
            "relay_sockets_accepted ",
            "relay_sockets_paused ",
            "relay_sockets_pauses_total ",
            "relay_process_descriptors_open ",
            "relay_process_descriptors_limit ",
            "relay_process_threads ",
            "relay_sockets_cut_total{reason=\"idle\"} ",
        ];
        Assert.All(samples, sample => Assert.Contains("\n" + sample, metrics, StringComparison.Ordinal));

        async Task<JsonElement> GetJsonAsync(string path) =>
            JsonDocument.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative)).Within()).RootElement;
    }

    [Fact]
    public async Task Request_over_the_connection_limit_gets_a_reason_because_sockets_are_reserved()
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { MaxSockets = 6, MaxConnections = 4 });
        RawClient[] clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => relay.ConnectRawAsync()));

        // More requests at once than there are free sockets.
        Task<RawResponse>[] refusals = [.. Enumerable.Range(0, 8).Select(async _ =>
        {
            await using RawClient refused = await RawClient.ConnectAsync(relay.Port);
            return await refused.RequestAsync(RawClient.UpgradeRequest());
        })];

        foreach (RawResponse refusal in await Task.WhenAll(refusals).Within())
        {
            Assert.Equal(503, refusal.Status);
            Assert.Contains("too_many_connections", refusal.Body, StringComparison.Ordinal);
        }

        foreach (RawClient client in clients) await client.DisposeAsync();
    }

    [Theory]
    [InlineData(false, "/ws")]
    [InlineData(true, "/ws")]
    [InlineData(false, "/events")]
    [InlineData(true, "/events")]
    public async Task Send_buffer_size_applies_to_every_transport(bool tls, string path)
    {
        const int Buffer = 32 * 1024;
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with
        {
            Tls = tls ? new TlsOptions { CertificateFile = TestCertificate.File } : options.Tls,
            Fanout = options.Fanout with { SendBufferBytes = Buffer },
            Connections = options.Connections with { PingInterval = TimeSpan.Zero },
        });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using IAsyncDisposable client = path == "/ws"
            ? await relay.ConnectAsync()
            : await EventStreamClient.ConnectAsync(relay, receiveBufferBytes: 8 * 1024);

        await StalledClient.FillAsync(relay, publisher);

        // The kernel doubles the size for its own bookkeeping and takes one segment (on loopback: 64 KB) beyond it. HTTP/2 is not tested: the client's
        // library reads into windows of its own, and the socket, whose buffer was set before the version was negotiated, never fills.
        // With TLS, a busy machine may not have given the first bytes to the socket yet.
        long unsent = 0;
        await Eventually.TrueAsync(() => (unsent = KernelQueue.UnsentBytes(relay.Port)) > 0);
        Assert.InRange(unsent, 1, (2 * Buffer) + (64 * 1024));
    }

    private static async Task<Socket> ConnectAsync(RunningRelay relay)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, relay.Port).Within();
        return socket;
    }

    private static async Task ReadToEndAsync(Socket[] sockets)
    {
        foreach (Socket socket in sockets)
        {
            await ReadToEndAsync(new NetworkStream(socket, ownsSocket: true));
            socket.Dispose();
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

    /// <summary>Sends a request on its own connection, and returns null if the connection fails.</summary>
    private static async Task<string?> TryGetAsync(RunningRelay relay, string path)
    {
        using Socket socket = await ConnectAsync(relay);
        await using var stream = new NetworkStream(socket);
        using var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
            await stream.CopyToAsync(answer).Within();
        }
        catch (IOException)
        {
            return null;
        }

        string text = Encoding.UTF8.GetString(answer.ToArray());
        return text.Contains(" 200 ", StringComparison.Ordinal) ? text : null;
    }

    private static Task<TimeSpan> HasSocketsAsync(RunningRelay relay, int count)
    {
        AcceptedSockets sockets = relay.Get<AcceptedSockets>();
        return Eventually.TrueAsync(
            () => sockets.Count == count,
            TestTimeouts.Default,
            () => string.Create(CultureInfo.InvariantCulture, $"{sockets.Count} sockets instead of {count}"));
    }

    /// <summary>Starts a relay and waits until no socket is open to it.</summary>
    private async Task<RunningRelay> StartAsync(Func<ConnectionOptions, ConnectionOptions>? change = null, bool tls = false)
    {
        RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with
            {
                Tls = tls ? new TlsOptions { CertificateFile = TestCertificate.File } : options.Tls,
                Connections = change?.Invoke(options.Connections) ?? options.Connections,
            },
            untilReady: false);
        await Eventually.TrueAsync(() => relay.Get<Readiness>().Look().All(check => check.Status == CheckStatus.Ok), TestTimeouts.Default);
        return relay;
    }
}
