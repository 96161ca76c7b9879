using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>
/// The guarantees of every transport, whether frames are sent directly to the socket or through TLS and HTTP/2 (PROTOCOL.md, <i>Events</i>, <i>Filters</i>,
/// <i>Compression</i>, <i>Slow clients</i>).
/// </summary>
public abstract class SinkTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private protected abstract bool Tls { get; }

    private protected virtual SocketTransport Sockets => SocketTransport.Kestrel;

    private protected abstract Version HttpVersion { get; }

    [Fact]
    public async Task Burst_to_several_clients_arrives_complete_and_in_order()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ConnectAsync(relay)));
        Task<string[]>[] received = [.. clients.Select(client => client.ReceiveEventsAsync(3000))];

        await publisher.PublishAsync(Numbered.Payloads(0, 2900));
        await publisher.PublishAsync(Numbered.Payloads(2900, 100, padding: new string('x', 20_000)));

        foreach (Task<string[]> all in received) Numbered.AssertInOrder(await all.Within());
        foreach (TestClient client in clients) await client.DisposeAsync();
    }

    [Fact]
    public async Task Responses_among_events_arrive_complete_and_keep_the_order_of_events()
    {
        const int Pings = 40;
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient client = await ConnectAsync(relay);
        Task<string[]> receiving = client.ReceiveEventsAsync(2000 + Pings);

        Task publishing = publisher.PublishAsync(Numbered.Payloads(0, 2000, padding: new string('y', 300)));
        for (int i = 0; i < Pings; i++) await client.SendAsync("""{"type":"ping"}""");
        await publishing;

        string[] received = await receiving.Within();
        Assert.Equal(Pings, received.Count(message => message == """{"type":"pong"}"""));
        Numbered.AssertInOrder([.. received.Where(message => message != """{"type":"pong"}""")]);
    }

    [Fact]
    public async Task Filter_passes_events_that_match_every_part()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient tasks = await ConnectAsync(relay, "?task=t1,t2&events=task:*");
        await using TestClient project = await ConnectAsync(relay, "?project=p1");
        await using TestClient names = await ConnectAsync(relay, "?events=executor:status&events=end");

        await publisher.PublishAsync(
        [
            """{"event":"task:created","data":{"taskId":"t3"}}""",
            """{"event":"task:created","project_id":"p1","data":{"taskId":"t1"}}""",
            """{"event":"log","data":{"taskId":"t1"}}""",
            """{"event":"executor:status","data":{"activeCount":1}}""",
            """{"event":"task:started","data":{"taskId":"t2"}}""",
            """{"event":"end","project_id":"p1","data":{}}""",
        ]);

        Assert.Equal(["task:created t1", "task:started t2"], Names(await tasks.ReceiveEventsAsync(2)));
        Assert.Equal(["task:created t1", "end "], Names(await project.ReceiveEventsAsync(2)));
        Assert.Equal(["executor:status ", "end "], Names(await names.ReceiveEventsAsync(2)));
    }

    [Fact]
    public async Task Invalid_filter_is_refused_by_name()
    {
        await using RunningRelay relay = await StartAsync();
        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(relay, "?events=a*b"));
        Assert.Contains("400", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Negotiated_compression_carries_large_and_small_messages_both_ways()
    {
        await using RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient compressed = await ConnectAsync(relay, configure: options => options.DangerousDeflateOptions = new WebSocketDeflateOptions());
        await using TestClient plain = await ConnectAsync(relay);
        Assert.Equal(2, relay.Get<ViewTable>().Count);

        string[] payloads =
        [
            Numbered.Payload(0),
            Numbered.Payload(1, new string('z', 5000)),
            Numbered.Payload(2),
            Numbered.Payload(3, string.Concat(Enumerable.Range(0, 9000))),
        ];
        await publisher.PublishAsync(payloads);
        await compressed.SendAsync("""{"type":"ping","padding":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""");

        string[] received = await compressed.ReceiveEventsAsync(payloads.Length + 1);
        Assert.Contains("""{"type":"pong"}""", received);
        string[] events = [.. received.Where(message => message != """{"type":"pong"}""")];
        Numbered.AssertInOrder(events);
        Assert.Equal(events, await plain.ReceiveEventsAsync(payloads.Length));
    }

    [Fact]
    public async Task Paused_client_receives_a_gap_and_continues_at_the_head()
    {
        const int Batch = 100;
        const int LogEvents = 1024;
        await using RunningRelay relay = await StartAsync(options => options with
        {
            Fanout = options.Fanout with { BufferBytes = LogEvents * 1024, SendBufferBytes = 16 * 1024 },
            Connections = options.Connections with { PingInterval = TimeSpan.Zero },
        });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient paused = await ConnectAsync(relay, configure: options => options.AddSubProtocol("cecelia.v1"));
        Client stalled = await StalledClient.FindAsync(relay);
        await using TestClient other = await ConnectAsync(relay);

        (int events, _) = await StalledClient.FillAsync(
            stalled,
            async published =>
            {
                await publisher.PublishAsync(Numbered.Payloads(published, Batch, padding: new string('w', 1000)));
                // The reading client must not lag: wait for it after each part.
                await other.ReceiveEventsAsync(Batch);
                return Batch;
            },
            atLeast: 4 * LogEvents);

        long missed = 0;
        int next = 0;
        while (next < events)
        {
            var message = SubprotocolMessage.Parse(await paused.ReceiveAsync());
            if (message.Name == "relay:gap")
            {
                int gap = message.Data.GetProperty("missed").GetInt32();
                missed += gap;
                next += gap;
            }
            else if (!message.IsRelay)
            {
                Assert.Equal(next++, message.Number);
            }
        }

        Assert.True(missed > 0, "no event was missed: the client did not lag");
    }

    [Fact]
    public async Task Shutdown_ends_a_plain_client_after_its_events_and_closes_others_with_1001()
    {
        const int Events = 300;
        RunningRelay relay = await StartAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient plain = await ConnectAsync(relay);
        await using TestClient subscriber = await ConnectAsync(relay, configure: options => options.AddSubProtocol("cecelia.v1"));
        Task<List<string>> ending = plain.ReceiveToEndAsync();
        Task<(int Code, string Reason)> closing = subscriber.ReceiveCloseAsync();

        await publisher.PublishAsync(Numbered.Payloads(0, Events, new string('x', 1000)));
        await relay.DisposeAsync();

        Assert.Equal(Enumerable.Range(0, Events), (await ending.Within()).Select(Numbered.Of));
        Assert.Equal(1001, (await closing.Within()).Code);
        Assert.Equal([(1001, CloseReason.ShuttingDown), (1001, CloseReason.ShuttingDown)], relay.Logs.Closes);
    }

    private static IEnumerable<string> Names(IEnumerable<string> messages) => messages.Select(message =>
    {
        using var json = JsonDocument.Parse(message);
        string task = json.RootElement.GetProperty("data").TryGetProperty("taskId", out JsonElement id) ? id.GetString()! : "";
        return string.Create(CultureInfo.InvariantCulture, $"{json.RootElement.GetProperty("event").GetString()} {task}");
    });

    private Task<TestClient> ConnectAsync(RunningRelay relay, string query = "", Action<ClientWebSocketOptions>? configure = null) =>
        relay.ConnectAsync(query, options =>
    {
        options.HttpVersion = HttpVersion;
        options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        configure?.Invoke(options);
    });

    private Task<RunningRelay> StartAsync(Func<RelayOptions, RelayOptions>? change = null) => RunningRelay.StartAsync(redis.Url, options =>
    {
        options = options with { Connections = options.Connections with { Sockets = Sockets } };
        if (Tls) options = options with { Tls = new TlsOptions { CertificateFile = TestCertificate.File } };
        return change?.Invoke(options) ?? options;
    });
}

