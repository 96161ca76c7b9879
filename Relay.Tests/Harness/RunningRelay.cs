using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>The whole relay on a free port of loopback, in this process. Disposing stops it, and fails if it logged an error.</summary>
internal sealed class RunningRelay : IAsyncDisposable
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Validating a larger response takes longer than the test.</summary>
    private const int MaxValidatedLength = 64 * 1024;

    private readonly WebApplication _app;
    private bool _stopped;

    private RunningRelay(WebApplication app, LogCapture logs)
    {
        _app = app;
        Logs = logs;
        Http = new Uri(RelayHost.Addresses(app).First());
    }

    public LogCapture Logs { get; }

    /// <summary>True in a test that makes the relay log errors.</summary>
    public bool ExpectsErrors { get; set; }

    public Uri Http { get; }

    public int Port => Http.Port;

    public Uri WebSocket => new($"{(Http.Scheme == "https" ? "wss" : "ws")}://127.0.0.1:{Port}/ws");

    public int Connections => Get<ConnectionTable>().Count;

    /// <summary>Starts a relay and waits until it is ready.</summary>
    /// <param name="redis">The Redis to connect to.</param>
    /// <param name="change">Changes the default options.</param>
    /// <param name="untilReady">False to return before the relay is ready.</param>
    /// <param name="replace">Replaces services by those of a test.</param>
    public static async Task<RunningRelay> StartAsync(
        RedisUrl redis,
        Func<RelayOptions, RelayOptions>? change = null,
        bool untilReady = true,
        Action<IServiceCollection>? replace = null)
    {
        var options = new RelayOptions
        {
            Port = 0,
            Bind = "127.0.0.1",
            Connections = new ConnectionOptions
            {
                CloseTimeout = TimeSpan.FromSeconds(1),
                ShutdownGrace = TimeSpan.FromSeconds(5),
                DrainWindow = TimeSpan.Zero,
                // Tests poll faster than any client.
                MaxRequestsPerAddress = 0,
                Sockets = TestTransport.Sockets,
            },
            // Tests of one class share a Redis and must not recover state from each other.
            Recovery = new RecoveryOptions { HandoffBytes = 0 },
        };
        var logs = new LogCapture();
        WebApplication app = RelayHost.Build(change?.Invoke(options) ?? options, redis, services =>
        {
            services.RemoveAll<ILoggerProvider>();
            services.AddSingleton<ILoggerProvider>(logs);
            services.Configure<LoggerFilterOptions>(filter => filter.MinLevel = LogLevel.Debug);
            replace?.Invoke(services);
        });
        await app.StartAsync().Within();
        var relay = new RunningRelay(app, logs);
        if (untilReady)
        {
            await Eventually.TrueAsync(
                async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK,
                TestTimeouts.Default,
                () => "the relay is not ready");
        }

        return relay;
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Requests a path. Validates pages of the history and of minutes, and their refusals, against their contracts, in every test.</summary>
    public async Task<(HttpStatusCode Status, string Body, HttpResponseMessage Response)> GetAsync(string path)
    {
        HttpResponseMessage response = await Client.GetAsync(new Uri(Http, path)).Within();
        string body = await response.Content.ReadAsStringAsync().Within();
        if (Contract.OfResponse(path) is { } schema && body.Length < MaxValidatedLength)
        {
            Contract.Holds(response.StatusCode == HttpStatusCode.OK ? schema : "Refusal", body);
        }

        return (response.StatusCode, body, response);
    }

    /// <summary>Sends a request to a path of this relay.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? origin = null, string? host = null, Version? version = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Http, path))
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Host = host;
        if (origin is not null) request.Headers.Add("Origin", origin);
        return await Client.SendAsync(request).Within();
    }

    public async Task<JsonElement> GetJsonAsync(string path) => JsonDocument.Parse((await GetAsync(path)).Body).RootElement;

    /// <param name="query">The filter, with its question mark.</param>
    /// <param name="configure">Configures the client.</param>
    public Task<TestClient> ConnectAsync(string query = "", Action<ClientWebSocketOptions>? configure = null) =>
        TestClient.ConnectAsync(new Uri(WebSocket + query), configure);

    /// <param name="address">The path and query of a WebSocket endpoint.</param>
    /// <param name="configure">Configures the client.</param>
    public Task<TestClient> ConnectToAsync(string address, Action<ClientWebSocketOptions>? configure = null) =>
        TestClient.ConnectAsync(new Uri(WebSocket, address), configure);

    public async Task<TestClient[]> ConnectManyAsync(int count) => await Task.WhenAll(Enumerable.Range(0, count).Select(_ => ConnectAsync()));

    /// <summary>Opens a bare TCP connection and upgrades it.</summary>
    public async Task<RawClient> ConnectRawAsync(int receiveBufferBytes = 0)
    {
        RawClient client = await RawClient.ConnectAsync(Port, receiveBufferBytes);
        await client.UpgradeAsync();
        return client;
    }

    /// <summary>Waits until the number of connections is <paramref name="count"/>.</summary>
    public Task WaitForConnectionsAsync(int count) =>
        Eventually.TrueAsync(
            () => Connections == count,
            TestTimeouts.Default,
            () => string.Create(CultureInfo.InvariantCulture, $"{Connections} connections instead of {count}"));

    /// <summary>Shuts down gracefully, as on SIGTERM.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await _app.StopAsync().Within();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped) await StopAsync();
        await _app.DisposeAsync().AsTask().Within();
        if (!ExpectsErrors) Logs.AssertNoErrors();
    }
}
