using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Tests.Health;

/// <summary>PROTOCOL.md, <i>Endpoints</i>: what operators and machines ask. Alone, as meters are shared by all relays of a process.</summary>
[Collection(Alone.Name)]
public sealed partial class MetricsTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Metrics_are_prometheus_text_in_every_line()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await MakeTrafficAsync(relay);

        (HttpStatusCode status, string text, HttpResponseMessage response) = await relay.GetAsync("/metrics");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var types = new Dictionary<string, string>();
        var samples = new HashSet<string>();
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal)) continue;
            if (TypeLine().Match(line) is { Success: true } type)
            {
                // Once for each name, and before its samples.
                Assert.True(types.TryAdd(type.Groups["name"].Value, type.Groups["type"].Value), line);
                continue;
            }

            Match sample = SampleLine().Match(line);
            Assert.True(sample.Success, line);
            Assert.True(samples.Add(sample.Groups["series"].Value), $"twice: {line}");
            string name = sample.Groups["name"].Value;
            Assert.True(types.ContainsKey(name) || types.GetValueOrDefault(Suffix().Replace(name, "")) == "histogram", $"no type: {line}");
            Assert.True(double.TryParse(sample.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _), line);
        }
    }

    [Fact]
    public async Task Metrics_count_what_happened()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await MakeTrafficAsync(relay);

        Dictionary<string, double> metrics = await ReadAsync(relay);

        Assert.Equal(12, metrics["relay_events_received_total"]);
        Assert.Equal(10, metrics["relay_events_accepted_total"]);
        Assert.Equal(0, metrics["relay_events_dropped_total"]);
        Assert.Equal(1, metrics["""relay_events_refused_total{reason="not_json"}"""]);
        Assert.Equal(1, metrics["""relay_events_refused_total{reason="bad_data"}"""]);
        Assert.Equal(0, metrics["""relay_events_refused_total{reason="too_large"}"""]);
        Assert.Equal(20, metrics["relay_events_delivered_total"]);
        Assert.Equal(0, metrics["relay_events_missed_total"]);
        Assert.Equal(2, metrics["relay_connections_opened_total"]);
        Assert.Equal(1, metrics["relay_connections_open"]);
        Assert.Equal(1, metrics["""relay_connections_closed_total{code="1000"}"""]);
        Assert.Equal(1, metrics["""relay_upgrades_refused_total{reason="not_an_upgrade"}"""]);
        Assert.Equal(1, metrics["relay_redis_subscribed"]);
        Assert.True(metrics["relay_event_lag_seconds_count"] >= 1);
        Assert.Equal(metrics["relay_event_lag_seconds_count"], metrics["""relay_event_lag_seconds_bucket{le="+Inf"}"""]);
    }

    [Fact]
    public async Task Status_says_the_same_as_the_metrics()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await MakeTrafficAsync(relay);

        JsonElement status = await relay.GetJsonAsync("/api/v1/status");

        Assert.Equal(1, status.GetProperty("connections").GetInt32());
        Assert.Equal("subscribed", status.GetProperty("redis").GetProperty("state").GetString());
        JsonElement events = status.GetProperty("events");
        Assert.Equal((12, 0, 10, 20, 0), (Count("received"), Count("dropped"), Count("accepted"), Count("delivered"), Count("missed")));

        int Count(string name) => events.GetProperty(name).GetInt32();
    }

    /// <summary>Two clients get ten events; two payloads are refused, one request is, and one client leaves.</summary>
    private async Task MakeTrafficAsync(RunningRelay relay)
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        RawClient stays = await relay.ConnectRawAsync();
        await using TestClient leaves = await relay.ConnectAsync();
        // The response to the upgrade comes before the pump knows its client, and what it is given on joining makes no round.
        View view = relay.Get<Feed>().Acquire(new ViewKind(Filter.None, Dialect.Cecelia, FrameEncoding.Plain));
        await Eventually.TrueAsync(() => Enumerable.Range(0, relay.Get<PumpSet>().All.Count).Any(pump => view.On(pump).HasClients));
        relay.Get<Feed>().Release(view);
        await publisher.PublishAsync(["no", """{"event":"task:progress","data":{"progress":101}}""", .. Numbered.Payloads(0, 10)]);
        Numbered.AssertInOrder(await leaves.ReceiveEventsAsync(10));
        for (int i = 0; i < 10; i++) await stays.ReadMessageAsync();
        await leaves.CloseAsync();
        await relay.HasConnectionsAsync(1);
        await relay.GetAsync("/ws");
        await Eventually.TrueAsync(() => relay.Get<PumpSet>().Delivered == 20);
        // The end of a round is measured after its last delivery.
        await Eventually.TrueAsync(async () => (await ReadAsync(relay)).ContainsKey("relay_event_lag_seconds_count"));
    }

    private static async Task<Dictionary<string, double>> ReadAsync(RunningRelay relay) =>
        (await relay.GetAsync("/metrics")).Body.Split('\n').Select(line => SampleLine().Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups["series"].Value, match => double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex("""^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$""")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^(?<series>(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*\})?) (?<value>\S+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
