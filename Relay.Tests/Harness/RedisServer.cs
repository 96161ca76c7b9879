using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// A real Redis server that belongs to one test, on a port of 127.0.0.1, without data that outlives it. It is a process of this machine or a container;
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

    /// <summary>What the server wrote, for the message of a failed start.</summary>
    private protected abstract string Output { get; }

    /// <summary>Starts a server and waits until it answers.</summary>
    public static async Task<RedisServer> StartAsync(RedisServerOptions? options = null)
    {
        RedisServerOptions chosen = options ?? new RedisServerOptions();
        RedisServerKind kind = await RedisServerKind.ChosenAsync();
        return await StartAsync(chosen, kind.UsesContainer(chosen));
    }

    /// <summary>Starts a server of the given kind and waits until it answers.</summary>
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

    /// <summary>A port on which nobody listened a moment ago. None twice, and none of those that the system gives to outgoing connections (32768 and above): one of these might take it before a server has.</summary>
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
                // In use, or was until a moment ago: try the next one.
            }
        }
    }

    /// <summary>Kills the server (SIGKILL). Does nothing if it does not run.</summary>
    public abstract Task StopAsync();

    /// <summary>Kills the server if it runs and starts it again on the same port, without its data. Returns when it answers.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        _password = Options.Password;
        await LaunchAndWaitAsync();
    }

    /// <summary>Stops the server's threads: the kernel still accepts connections and bytes, but nothing answers.</summary>
    public abstract void Freeze();

    /// <summary>Ends <see cref="Freeze"/>.</summary>
    public abstract void Continue();

    /// <summary>The password that <see cref="CommandAsync"/> sends from now on, after a CONFIG SET requirepass.</summary>
    public void UsePassword(string? password) => _password = password;

    public async Task<long> PublishAsync(string channel, string payload) =>
        long.Parse(await CommandAsync("PUBLISH", channel, payload), CultureInfo.InvariantCulture);

    /// <summary>Sends one command on a new connection and returns the reply as text (<see cref="RedisWire.Receive"/>).</summary>
    public async Task<string> CommandAsync(params string[] words)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port).Within();
        client.ReceiveTimeout = (int)TestTimeouts.Default.TotalMilliseconds;
        await using Stream stream = await SecureAsync(client.GetStream());
        // A thread of its own: a frozen Redis may hold it, and a starved pool would spoil what the tests measure.
        return await Task.Factory.StartNew(() => Converse(stream, words), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Accepts the certificate of this server, which no root vouches for, and no other.</summary>
    public bool IsOwnCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null && _certificate is not null && _certificate.Equals(certificate);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await ReleaseAsync();
    }

    /// <summary>Starts the server; it need not answer yet. A relative path is inside the server's own folder.</summary>
    private protected abstract Task LaunchAsync();

    /// <summary>Throws if the server has ended, so that a start that failed is reported at once.</summary>
    private protected abstract Task AssertRunsAsync();

    private protected abstract ValueTask ReleaseAsync();

    /// <summary>The arguments that process and container share.</summary>
    private protected List<string> Arguments(string address, int port, string folder)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        List<string> arguments = ["--bind", address, "--protected-mode", "no", "--save", "", "--appendonly", "no", "--dir", folder, "--loglevel", "warning"];
        arguments.AddRange(Options.Tls
            ? ["--port", "0", "--tls-port", number, "--tls-auth-clients", "no", "--tls-cert-file", folder + "/" + RedisCertificate.CertificateFile, "--tls-key-file", folder + "/" + RedisCertificate.KeyFile]
            : ["--port", number]);
        if (Options.Password is { } password) arguments.AddRange(["--requirepass", password]);
        arguments.AddRange(Options.ExtraArguments);
        return arguments;
    }

    private async Task LaunchAndWaitAsync()
    {
        await LaunchAsync();
        await Eventually.TrueAsync(AnswersAsync, describe: () => $"Redis on {Port} does not answer: {Output}");
    }

    private async Task<bool> AnswersAsync()
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

    private string Converse(Stream stream, string[] words)
    {
        if (_password is { } password)
        {
            RedisWire.Send(stream, ["AUTH", password]);
            RedisWire.Receive(stream);
        }

        RedisWire.Send(stream, words);
        return RedisWire.Receive(stream);
    }
}
