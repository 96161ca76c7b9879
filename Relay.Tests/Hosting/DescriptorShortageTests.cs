using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Delivery;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>deploy/CONFIGURATION.md, <i>Open files</i>: the relay as a process with a limit of open files.</summary>
public sealed partial class DescriptorShortageTests
{
    private const int Limit = 400;

    private static readonly string Paused = string.Create(CultureInfo.InvariantCulture, $"\"EventId\":{EventIds.AcceptingPaused},");

    /// <summary>
    /// 1,700 silent connections ended a relay with a limit of 1,500 files in 6 of 10 runs ("Out of memory."), and those that survived could not load the
    /// libraries for compression. One break of the link to Redis at the limit ended it too.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Silent_connections_over_the_limit_affect_neither_the_relay_nor_its_clients_nor_its_link(bool tls)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RelayProcess relay = Start(redis, tls);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(RedisUrl.For("127.0.0.1", redis.Port));
        using HttpClient http = Client();
        await WaitForOkAsync(relay, http, Url(relay, tls, "/readyz"));
        await using TestClient client = await ConnectAsync(relay, tls);
        var flood = new Flood(relay.Port, 2 * Limit);
        await using (flood)
        {
            await Eventually.TrueAsync(() => relay.Output.Contains(Paused, StringComparison.Ordinal), TestTimeouts.Default, () => relay.Output);
            await publisher.PublishAsync(Numbered.Payload(1));
            Assert.Equal(1, Numbered.Of(await client.ReceiveAsync()));

            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
            int next = 2;
            await using EventPublisher again = await EventPublisher.ConnectAsync(RedisUrl.For("127.0.0.1", redis.Port));
            Task<string> received = client.ReceiveAsync();
            // Events published while the link is broken are lost.
            await Eventually.TrueAsync(
                async () =>
                {
                    await again.PublishAsync(Numbered.Payload(next++));
                    return received.IsCompleted;
                },
                TestTimeouts.Default,
                () => relay.Output);
            Assert.InRange(Numbered.Of(await received), 2, next - 1);

            // A peer that sends a request is served in between the silent peers.
            using HttpClient other = Client();
            await WaitForOkAsync(relay, other, Url(relay, tls, "/livez"));
        }

