using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Tests.Cli;
using Cecelia.Relay.Tests.Deployment;
using Microsoft.Extensions.Configuration;
using Load = Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>deploy/CONFIGURATION.md, CECELIA_WS_BIND: a relay that listens on a Unix socket in place of a port.</summary>
public sealed class UnixSocketTests : IClassFixture<RealRedis>, IDisposable
{
    private readonly RealRedis _redis;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cecelia-unix-");
    private readonly string _path;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;

    public UnixSocketTests(RealRedis redis)
    {
        (_redis, _path) = (redis, Path.Combine(_folder.FullName, "relay.sock"));
        _handler = new SocketsHttpHandler { ConnectCallback = async (_, cancellationToken) => await ConnectAsync(cancellationToken) };
        _http = new HttpClient(_handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Events_are_delivered_and_the_file_is_deleted_at_the_end()
    {
        await using RelayProcess relay = await StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(new Uri("ws://localhost/ws"), invoker: Invoker);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(_redis.Url);

        await publisher.PublishAsync(Numbered.Payload(7));

        Assert.Contains("\"n\":7", await client.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Contains($"http://unix:{_path}:/readyz", relay.Output, StringComparison.Ordinal);
        relay.Terminate();
        Assert.Equal(0, await relay.ExitAsync());
        Assert.False(File.Exists(_path));
    }

    [Theory]
    [InlineData("", "660")]
    [InlineData("600", "600")]
    [InlineData("0666", "666")]
    public async Task Mode_of_the_file_is_as_configured(string setting, string mode)
    {
        await using RelayProcess relay = await StartAsync(setting.Length > 0 ? [("CECELIA_WS_SOCKET_MODE", setting)] : []);

        Assert.Equal(mode, Convert.ToString((int)GetMode(_path), 8));
    }

    [Fact]
    public async Task Socket_that_a_killed_relay_left_is_replaced()
    {
        await using (RelayProcess killed = await StartAsync())
        {
            killed.End();
            await killed.ExitAsync();
        }

        Assert.True(File.Exists(_path));

        await using RelayProcess relay = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync(new Uri("http://localhost/livez")).Within()).StatusCode);
    }

    [Fact]
    public async Task Socket_of_a_running_relay_is_not_taken()
    {
        await using RelayProcess first = await StartAsync();
        await using RelayProcess second = Start();

        Assert.Equal(1, await second.ExitAsync());

        Assert.Contains($"Cannot listen on unix:{_path}: another process listens there", second.Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync(new Uri("http://localhost/readyz")).Within()).StatusCode);
    }

    [Fact]
    public async Task File_that_is_not_a_socket_is_kept()
    {
        await File.WriteAllTextAsync(_path, "kept");
        await using RelayProcess relay = Start();

        Assert.Equal(1, await relay.ExitAsync());

        Assert.Contains("there is a file that is not a socket", relay.Output, StringComparison.Ordinal);
        Assert.Equal("kept", await File.ReadAllTextAsync(_path));
    }

