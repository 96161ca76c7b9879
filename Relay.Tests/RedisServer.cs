using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Cecelia.Relay.Tests;

/// <summary>What a test wants of its Redis.</summary>
internal sealed record RedisServerOptions
{
    /// <summary>Zero: any free port.</summary>
    public int Port { get; init; }

    public string? Password { get; init; }

    /// <summary>Serve TLS alone, with a certificate made for this run that nobody trusts.</summary>
    public bool Tls { get; init; }

    public IReadOnlyList<string> ExtraArguments { get; init; } = [];
}

/// <summary>A real <c>redis-server</c> of the test's own, on loopback, with nothing on disk that outlives it.</summary>
internal sealed partial class RedisServer : IAsyncDisposable
{
    private const int SigCont = 18;
    private const int SigStop = 19;
    private const int FirstPort = 12_000;
    private const int PortCount = 20_000;

    // Another run beside this one begins elsewhere.
    private static int s_ports = Random.Shared.Next(PortCount);

    private readonly RedisServerOptions _options;
    private readonly string _directory = Directory.CreateTempSubdirectory("relay-redis-").FullName;
    private Process? _process;
    private string? _password;
    private byte[] _certificate = [];

    private RedisServer(RedisServerOptions options, int port)
    {
        _options = options;
        _password = options.Password;
        Port = port;
    }

    public int Port { get; }

    /// <summary>With the password that it was started with.</summary>
    public string Url => string.Create(
        CultureInfo.InvariantCulture,
        $"{(_options.Tls ? "rediss" : "redis")}://{(_options.Password is null ? "" : $":{Uri.EscapeDataString(_options.Password)}@")}127.0.0.1:{Port}");

    public static async Task<RedisServer> StartAsync(RedisServerOptions? options = null)
    {
        RedisServerOptions chosen = options ?? new RedisServerOptions();
        var server = new RedisServer(chosen, chosen.Port == 0 ? FreePort() : chosen.Port);
        try
        {
            if (chosen.Tls) server.WriteCertificate();
            await server.LaunchAsync();
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
                // Somebody listens, or did until a moment ago: the next.
            }
        }
    }

    /// <summary>Kills it.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        process.Dispose();
    }

    /// <summary>Kills it if it runs, and starts it on the same port, as new. Returns when it answers.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        _password = _options.Password;
        await LaunchAsync();
    }

    /// <summary>SIGSTOP: the kernel still accepts connections and bytes, nobody answers.</summary>
    public void Freeze() => Signal(SigStop);

    /// <summary>SIGCONT.</summary>
    public void Continue() => Signal(SigCont);

    /// <summary>The password that <see cref="CommandAsync"/> sends from now on, after a CONFIG SET requirepass.</summary>
    public void UsePassword(string? password) => _password = password;

    public async Task<long> PublishAsync(string channel, string payload) =>
        long.Parse(await CommandAsync("PUBLISH", channel, payload), CultureInfo.InvariantCulture);

    /// <summary>The reply as text: a status or number as it is, an error with its <c>-</c>, a bulk string's content, an array's elements in lines.</summary>
    public async Task<string> CommandAsync(params string[] words)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port).WaitAsync(TimeSpan.FromSeconds(5));
        client.ReceiveTimeout = 5000;
        await using Stream stream = await SecureAsync(client.GetStream());
        // A thread of its own: it may be held by a frozen Redis, and a starved pool would spoil what the tests measure.
        return await Task.Factory.StartNew(() => Converse(stream, words), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private string Converse(Stream stream, string[] words)
    {
        if (_password is { } password)
        {
            Send(stream, ["AUTH", password]);
            Receive(stream);
        }

        Send(stream, words);
        return Receive(stream);
    }

    private static void Send(Stream stream, string[] words)
    {
        var request = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
        foreach (string word in words) request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        stream.Write(Encoding.UTF8.GetBytes(request.ToString()));
    }

    private static string Receive(Stream stream)
    {
        string line = ReadLine(stream);
        int length = line[0] is '$' or '*' ? int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) : 0;
        switch (line[0])
        {
            case '-':
                return line;
            case '$':
                if (length < 0) return "";
                byte[] content = new byte[length + 2];
                stream.ReadExactly(content);
                return Encoding.UTF8.GetString(content, 0, length);
            case '*':
                return string.Join('\n', Enumerable.Range(0, Math.Max(length, 0)).Select(_ => Receive(stream)));
            default:
                return line[1..];
        }
    }

    private static string ReadLine(Stream stream)
    {
        var line = new StringBuilder();
        while (true)
        {
            int next = stream.ReadByte();
            if (next < 0) throw new EndOfStreamException();
            if (next == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)next);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    private async Task<Stream> SecureAsync(NetworkStream plain)
    {
        if (!_options.Tls) return plain;
        var secure = new SslStream(plain, leaveInnerStreamOpen: false, IsOwnCertificate);
        await secure.AuthenticateAsClientAsync("127.0.0.1").WaitAsync(TimeSpan.FromSeconds(5));
        return secure;
    }

    /// <summary>Accepts the certificate of this server, which no root vouches for, and no other.</summary>
    public bool IsOwnCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null && certificate.GetRawCertData().AsSpan().SequenceEqual(_certificate);

    private void Signal(int signal) => Assert.Equal(0, Kill(_process!.Id, signal));

    private async Task LaunchAsync()
    {
        string port = Port.ToString(CultureInfo.InvariantCulture);
        List<string> arguments = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _directory, "--loglevel", "warning"];
        arguments.AddRange(_options.Tls
            ? ["--port", "0", "--tls-port", port, "--tls-auth-clients", "no", "--tls-cert-file", CertificateFile, "--tls-key-file", KeyFile]
            : ["--port", port]);
        if (_options.Password is { } password) arguments.AddRange(["--requirepass", password]);
        arguments.AddRange(_options.ExtraArguments);
        var start = new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var output = new StringBuilder();
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        await Eventually.TrueAsync(AnswersAsync, describe: () => $"redis-server on {Port} does not answer: {output}");
    }

    private static void Keep(StringBuilder output, string? line)
    {
        lock (output) output.AppendLine(line);
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"redis-server on {Port} has ended with code {_process.ExitCode}");
        try
        {
            return await CommandAsync("PING") == "PONG";
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or TimeoutException)
        {
            return false;
        }
    }

    private string CertificateFile => Path.Combine(_directory, "redis.crt");

    private string KeyFile => Path.Combine(_directory, "redis.key");

    private void WriteCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(24));
        _certificate = certificate.GetRawCertData();
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }
}
