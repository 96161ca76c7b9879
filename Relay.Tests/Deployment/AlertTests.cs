using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Access;
using Cecelia.Relay.Tests.Delivery;
using Cecelia.Relay.Tests.Health;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>The alert rules, the dashboard and the runbook agree with each other and with the relay.</summary>
public sealed partial class AlertTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "observability");

    /// <summary>The names of all alerts, in the order of the file.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. AlertName().Matches(File.ReadAllText(Path.Combine(Folder, "alerts.yml"))).Select(match => match.Groups["name"].Value)];

    [Fact]
    public void Every_alert_has_a_section_of_the_runbook_with_its_three_parts_and_a_link_to_it()
    {
        string runbook = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "RUNBOOK.md"));
        string rules = File.ReadAllText(Path.Combine(Folder, "alerts.yml"));

        Assert.Equal(Names, Section().Matches(runbook).Select(match => match.Groups["name"].Value));
        Assert.Equal(Names.Select(name => name.ToLowerInvariant()), Link().Matches(rules).Select(match => match.Groups["anchor"].Value));
        foreach (string section in runbook.Split("\n### ")[1..])
        {
            Assert.Equal(["Meaning", "First look", "First action"], Part().Matches(section).Select(match => match.Groups["part"].Value));
        }
    }

    [Fact]
    public async Task Metrics_of_the_dashboard_and_the_alerts_are_served_by_the_relay()
    {
        Assert.True(PostgresUrl.TryParse("postgresql://127.0.0.1:1/brain", out PostgresUrl? postgres, out _));
        using var issuer = new TokenIssuer();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with
            {
                Tokens = issuer.Options,
                Postgres = new PostgresOptions { Url = postgres },
                Tls = options.Tls with { CertificateFile = TestCertificate.File },
            });
        string text = relay.Get<PrometheusReader>().CollectText();
        HashSet<string> served =
        [
            .. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.AsSpan().IndexOfAny('{', ' ')]),
        ];
        string[] rules =
        [
            .. File.ReadLines(Path.Combine(Folder, "alerts.yml"))
                .Select(line => line.Trim())
                .Where(line => line.StartsWith("expr: ", StringComparison.Ordinal)),
        ];
        using JsonDocument dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "grafana", "relay.json")));
        string[] queries =
        [
            .. Queries(dashboard),
            .. dashboard.RootElement
                .GetProperty("templating")
                .GetProperty("list")
                .EnumerateArray()
                .Select(variable => variable.GetProperty("query").GetProperty("query").GetString()!),
        ];

        Assert.Equal(Names.Count, rules.Length);
        Assert.True(queries.Length >= 40, "queries were not found");
        foreach (string expression in rules.Concat(queries))
        {
            foreach (Match metric in Metric().Matches(expression))
            {
                Assert.True(served.Contains(metric.Value), $"the relay does not serve {metric.Value}, which is in: {expression}");
            }

            Assert.True(expression.Contains("up{", StringComparison.Ordinal) || Metric().IsMatch(expression), $"no metric is in: {expression}");
        }
    }

    [Fact]
    public void Every_metric_of_the_relay_is_on_the_dashboard()
    {
        using JsonDocument dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "grafana", "relay.json")));
        HashSet<string> shown = [.. Queries(dashboard).SelectMany(query => Metric().Matches(query)).Select(metric => metric.Value)];

        // A histogram is in the table by its base name.
        string[] missing = [.. MetricsDocumentTests.Names().Where(name => !shown.Contains(name) && !shown.Contains(name + "_bucket"))];

        Assert.Empty(missing);
    }

    [Fact]
    public void Rows_of_the_dashboard_follow_the_flow()
    {
        using JsonDocument dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "grafana", "relay.json")));

        string[] rows =
        [
            .. Panels(dashboard).Where(panel => panel.GetProperty("type").GetString() == "row").Select(panel => panel.GetProperty("title").GetString()!),
        ];

        Assert.Equal(
            [
                "Now", "1 · Publishers and Redis", "2 · Ingest", "3 · Journal and entity state", "4 · Fan-out", "5 · Clients", "6 · Commands", "Process",
            ],
            rows);
        int[] tops = [.. Panels(dashboard).Select(panel => panel.GetProperty("gridPos").GetProperty("y").GetInt32())];
        Assert.Equal(tops.Order(), tops);
    }

    /// <summary>promtool reads the files as Prometheus does. Without it, the test does nothing, and deploy/test.sh says so.</summary>
    [Theory]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("test", "rules", "alerts-test.yml")]
    [InlineData("check", "config", "prometheus.yml")]
    public async Task Promtool_accepts_the_file(string verb, string kind, string file)
    {
        if (!PrometheusServer.IsInstalled) return;
        DirectoryInfo copy = Directory.CreateTempSubdirectory("cecelia-promtool-");
        try
        {
            foreach (string source in Directory.GetFiles(Folder, "*.yml"))
            {
                // The path inside the container of compose.yaml.
                string text = (await File.ReadAllTextAsync(source)).Replace("/etc/prometheus/", "", StringComparison.Ordinal);
                await File.WriteAllTextAsync(Path.Combine(copy.FullName, Path.GetFileName(source)), text);
            }

            var start = new ProcessStartInfo("/usr/bin/promtool", [verb, kind, file])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = copy.FullName,
            };
            using Process promtool = Process.Start(start)!;
            Task<string> errors = promtool.StandardError.ReadToEndAsync();
            string output = await promtool.StandardOutput.ReadToEndAsync().Within();
            await promtool.WaitForExitAsync().Within();

            Assert.True(promtool.ExitCode == 0, output + await errors);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Queries(JsonDocument dashboard) => Panels(dashboard)
        .Where(panel => panel.GetProperty("type").GetString() != "row")
        .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
        .Select(target => target.GetProperty("expr").GetString()!);

    private static JsonElement.ArrayEnumerator Panels(JsonDocument dashboard) => dashboard.RootElement.GetProperty("panels").EnumerateArray();

    [GeneratedRegex(@"^      - alert: (?<name>\w+)$", RegexOptions.Multiline)]
    private static partial Regex AlertName();

    [GeneratedRegex(@"^### (?<name>\w+)$", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^          runbook: deploy/RUNBOOK\.md#(?<anchor>\w+)$", RegexOptions.Multiline)]
    private static partial Regex Link();

    [GeneratedRegex(@"^- \*\*(?<part>[\w ]+):\*\* \S", RegexOptions.Multiline)]
    private static partial Regex Part();

    [GeneratedRegex(@"\b(relay|dotnet)_\w+")]
    private static partial Regex Metric();
}
