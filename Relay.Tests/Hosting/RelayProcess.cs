using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>The relay as a separate process, as an operator runs it.</summary>
internal sealed partial class RelayProcess : IAsyncDisposable
{
    private const int SigHup = 1;
    private const int SigTerm = 15;
    private const int SigInt = 2;
    private const int SigCont = 18;
    private const int SigStop = 19;
    private static readonly HttpClient Client = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
    private static int s_users;
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    /// <summary>The command prefix that runs a program as the user of the relay; empty for the user of the tests.</summary>
    private readonly string[] _user;

    /// <summary>The suffix of the URL schemes: s with TLS, otherwise empty.</summary>
    private readonly string _secure;

    private RelayProcess(Process process, string[] user, int port, bool isSecure) =>
        (_process, _user, Port, _secure) = (process, user, port, isSecure ? "s" : "");

    public int Port { get; }

    public Uri Http => new(string.Create(CultureInfo.InvariantCulture, $"http{_secure}://127.0.0.1:{Port}/"));

    public Uri WebSocket => new(string.Create(CultureInfo.InvariantCulture, $"ws{_secure}://127.0.0.1:{Port}/ws"));

    /// <summary>The output so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts the relay with these settings and no others. Does not wait.</summary>
    public static RelayProcess Start(int port, params (string Name, string Value)[] settings) => Start([], Program, port, settings);

    /// <summary>Starts the relay under limits of the system; see <see cref="Start(int, ValueTuple{string, string}[])"/>.</summary>
    /// <param name="port">The port to listen on.</param>
    /// <param name="limits">Shell commands, such as <c>ulimit -n 400</c>.</param>
    /// <param name="settings">Environment variables.</param>
    public static RelayProcess StartLimited(int port, string limits, params (string Name, string Value)[] settings) =>
        StartIn($"{limits} && exec \"$@\"", port, settings);

    /// <summary>Starts the relay from a shell script in which "$@" is the relay; see <see cref="Start(int, ValueTuple{string, string}[])"/>.</summary>
    public static RelayProcess StartIn(string script, int port, params (string Name, string Value)[] settings) =>
        Start([], ["sh", "-c", script, "sh", .. Program], port, settings);

    /// <summary>
    /// Starts the relay like <see cref="Start(int, ValueTuple{string, string}[])"/>, but as a user of its own if the tests run as root, to whom limits of
    /// threads do not apply. The process keeps the right to read the program's files.
    /// </summary>
    /// <param name="port">The port to listen on.</param>
    /// <param name="threads">Maximum number of threads from the start; zero sets no limit.</param>
    /// <param name="settings">Environment variables.</param>
    public static RelayProcess StartUnprivileged(int port, int threads, params (string Name, string Value)[] settings)
    {
        // A new user, so that threads of other processes do not count.
        string id = string.Create(CultureInfo.InvariantCulture, $"{300_000 + (Environment.ProcessId % 1000 * 1000) + Interlocked.Increment(ref s_users)}");
        string[] user = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid", id, "--clear-groups", "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
            : [];
        string[] limit = threads > 0 ? ["prlimit", string.Create(CultureInfo.InvariantCulture, $"--nproc={threads}:")] : [];
        return Start(user, [.. user, .. limit, .. Program], port, settings);
    }

    /// <summary>The executable of <c>make publish</c> if <c>CECELIA_TEST_RELAY</c> names it; otherwise the one built with the tests.</summary>
    private static string[] Program => Environment.GetEnvironmentVariable("CECELIA_TEST_RELAY") is { Length: > 0 } published
        ? [published]
        : ["dotnet", Path.Combine(AppContext.BaseDirectory, "Relay.dll")];

