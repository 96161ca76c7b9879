using System.Text.RegularExpressions;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Access;
using Cecelia.Relay.Tests.Delivery;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Health;

/// <summary>The table of deploy/OPERATIONS.md, <i>Metrics</i>, lists every metric of the relay with its tags.</summary>
public sealed partial class MetricsDocumentTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Table_lists_every_metric_with_its_tags()
    {
        // Nothing listens on this port: the metrics of the bridge exist from the start.
        Assert.True(PostgresUrl.TryParse("postgresql://127.0.0.1:1/brain", out PostgresUrl? postgres, out _));
        using var issuer = new TokenIssuer();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url, options => options with
            {
                Tokens = issuer.Options,
                Postgres = new PostgresOptions { Url = postgres },
                Tls = options.Tls with { CertificateFile = TestCertificate.File },
            });
        string metrics = relay.Get<PrometheusReader>().CollectText();

        IEnumerable<string> served = Sample().Matches(metrics).Select(Name).Distinct();

        Assert.Equal(served.Order(StringComparer.Ordinal), Rows().Order(StringComparer.Ordinal));
    }

    /// <summary>Returns the metrics of the table, without their tags.</summary>
    public static IEnumerable<string> Names() => Rows().Select(metric => metric.Split('{')[0]);

    private static IEnumerable<string> Rows() =>
        Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "OPERATIONS.md"))).Select(match => match.Groups["metric"].Value);

    /// <summary>Returns the metric with its tags, for example <c>relay_connections_closed_total{code,transport}</c>; a histogram by its base name.</summary>
    private static string Name(Match sample)
    {
        string[] tags = [.. sample.Groups["tag"].Captures.Select(tag => tag.Value).Where(tag => tag != "le").Order(StringComparer.Ordinal)];
        string name = HistogramSuffix().Replace(sample.Groups["name"].Value, "");
        return tags.Length == 0 ? name : $"{name}{{{string.Join(',', tags)}}}";
    }

    [GeneratedRegex("""^(?<name>relay_\w+)(\{(,?(?<tag>\w+)="[^"]*")*\})? """, RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("^\\| `(?<metric>relay_[^`]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();
}