        await WaitForOkAsync(relay, http, Url(relay, tls, "/readyz"));
        await using TestClient plain = await ConnectAsync(relay, tls);
        await using TestClient compressed = await ConnectAsync(relay, tls, options => options.DangerousDeflateOptions = new WebSocketDeflateOptions());
        await compressed.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await compressed.ReceiveAsync());
        await using EventPublisher last = await EventPublisher.ConnectAsync(RedisUrl.For("127.0.0.1", redis.Port));
        await last.PublishAsync(Numbered.Payload(1_000_000, new string('x', 5000)));
        foreach (TestClient one in (TestClient[])[client, plain, compressed])
        {
            while (Numbered.Of(await one.ReceiveAsync()) != 1_000_000)
            {
            }
        }

        string metrics = await http.GetStringAsync(Url(relay, tls, "/metrics")).Within();
        Assert.Contains("\nrelay_process_descriptors_limit 400\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("\nrelay_sockets_cut_total{reason=\"silent\"} 0\n", metrics, StringComparison.Ordinal);
        foreach (string coding in (string[])["br", "gzip"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Url(relay, tls, "/")) { Headers = { { "Accept-Encoding", coding } } };
            using HttpResponseMessage page = await http.SendAsync(request).Within();
            Assert.Equal((HttpStatusCode.OK, coding), (page.StatusCode, page.Content.Headers.ContentEncoding.Single()));
        }
    }

    /// <summary>An assembly that cannot be loaded for lack of a descriptor is never loaded again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_load_no_further_assemblies_and_the_relay_stays_within_its_descriptor_budget(bool tls)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RelayProcess relay = Start(redis, tls);
        using HttpClient http = Client();
        await WaitForOkAsync(relay, http, Url(relay, tls, "/readyz"));
        HashSet<string> before = Loaded(relay);

        foreach (
            string path in (string[])["/", "/livez", "/metrics", "/api/v1/status", "/api/v1/refused", "/api/v1/state", "/api/v1/tasks/t1", "/asyncapi.json", "/nothing", "/ws", "/events?events=a*b"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Url(relay, tls, path))
            {
                Headers = { { "Accept-Encoding", path.Length % 2 == 0 ? "gzip" : "br" } },
            };
            using HttpResponseMessage response = await http.SendAsync(request).Within();
            Assert.NotEqual(HttpStatusCode.InternalServerError, response.StatusCode);
        }

        using (HttpResponseMessage stream = await http.GetAsync(Url(relay, tls, "/events"), HttpCompletionOption.ResponseHeadersRead).Within())
        {
            Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        }

        await using (TestClient client = await ConnectAsync(relay, tls, options => options.DangerousDeflateOptions = new WebSocketDeflateOptions()))
        await using (EventPublisher publisher = await EventPublisher.ConnectAsync(RedisUrl.For("127.0.0.1", redis.Port)))
        {
            await client.SendAsync("""{"type":"ping"}""");
            await client.ReceiveAsync();
            await client.SendAsync("no JSON, and long enough to be compressed: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
            await client.ReceiveAsync();
            await publisher.PublishAsync(Numbered.Payload(1, new string('x', 5000)));
            await client.ReceiveAsync();
            await publisher.PublishAsync("no JSON");
        }

        await using RawClient garbage = await RawClient.ConnectAsync(relay.Port);
        await garbage.SendAsync("no HTTP\r\n\r\n"u8.ToArray());
        Assert.Empty(Loaded(relay).Except(before));

        JsonElement status = JsonDocument.Parse(await http.GetStringAsync(Url(relay, tls, "/api/v1/status")).Within()).RootElement;
        long own = status
            .GetProperty("process")
            .GetProperty("descriptors")
            .GetProperty("open").GetInt64() - status
            .GetProperty("sockets")
            .GetProperty("accepted").GetInt32();
        Assert.InRange(own, 1, DescriptorBudget.Own);
    }

    private static RelayProcess Start(RedisServer redis, bool tls) => RelayProcess.StartLimited(
        RedisServer.FreePort(),
        string.Create(CultureInfo.InvariantCulture, $"ulimit -n {Limit}"),
        ("CECELIA_REDIS_URL", RedisUrl.For("127.0.0.1", redis.Port).ToString()),
        ("CECELIA_TLS_CERTIFICATE", tls ? TestCertificate.File : ""));

    private static HttpClient Client() => new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });

    private static Uri Url(RelayProcess relay, bool tls, string path) => new($"{(tls ? "https" : "http")}://127.0.0.1:{relay.Port}{path}");

    private static Task<TestClient> ConnectAsync(RelayProcess relay, bool tls, Action<ClientWebSocketOptions>? configure = null) =>
        TestClient.ConnectAsync(new Uri($"{(tls ? "wss" : "ws")}://127.0.0.1:{relay.Port}/ws"), configure);

    /// <summary>Sends requests until the response is 200.</summary>
    private static Task<TimeSpan> WaitForOkAsync(RelayProcess relay, HttpClient http, Uri address) => Eventually.TrueAsync(
        async () =>
        {
            Assert.False(relay.HasExited, relay.Output);
            try
            {
                using HttpResponseMessage response = await http.GetAsync(address).Within();
                return response.StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        TestTimeouts.Default,
        () => relay.Output);

    /// <summary>Returns the assemblies and libraries that the process has mapped.</summary>
    private static HashSet<string> Loaded(RelayProcess relay) =>
        [
            .. File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{relay.Id}/maps"))
                .Select(line => LibraryPath().Match(line))
                .Where(match => match.Success)
                .Select(match => match.Value),
        ];

    [GeneratedRegex(@"/\S+\.(dll|so)(\.[.\d]+)?$")]
    private static partial Regex LibraryPath();

    /// <summary>Connections that send nothing. A closed one is replaced at once. Disposing closes all.</summary>
    private sealed class Flood : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task[] _peers;

        public Flood(int port, int count) => _peers = [.. Enumerable.Range(0, count).Select(_ => StaySilentAsync(port))];

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await Task.WhenAll(_peers).Within();
            _end.Dispose();
        }

        private async Task StaySilentAsync(int port)
        {
            byte[] nothing = new byte[1];
            while (!_end.IsCancellationRequested)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, _end.Token);
                    await socket.ReceiveAsync(nothing, _end.Token);
                }
                catch (Exception ended) when (ended is SocketException or OperationCanceledException)
                {
                    // Closed by the relay, or the end of the flood.
                }
            }
        }
    }
}