    private static RelayProcess Start(string[] user, string[] command, int port, (string Name, string Value)[] settings)
    {
        // A shell that runs the tests in the background ignores SIGINT, and nohup ignores SIGHUP. The relay would inherit that. Its standard input is not a
        // terminal.
        var start = new ProcessStartInfo("env", ["--default-signal=INT,HUP", .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (
            string inherited in start.Environment.Keys
                .Where(name => name.StartsWith("CECELIA_", StringComparison.Ordinal) || name.StartsWith("OTEL_", StringComparison.Ordinal))
                .ToArray())
        {
            start.Environment.Remove(inherited);
        }

        start.Environment["CECELIA_WS_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["CECELIA_WS_BIND"] = "127.0.0.1";
        if (TestTransport.Setting is { } transport) start.Environment["CECELIA_SOCKETS"] = transport;
        foreach ((string name, string value) in settings) start.Environment[name] = value;
        var relay = new RelayProcess(new Process { StartInfo = start }, user, port, settings.Any(setting => setting.Name == "CECELIA_TLS_CERTIFICATE"));
        relay._process.OutputDataReceived += relay.AppendOutput;
        relay._process.ErrorDataReceived += relay.AppendOutput;
        relay._process.Start();
        relay._process.BeginOutputReadLine();
        relay._process.BeginErrorReadLine();
        return relay;
    }

    /// <summary>Reads the status; returns null if there is no response.</summary>
    public async Task<JsonElement?> StatusAsync()
    {
        try
        {
            return JsonDocument.Parse(await Client.GetStringAsync(new Uri(Http, "/api/v1/status")).Within()).RootElement;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Completes when the relay is ready.</summary>
    public Task ReadyAsync() => Eventually.TrueAsync(
        async () =>
        {
            Assert.False(_process.HasExited, Output);
            try
            {
                using HttpResponseMessage response = await Client.GetAsync(new Uri(Http, "/readyz")).Within();
                return response.StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        TestTimeouts.Default,
        () => Output);

    /// <summary>Sends SIGHUP.</summary>
    public void HangUp() => Assert.Equal(0, Kill(_process.Id, SigHup));

    /// <summary>Sends SIGHUP to the relay if it runs as a child of another program.</summary>
    public void HangUpChild()
    {
        string[] children =
            File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/task/{Id}/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(0, Kill(int.Parse(Assert.Single(children), CultureInfo.InvariantCulture), SigHup));
    }

    public void Terminate() => Assert.Equal(0, Kill(_process.Id, SigTerm));

    /// <summary>Sends SIGKILL: the process has no time to clean up.</summary>
    public void End() => _process.Kill();

    /// <summary>Sends SIGSTOP: the connections stay open, and the process is suspended.</summary>
    public void Freeze() => Assert.Equal(0, Kill(_process.Id, SigStop));

    /// <summary>Sends SIGCONT: the process resumes.</summary>
    public void Continue() => Assert.Equal(0, Kill(_process.Id, SigCont));

    /// <summary>Prevents the process from starting further threads. Existing ones stay.</summary>
    public void ForbidThreads() => LimitThreads(1);

    /// <summary>Removes the limit of threads.</summary>
    public void AllowThreads() => LimitThreads(4096);

    /// <summary>Whether the process is running.</summary>
    public bool IsRunning => !_process.HasExited;

    public void Interrupt() => Assert.Equal(0, Kill(_process.Id, SigInt));

    /// <summary>Waits for the process to exit and returns its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().Within();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync().Within();
        _process.Dispose();
    }

    /// <summary>Uses a program that runs as the same user: root in a container may not change the limits of another user.</summary>
    private void LimitThreads(int maxThreads)
    {
        string[] command =
        [
            .. _user,
            "prlimit",
            string.Create(CultureInfo.InvariantCulture, $"--pid={_process.Id}"),
            string.Create(CultureInfo.InvariantCulture, $"--nproc={maxThreads}:"),
        ];
        using var limiting = Process.Start(command[0], command.Skip(1));
        Assert.True(limiting.WaitForExit(TestTimeouts.Default));
        Assert.Equal(0, limiting.ExitCode);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    private void AppendOutput(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }
}
