using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>A real Prometheus with the rules of <c>deploy/observability</c>, in which each alert fires as soon as its expression is true.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The test framework calls DisposeAsync of IAsyncLifetime.")]
public sealed partial class PrometheusServer : IAsyncLifetime
{
    /// <summary>The path of the server of Debian's package.</summary>
    private const string Program = "/usr/bin/prometheus";

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cecelia-prometheus-");
    private readonly StringBuilder _output = new();
    private readonly int _port = RedisServer.FreePort();
    private Process? _process;

    /// <summary>Whether Debian's package with the server and promtool is installed.</summary>
    public static bool IsInstalled => File.Exists(Program) && File.Exists("/usr/bin/promtool");

    private string Targets => Path.Combine(_folder.FullName, "targets.json");

    public async Task InitializeAsync()
    {
        if (!IsInstalled) return;
        string rules = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy", "observability", "alerts.yml"));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "alerts.yml"), Delay().Replace(rules, "for: 0s"));
        await File.WriteAllTextAsync(Targets, "[]");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "prometheus.yml"), """
            global: { scrape_interval: 500ms, evaluation_interval: 500ms }
            rule_files: [alerts.yml]
            scrape_configs:
              - job_name: relay
                scrape_timeout: 500ms
                tls_config: { insecure_skip_verify: true }
                file_sd_configs: [{ files: [targets.json], refresh_interval: 1s }]
            """);
        var start = new ProcessStartInfo(
            Program,
            [
                "--config.file=prometheus.yml",
                $"--storage.tsdb.path={Path.Combine(_folder.FullName, "data")}",
                string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{_port}"),
                "--log.level=warn",
                "--enable-feature=exemplar-storage",
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Append;
        _process.ErrorDataReceived += Append;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.TrueAsync(IsReadyAsync, TestTimeouts.Default, Describe);
    }

    public async Task DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync().Within();
            process.Dispose();
        }

        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Replaces the targets. Returns when the target, if there is one, has been scraped: an increase is relative to an earlier sample.</summary>
    /// <param name="target">The address of a relay; null for no target.</param>
    /// <param name="scrapes">The number of scrapes to wait for.</param>
    internal async Task WatchAsync(Uri? target, int scrapes = 2)
    {
        string targets = target is null ? "[]" : $$$"""[{"targets":["{{{target.Authority}}}"],"labels":{"__scheme__":"{{{target.Scheme}}}"}}]""";
        string next = Targets + ".new";
        await File.WriteAllTextAsync(next, targets);
        File.Move(next, Targets, overwrite: true);
        if (target is null) return;
        await Eventually.TrueAsync(
            async () => (await QueryAsync($"count_over_time(up{{instance=\"{target.Authority}\"}}[1h]) >= {scrapes}")).GetArrayLength() > 0,
            TestTimeouts.Default,
            Describe);
    }

    /// <summary>Waits until the alert fires. An alert with the label <c>instance</c> must be about this target.</summary>
    internal Task WaitForAsync(string alert, Uri? target) => Eventually.TrueAsync(
        async () =>
        {
            JsonElement alerts = (await GetAsync("alerts")).GetProperty("alerts");
            return alerts.EnumerateArray().Any(one =>
                one.GetProperty("state").GetString() == "firing"
                && one.GetProperty("labels").GetProperty("alertname").GetString() == alert
                && (!one.GetProperty("labels").TryGetProperty("instance", out JsonElement instance) || instance.GetString() == target?.Authority));
        },
        TestTimeouts.Default,
        Describe);

    /// <summary>Returns the names of the alerts that fire for this target.</summary>
    internal async Task<string[]> FiringAsync(Uri target) =>
    [
        .. (await GetAsync("alerts")).GetProperty("alerts").EnumerateArray()
            .Where(one => one.GetProperty("labels").TryGetProperty("instance", out JsonElement instance) && instance.GetString() == target.Authority)
            .Select(one => one.GetProperty("labels").GetProperty("alertname").GetString()!),
    ];

    /// <summary>Waits until Prometheus has an exemplar of a metric, and returns its labels.</summary>
    internal async Task<JsonElement> WaitForExemplarAsync(string metric)
    {
        JsonElement labels = default;
        await Eventually.TrueAsync(
            async () =>
            {
                JsonElement found = await GetAsync($"query_exemplars?query={metric}&start=0&end=9999999999");
                if (found.GetArrayLength() == 0) return false;
                labels = found[0].GetProperty("exemplars")[0].GetProperty("labels");
                return true;
            },
            TestTimeouts.Default,
            Describe);
        return labels;
    }

    private async Task<JsonElement> QueryAsync(string expression) =>
        (await GetAsync("query?query=" + Uri.EscapeDataString(expression))).GetProperty("result");

    private async Task<JsonElement> GetAsync(string path)
    {
        Uri address = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/api/v1/{path}"));
        return JsonDocument.Parse(await _http.GetStringAsync(address).Within()).RootElement.GetProperty("data");
    }

    private async Task<bool> IsReadyAsync()
    {
        Uri ready = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/-/ready"));
        try
        {
            return (await _http.GetAsync(ready).Within()).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Append(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }

    private string Describe()
    {
        lock (_output) return _output.ToString();
    }

    [GeneratedRegex(@"\bfor: \w+")]
    private static partial Regex Delay();
}
