using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Bench.Compare;

/// <summary>A process that this program starts and, when it is disposed, ends.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int MaxOutputCharacters = 4000;
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StartInterval = TimeSpan.FromMilliseconds(5);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ServerProcess(Process process, int port)
    {
        _process = process;
        Port = port;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The Unix socket of a relay that has one in place of the port; otherwise null.</summary>
    public string? SocketPath { get; private set; }

    public int Id => _process.Id;

    /// <summary>Starts a Redis without persistence, on a free port.</summary>
    /// <exception cref="BenchException">It is not installed, or did not start.</exception>
    public static async Task<ServerProcess> StartRedisAsync(CancellationToken cancellationToken)
    {
        int port = FindPort();
        var start = new ProcessStartInfo(
            "redis-server",
            ["--port", Text(port), "--bind", "127.0.0.1", "--save", "", "--client-output-buffer-limit", "pubsub 0 0 0", "--dir", Path.GetTempPath()]);
        ServerProcess redis = Start(start, port, "Install it, for example with: sudo apt-get install redis-server");
        await redis.WaitAsync(() => redis.CanConnectAsync(cancellationToken), cancellationToken);
        return redis;
    }

    /// <summary>Starts a relay on a free port, and waits until it is ready.</summary>
    /// <exception cref="BenchException">It did not become ready.</exception>
    public static async Task<ServerProcess> StartRelayAsync(RelayStart relayStart, CancellationToken cancellationToken)
    {
        int port = FindPort();
        ProcessStartInfo start = StartOf(relayStart.Path, []);
        start.Environment["CECELIA_REDIS_URL"] = $"redis://127.0.0.1:{Text(relayStart.RedisPort)}";
        start.Environment["CECELIA_WS_PORT"] = Text(port);
        string? socketPath = relayStart.IsUnix ? Path.Combine(Path.GetTempPath(), $"relay-bench-{Text(Environment.ProcessId)}.sock") : null;
        start.Environment["CECELIA_WS_BIND"] = relayStart.IsUnix ? $"unix:{socketPath}" : "127.0.0.1";
        if (relayStart.IsKestrel) start.Environment["CECELIA_SOCKETS"] = "kestrel";
        else start.Environment.Remove("CECELIA_SOCKETS");
        if (relayStart.Connections is { } maximum) start.Environment["CECELIA_MAX_CONNECTIONS"] = Text(maximum);
        start.Environment["CECELIA_TLS_CERTIFICATE"] = relayStart.Certificate ?? "";
        ServerProcess relay = Start(start, port, "Build it with: make publish");
        relay.SocketPath = socketPath;
        using var handler = new SocketsHttpHandler { ConnectCallback = async (_, cancelled) => new NetworkStream(await relay.ConnectAsync(cancelled), true) };
#pragma warning disable CA5359 // The certificate is this program's own.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        using var http = new HttpClient(handler);
        var ready = new Uri(relayStart.Certificate is null ? "http://localhost/readyz" : "https://localhost/readyz");
        await relay.WaitAsync(() => IsReadyAsync(http, ready, cancellationToken), cancellationToken);
        return relay;
    }

    /// <summary>Starts this program's floor on a free port.</summary>
    /// <exception cref="BenchException">It did not start.</exception>
    public static async Task<ServerProcess> StartFloorAsync(bool isBatched, string channel, int redisPort, CancellationToken cancellationToken)
    {
        int port = FindPort();
        string[] arguments = ["floor", "--port", Text(port), "--redis-port", Text(redisPort), "--channel", channel];
        if (isBatched) arguments = [.. arguments, "--batched"];
        // Without its own executable, this program runs as an argument of dotnet.
        bool isDotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        string self = isDotnet ? Path.Combine(AppContext.BaseDirectory, "Relay.Bench.dll") : Environment.ProcessPath!;
        ServerProcess floor = Start(StartOf(self, arguments), port, "");
        await floor.WaitAsync(() => Task.FromResult(floor.Output.Contains("Listening", StringComparison.Ordinal)), cancellationToken);
        return floor;
    }

    public void Dispose()
    {
        try
        {
            _process.Kill();
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }

        _process.Dispose();
    }

    private string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static ProcessStartInfo StartOf(string path, string[] arguments) =>
        path.EndsWith(".dll", StringComparison.Ordinal) ? new ProcessStartInfo("dotnet", [path, .. arguments]) : new ProcessStartInfo(path, arguments);

    private static ServerProcess Start(ProcessStartInfo start, int port, string advice)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        try
        {
            return new ServerProcess(Process.Start(start)!, port);
        }
        catch (Win32Exception failure)
        {
            throw new BenchException($"{start.FileName} cannot be started: {failure.Message}. {advice}".TrimEnd());
        }
    }

    private static int FindPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task<bool> CanConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            using Socket socket = await ConnectAsync(cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        Socket socket = SocketPath is null
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            EndPoint endpoint = SocketPath is null ? new IPEndPoint(IPAddress.Loopback, Port) : new UnixDomainSocketEndPoint(SocketPath);
            await socket.ConnectAsync(endpoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, Uri ready, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync(ready, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task WaitAsync(Func<Task<bool>> isUp, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await isUp())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(start) > StartDeadline)
            {
                Dispose();
                throw new BenchException($"A process did not start. Its output: {Output}");
            }

            await Task.Delay(StartInterval, cancellationToken);
        }
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            if (line is not null && _output.Length < MaxOutputCharacters) _output.AppendLine(line);
        }
    }
}

/// <summary>How a relay is started.</summary>
/// <param name="Path">Its executable, or Relay.dll.</param>
/// <param name="RedisPort">The port of its Redis on 127.0.0.1.</param>
internal sealed record RelayStart(string Path, int RedisPort)
{
    /// <summary>Whether it listens on a Unix socket in place of the port.</summary>
    public bool IsUnix { get; init; }

    /// <summary>Whether it uses the sockets of Kestrel in place of its own.</summary>
    public bool IsKestrel { get; init; }

    /// <summary>The certificate of its TLS; null without TLS.</summary>
    public string? Certificate { get; init; }

    /// <summary>The connections that it accepts; null: its default.</summary>
    public int? Connections { get; init; }
}
