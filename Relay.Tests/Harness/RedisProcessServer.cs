using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>A <c>redis-server</c> process on loopback with its own temporary folder.</summary>
internal sealed partial class RedisProcessServer(RedisServerOptions options, int port) : RedisServer(options, port)
{
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly string _folder = Directory.CreateTempSubdirectory("relay-redis-").FullName;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private protected override string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public override async Task StopAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync().Within();
        process.Dispose();
    }

    public override void Freeze() => Signal(SigStop);

    public override void Continue() => Signal(SigCont);

    private protected override Task LaunchAsync()
    {
        if (Certificate is { } certificate)
        {
            File.WriteAllBytes(Path.Combine(_folder, RedisCertificate.CertificateFile), certificate.Certificate);
            File.WriteAllBytes(Path.Combine(_folder, RedisCertificate.KeyFile), certificate.Key);
        }

        var start = new ProcessStartInfo(
            "redis-server",
            Options.Sentinel is null ? Arguments("127.0.0.1", Port, _folder) : SentinelArguments(Options.Sentinel))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => AppendOutput(line.Data);
        process.ErrorDataReceived += (_, line) => AppendOutput(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        return Task.CompletedTask;
    }

    private protected override async Task AssertRunsAsync()
    {
        if (!_process!.HasExited) return;
        // Wait until the last line of the output has been read, which is after the exit.
        await _process.WaitForExitAsync().Within();
        throw new InvalidOperationException($"redis-server on {Port} has ended with code {_process.ExitCode}: {Output}");
    }

    private protected override ValueTask ReleaseAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    /// <summary>Writes the configuration once: a Sentinel persists its state in this file.</summary>
    private string[] SentinelArguments(IReadOnlyList<string> masters)
    {
        string file = Path.Combine(_folder, "sentinel.conf");
        string[] lines = ["bind 127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"port {Port}"), "protected-mode no", "dir " + _folder, .. masters];
        if (!File.Exists(file))
        {
            File.WriteAllLines(
                file, Options.Password is null ? lines : [.. lines, "requirepass " + Options.Password, "sentinel sentinel-pass " + Options.Password]);
        }

        return [file, "--sentinel"];
    }

    private void Signal(int signal) => Assert.Equal(0, Kill(_process!.Id, signal));

    private void AppendOutput(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }
}