/// <summary>Directly through a socket of the relay's own.</summary>
public sealed class EpollSinkTests(RealRedis redis) : SinkTests(redis)
{
    private protected override bool Tls => false;

    private protected override SocketTransport Sockets => SocketTransport.Epoll;

    private protected override Version HttpVersion => System.Net.HttpVersion.Version11;
}

/// <summary>Directly through Kestrel's socket.</summary>
public sealed class SocketSinkTests(RealRedis redis) : SinkTests(redis)
{
    private protected override bool Tls => false;

    private protected override Version HttpVersion => System.Net.HttpVersion.Version11;
}

/// <summary>Through Kestrel's TLS.</summary>
public sealed class TlsSinkTests(RealRedis redis) : SinkTests(redis)
{
    private protected override bool Tls => true;

    private protected override Version HttpVersion => System.Net.HttpVersion.Version11;
}

/// <summary>As a stream of an HTTP/2 connection (RFC 8441).</summary>
public sealed class Http2SinkTests(RealRedis redis) : SinkTests(redis)
{
    private protected override bool Tls => true;

    private protected override Version HttpVersion => System.Net.HttpVersion.Version20;
}

/// <summary>A self-signed certificate for this run, in a PEM file with its key.</summary>
internal static class TestCertificate
{
    public static string File { get; } = Create();

    private static string Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        string file = Path.Combine(Path.GetTempPath(), $"relay-test-{Environment.ProcessId}.pem");
        System.IO.File.WriteAllText(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        return file;
    }
}