    [Fact]
    public async Task Directory_is_not_taken_for_another_process()
    {
        Directory.CreateDirectory(_path);
        await using RelayProcess relay = Start();

        Assert.Equal(1, await relay.ExitAsync());

        Assert.Contains($"Cannot listen on unix:{_path}: there is a directory", relay.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dangling_link_is_not_taken_for_another_process()
    {
        File.CreateSymbolicLink(_path, Path.Combine(_folder.FullName, "nothing"));
        await using RelayProcess relay = Start();

        Assert.Equal(1, await relay.ExitAsync());

        Assert.Contains($"Cannot listen on unix:{_path}: there is a symbolic link whose target does not exist", relay.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere/relay.sock")]
    [InlineData("/etc/hostname/relay.sock")]
    public async Task Missing_directory_is_named_as_the_cause(string path)
    {
        await using RelayProcess relay = RelayProcess.Start(0, Settings(path));

        Assert.Equal(1, await relay.ExitAsync());

        Assert.Contains($"Cannot listen on unix:{path}: its directory does not exist", relay.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_count_as_the_loopback_address_which_can_be_a_trusted_proxy()
    {
        await using RelayProcess relay = await StartAsync(("CECELIA_TRUSTED_PROXIES", "127.0.0.1"), ("CECELIA_MAX_CONNECTIONS_PER_ADDRESS", "1"));
        await using TestClient first = await ConnectAsync("192.0.2.1");
        await using TestClient other = await ConnectAsync("192.0.2.2");

        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync("192.0.2.2"));

        Assert.Contains("503", refused.Message, StringComparison.Ordinal);

        Task<TestClient> ConnectAsync(string address) => TestClient.ConnectAsync(
            new Uri("ws://localhost/ws"), options => options.SetRequestHeader("X-Forwarded-For", address), Invoker);
    }

    [Fact]
    public async Task Load_of_the_benchmark_is_delivered_once_and_in_order()
    {
        await using RelayProcess relay = await StartAsync();

        Load.LoadResult result = await new Load.LoadRun(
            new Load.LoadPlan
            {
                Relay = new Uri("ws://localhost/ws"),
                SocketPath = _path,
                Redis = _redis.Url,
                Clients = 20,
                Window = 64,
                WarmUp = TimeSpan.Zero,
                Duration = TimeSpan.FromMilliseconds(300),
            },
            new Load.ProgressLine()).RunAsync(CancellationToken.None).Within();

        Assert.True(result.IsGood, result.ToString());
        Assert.True(result.Deliveries > 0);
    }

    [Fact]
    public async Task Health_command_uses_the_socket()
    {
        await using RelayProcess relay = await StartAsync();
        using var terminal = new TestTerminal(environment: Settings(_path));

        Assert.Equal(0, await terminal.RunAsync("health"));

        Assert.Equal("""200 {"status":"ok"}""", terminal.OutLines[^1]);
    }

    [Fact]
    public async Task Watch_command_uses_the_socket()
    {
        await using RelayProcess relay = await StartAsync();
        using var terminal = new TestTerminal(environment: Settings(_path));
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(_redis.Url);

        Task<int> watching = terminal.RunAsync("watch", "--once", "1");
        await Eventually.TrueAsync(() => terminal.Error.Contains("Connected", StringComparison.Ordinal), describe: () => terminal.Error);
        await publisher.PublishAsync(Numbered.Payload(9));

        Assert.Equal(0, await watching.Within());
        Assert.Contains("\"n\":9", terminal.OutLines[^1], StringComparison.Ordinal);
        Assert.Contains($"-- Watching the relay on unix:{_path}", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "no process listens on it")]
    [InlineData(false, "the file does not exist")]
    public async Task Command_without_a_relay_names_the_socket(bool exists, string reason)
    {
        if (exists) new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified).Bind(new UnixDomainSocketEndPoint(_path));
        using var terminal = new TestTerminal(environment: Settings(_path));

        Assert.Equal(1, await terminal.RunAsync("health"));

        Assert.Contains($"unix:{_path}: {reason}", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proxy_in_front_of_the_socket_forwards_events()
    {
        Assert.Contains("nginx", ProxyServer.Installed);
        // The worker of a proxy that root has started has another user.
        await using RelayProcess relay = await StartAsync(("CECELIA_WS_SOCKET_MODE", "666"));
        SetMode(_folder.FullName, (UnixFileMode)511);
        await using ProxyServer proxy = await ProxyServer.StartAsync("nginx", $"unix:{_path}");
        await using TestClient client = await TestClient.ConnectAsync(proxy.WebSocket);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(_redis.Url);

        await publisher.PublishAsync(Numbered.Payload(8));

        Assert.Contains("\"n\":8", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CECELIA_WS_BIND", "unix:relay.sock", "an absolute path of at most 107 bytes after unix:")]
    [InlineData("CECELIA_WS_BIND", "unix:", "an absolute path")]
    [InlineData("CECELIA_WS_BIND", "127.0.0.1:5221", "an IP address without a port, localhost, * or unix:PATH, not '127.0.0.1:5221'")]
    [InlineData("CECELIA_WS_SOCKET_MODE", "888", "an octal file mode from 000 to 777, such as 660, not '888'")]
    [InlineData("CECELIA_WS_SOCKET_MODE", "7777", "an octal file mode")]
    public void Invalid_setting_is_refused_with_its_reason(string name, string value, string reason)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(name, (string?)value)]).Build();

        (_, IReadOnlyList<string> errors) = SettingsReader.Read(configuration);

        Assert.Contains(reason, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Admin_port_needs_an_address_of_its_own()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["CECELIA_WS_BIND"] = "unix:/run/cecelia.sock", ["CECELIA_ADMIN_PORT"] = "5222" })
            .Build();

        (_, IReadOnlyList<string> errors) = SettingsReader.Read(configuration);

        Assert.Contains("CECELIA_ADMIN_BIND", Assert.Single(errors), StringComparison.Ordinal);
    }

#pragma warning disable CA1416 // The tests run on Unix.
    private static UnixFileMode GetMode(string path) => File.GetUnixFileMode(path);

    private static void SetMode(string path, UnixFileMode mode) => File.SetUnixFileMode(path, mode);
#pragma warning restore CA1416

    private (string Name, string Value)[] Settings(string path) => [("CECELIA_REDIS_URL", _redis.Url.ToString()), ("CECELIA_WS_BIND", $"unix:{path}")];

    private HttpMessageInvoker Invoker => new(_handler, disposeHandler: false);

    private RelayProcess Start(params (string Name, string Value)[] settings) => RelayProcess.Start(0, [.. Settings(_path), .. settings]);

    private async Task<RelayProcess> StartAsync(params (string Name, string Value)[] settings)
    {
        RelayProcess relay = Start(settings);
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(relay.HasExited, relay.Output);
                try
                {
                    using HttpResponseMessage response = await _http.GetAsync(new Uri("http://localhost/readyz")).Within();
                    return response.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            describe: () => relay.Output);
        return relay;
    }

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
