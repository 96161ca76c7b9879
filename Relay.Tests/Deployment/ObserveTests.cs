using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>The dashboard and the alert rules of <c>deploy/observe</c> use only metrics that the relay serves.</summary>
public sealed partial class ObserveTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private static string Folder => Path.Combine(Repository.Root, "deploy", "observe");

    [Fact]
    public async Task Metrics_of_the_dashboard_and_the_alerts_are_served_by_the_relay()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        (_, string text, _) = await relay.GetAsync("/metrics");
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
            .. dashboard.RootElement
                .GetProperty("panels")
                .EnumerateArray()
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                .Select(target => target.GetProperty("expr").GetString()!),
            .. dashboard.RootElement
                .GetProperty("templating")
                .GetProperty("list")
                .EnumerateArray()
                .Select(variable => variable.GetProperty("query").GetProperty("query").GetString()!),
        ];

        Assert.True(rules.Length >= 10, "alert rules were not found");
        Assert.True(queries.Length >= 20, "queries were not found");
        foreach (string expression in rules.Concat(queries))
        {
            foreach (Match metric in Metric().Matches(expression))
            {
                Assert.True(served.Contains(metric.Value), $"the relay does not serve {metric.Value}, which is in: {expression}");
            }

            Assert.True(expression.Contains("up{", StringComparison.Ordinal) || Metric().IsMatch(expression), $"no metric is in: {expression}");
        }
    }

    [GeneratedRegex(@"\b(relay|dotnet)_\w+")]
    private static partial Regex Metric();
}
