using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// A real Redis server that belongs to one test, on a port of 127.0.0.1, without persistent data. It is a process of this machine or a container;
/// <see cref="RedisServerKind"/> chooses. Not thread-safe, except for the commands.
/// </summary>
internal abstract class RedisServer : IAsyncDisposable
{
    private const int FirstPort = 12_000;
    private const int PortCount = 20_000;

    // Start at a random port so that two test runs on one machine rarely meet.
    private static int s_ports = Random.Shared.Next(PortCount);

    private readonly RedisCertificate? _certificate;
    private string? _password;

    private protected RedisServer(RedisServerOptions options, int port)
    {
        Options = options;
        Port = port;
        _password = options.Password;
        _certificate = options.Tls ? RedisCertificate.Create() : null;
    }

    public int Port { get; }

    /// <summary>The address, with the password that the server was started with.</summary>
    public string Url => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Options.Tls ? "rediss" : "redis")}://{(Options.Password is null ? "" : $":{Uri.EscapeDataString(Options.Password)}@")}127.0.0.1:{Port}");

    private protected RedisServerOptions Options { get; }

    /// <summary>Null without TLS.</summary>
    public RedisCertificate? Certificate => _certificate;

    /// <summary>The server's output, for the message of a failed start.</summary>
    private protected abstract string Output { get; }

    /// <summary>Starts a server and waits until it responds.</summary>
    public static async Task<RedisServer> StartAsync(RedisServerOptions? options = null)
    {
        RedisServerOptions chosen = options ?? new RedisServerOptions();
        RedisServerKind kind = await RedisServerKind.ChosenAsync();
        return await StartAsync(chosen, kind.UsesContainer(chosen));
    }

    /// <summary>Starts a server of the given kind and waits until it responds.</summary>
    public static async Task<RedisServer> StartAsync(RedisServerOptions options, bool inContainer)
    {
        int port = options.Port == 0 ? FreePort() : options.Port;
        RedisServer server = inContainer ? new RedisContainerServer(options, port) : new RedisProcessServer(options, port);
        try
        {
            await server.LaunchAndWaitAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Returns a port without a listener, never the same port twice. Excludes the system's range for outgoing connections (32768 and above): one of these
    /// could take the port before the server does.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = FirstPort + (int)((uint)Interlocked.Increment(ref s_ports) % PortCount);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // In use now or until a moment ago: try the next one.
            }
        }
    }

    /// <summary>Kills the server (SIGKILL). Does nothing if it is not running.</summary>
    public abstract Task StopAsync();

    /// <summary>Kills the server if it is running and starts it again on the same port, without its data. Returns when it responds.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        _password = Options.Password;
        await LaunchAndWaitAsync();
    }

    /// <summary>Suspends the server: the kernel still accepts connections and bytes, but nothing responds.</summary>
    public abstract void Freeze();

    /// <summary>Reverts <see cref="Freeze"/>.</summary>
    public abstract void Continue();

    /// <summary>Sets the password that <see cref="CommandAsync"/> sends from now on, after a CONFIG SET requirepass.</summary>
    public void UsePassword(string? password) => _password = password;

    public async Task<long> PublishAsync(string channel, string payload) =>
        long.Parse(await CommandAsync("PUBLISH", channel, payload), CultureInfo.InvariantCulture);

    /// <summary>Sends one command on a new connection and returns the reply as text (<see cref="RedisWire.Receive"/>).</summary>
    public async Task<string> CommandAsync(params string[] command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port).Within();
        client.ReceiveTimeout = (int)TestTimeouts.Default.TotalMilliseconds;
        await using Stream stream = await SecureAsync(client.GetStream());
        // Use a dedicated thread: a frozen Redis may block it, and a starved thread pool would distort what the tests measure.
        return await Task.Factory.StartNew(() => Execute(stream, command), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Accepts the self-signed certificate of this server and no other.</summary>
    public bool IsOwnCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null && _certificate is not null && _certificate.Equals(certificate);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await ReleaseAsync();
    }

    /// <summary>Starts the server; it need not respond yet. A relative path is inside the server's own folder.</summary>
    private protected abstract Task LaunchAsync();

    /// <summary>Throws if the server has exited, so that a failed start is reported at once.</summary>
    private protected abstract Task AssertRunsAsync();

    private protected abstract ValueTask ReleaseAsync();

    /// <summary>Returns the arguments that a process and a container share.</summary>
    private protected List<string> Arguments(string address, int port, string folder)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        List<string> arguments = ["--bind", address, "--protected-mode", "no", "--save", "", "--appendonly", "no", "--dir", folder, "--loglevel", "warning"];
        arguments.AddRange(Options.Tls
            ?
            [
                "--port",
                "0",
                "--tls-port",
                number,
                "--tls-auth-clients",
                "no",
                "--tls-cert-file",
                folder + "/" + RedisCertificate.CertificateFile,
                "--tls-key-file",
                folder + "/" + RedisCertificate.KeyFile,
            ]
            : ["--port", number]);
        if (Options.Password is { } password) arguments.AddRange(["--requirepass", password]);
        arguments.AddRange(Options.ExtraArguments);
        return arguments;
    }

    private async Task LaunchAndWaitAsync()
    {
        await LaunchAsync();
        await Eventually.TrueAsync(RespondsAsync, describe: () => $"Redis on {Port} does not respond: {Output}");
    }

    private async Task<bool> RespondsAsync()
    {
        await AssertRunsAsync();
        try
        {
            return await CommandAsync("PING") == "PONG";
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or TimeoutException)
        {
            return false;
        }
    }

    private async Task<Stream> SecureAsync(NetworkStream plain)
    {
        if (!Options.Tls) return plain;
        var secure = new SslStream(plain, leaveInnerStreamOpen: false, IsOwnCertificate);
        await secure.AuthenticateAsClientAsync("127.0.0.1").Within();
        return secure;
    }

    private string Execute(Stream stream, string[] command)
    {
        if (_password is { } password)
        {
            RedisWire.Send(stream, ["AUTH", password]);
            RedisWire.Receive(stream);
        }

        RedisWire.Send(stream, command);
        return RedisWire.Receive(stream);
    }
}
