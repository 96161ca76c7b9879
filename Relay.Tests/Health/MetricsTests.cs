using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Tests.Commands;

namespace Cecelia.Relay.Tests.Health;

/// <summary>PROTOCOL.md, <i>Endpoints</i>: metrics and status. Runs alone, because some metrics count for the whole process.</summary>
[Collection(SerialTests.Name)]
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
            Assert.True(samples.Add(sample.Groups["series"].Value), $"duplicate series: {line}");
            string name = sample.Groups["name"].Value;
            Assert.True(types.ContainsKey(name) || types.GetValueOrDefault(Suffix().Replace(name, "")) == "histogram", $"no type: {line}");
            Assert.True(double.TryParse(sample.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _), line);
        }
    }

    [Fact]
    public async Task Metrics_count_events_and_connections()
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
        Assert.Equal(2, metrics["""relay_connections_opened_total{transport="websocket"}"""]);
        Assert.Equal(1, metrics["""relay_connections_open{transport="websocket"}"""]);
        Assert.Equal(1, metrics["""relay_connections_closed_total{code="1000",transport="websocket"}"""]);
        Assert.Equal(1, metrics["""relay_upgrades_refused_total{reason="not_an_upgrade",transport="websocket"}"""]);
        Assert.Equal(1, metrics["relay_redis_subscribed"]);
        Assert.True(metrics["relay_event_lag_seconds_count"] >= 1);
        Assert.Equal(metrics["relay_event_lag_seconds_count"], metrics["""relay_event_lag_seconds_bucket{le="+Inf"}"""]);
    }

    /// <summary>Covers an event from the future, which was recorded as a lag of 0, the best possible.</summary>
    [Fact]
    public async Task Event_dated_in_the_future_is_counted_and_has_no_lag()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient client = await relay.ConnectAsync();
        await Eventually.TrueAsync(() => HasPlainClients(relay));
        DateTimeOffset now = relay.Get<TimeProvider>().GetUtcNow();

        await publisher.PublishAsync(Dated(now.AddHours(1)));
        await client.ReceiveAsync();
        await publisher.PublishAsync(Dated(now.AddHours(-1)));
        await client.ReceiveAsync();

        // The round of the second event is measured after that of the first.
        Dictionary<string, double> metrics = [];
        await Eventually.TrueAsync(async () => Late(metrics = await ReadAsync(relay)) == 1);
        Assert.Equal((1, 1), (metrics["relay_event_lag_seconds_count"], metrics["relay_events_ahead_total"]));

        static string Dated(DateTimeOffset time) => $$"""{"event":"log","timestamp":"{{time:yyyy-MM-ddTHH:mm:ssZ}}"}""";
        static double Late(Dictionary<string, double> metrics) =>
            metrics["""relay_event_lag_seconds_bucket{le="+Inf"}"""] - metrics["""relay_event_lag_seconds_bucket{le="60"}"""];
    }

    [Fact]
    public async Task Metrics_of_two_relays_in_one_process_are_separate()
    {
        await using RunningRelay first = await RunningRelay.StartAsync(redis.Url);
        await using RunningRelay second = await RunningRelay.StartAsync(redis.Url);
        await using TestClient client = await first.ConnectAsync();

        Assert.Equal(1, (await ReadAsync(first))["""relay_connections_opened_total{transport="websocket"}"""]);
        Assert.Equal(0, (await ReadAsync(second))["""relay_connections_opened_total{transport="websocket"}"""]);
    }

    [Fact]
    public async Task Metrics_of_a_fresh_relay_have_every_series()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);

        Dictionary<string, double> fresh = Own(await ReadAsync(relay));

        Assert.Equal(0, fresh["""relay_connections_opened_total{transport="websocket"}"""]);
        Assert.Equal(0, fresh["""relay_connections_opened_total{transport="event_stream"}"""]);
        Assert.Equal(0, fresh["""relay_connections_closed_total{code="1001",transport="event_stream"}"""]);
        Assert.Equal(0, fresh["""relay_connections_closed_total{code="other",transport="websocket"}"""]);
        Assert.Equal(0, fresh["""relay_upgrades_refused_total{reason="method_not_allowed",transport="event_stream"}"""]);
        Assert.Equal(0, fresh["""relay_event_lag_seconds_bucket{le="0.0005"}"""]);
        Assert.Equal((0, 0), (fresh["""relay_event_lag_seconds_bucket{le="+Inf"}"""], fresh["relay_event_lag_seconds_count"]));

        await MakeTrafficAsync(relay);
        await (await EventStreamClient.ConnectAsync(relay)).DisposeAsync();
        await relay.SendAsync(HttpMethod.Post, "/events");
        await using (RawClient abrupt = await relay.ConnectRawAsync()) await abrupt.SendAsync(WireFrame.OfClose(3000));
        await Eventually.TrueAsync(async () => (await ReadAsync(relay))["""relay_connections_closed_total{code="other",transport="websocket"}"""] == 1);
        await relay.WaitForConnectionsAsync(1);

        Dictionary<string, double> used = Own(await ReadAsync(relay));
        Assert.True(used["relay_event_lag_seconds_count"] > 0);
        Assert.Equal(fresh.Keys.Order(), used.Keys.Order());

        static Dictionary<string, double> Own(Dictionary<string, double> all) =>
            all.Where(series => series.Key.StartsWith("relay_", StringComparison.Ordinal)).ToDictionary();
    }

    [Fact]
    public async Task Metrics_and_status_report_state_journal_and_resumes()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { State = options.State with { MaxEntities = 6 } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        string[] payloads =
        [
            """{"event":"task:completed","data":{"taskId":"over"},"timestamp":"2026-02-06T08:30:00Z"}""",
            """{"event":"task:progress","data":{"taskId":"over","progress":9},"timestamp":"2026-02-06T08:29:00Z"}""",
            """{"event":"task:created","data":{"taskId":"first"}}""",
            $$$"""{"event":"task:created","data":{"taskId":"large","note":"{{{new string('x', 70_000)}}}"}}""",
            """{"event":"executor:status","data":{"activeCount":1}}""",
            """{"event":"status","data":{"status":"running"},"execution_id":"e1"}""",
            """{"event":"node_state_change","data":{"status":"running"},"node_id":"n1"}""",
            """{"type":"agent_spawned","data":{"agent_id":"a1"}}""",
            """{"type":"plan_generated","project_id":"p1","data":{}}""",
        ];
        await publisher.PublishAsync(payloads);
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == payloads.Length);
        string position;
        await using (SubprotocolClient fresh = await SubprotocolClient.ConnectAsync(relay.WebSocket))
        {
            await fresh.ReceiveSnapshotAsync();
            position = fresh.Position!;
            await fresh.Socket.SendAsync("""{"type":"hello"}""");
            await fresh.ReceiveAsync("relay:hello");
        }

        await using SubprotocolClient resumed = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: position);
        for (int i = 0; i < 3; i++) await using (await SubprotocolClient.ConnectAsync(relay.WebSocket, since: "elsewhere")) { }
        relay.Get<Feed>().NoteGap(new Gap(GapCause.Restart));
        // A client that has left no longer holds a snapshot.
        await relay.WaitForConnectionsAsync(1);

        Dictionary<string, double> metrics = await ReadAsync(relay);
        JsonElement status = await relay.GetJsonAsync("/api/v1/status");

        // Nine events made eight entities, and six may stay: the completed task was evicted first, then the least recently changed entity.
        Same(1, """relay_state_entities{kind="task"}""", "state", "entities", "task");
        Same(1, """relay_state_entities{kind="executor"}""", "state", "entities", "executor");
        Same(1, """relay_state_entities{kind="execution"}""", "state", "entities", "execution");
        Same(1, """relay_state_entities{kind="node"}""", "state", "entities", "node");
        Same(1, """relay_state_entities{kind="agent"}""", "state", "entities", "agent");
        Same(1, """relay_state_entities{kind="project"}""", "state", "entities", "project");
        Same(relay.Get<Feed>().State.Bytes, "relay_state_held_bytes", "state", "bytes");
        Assert.InRange(metrics["relay_state_held_bytes"], 1000, 100_000);
        Same(1, "relay_state_stale_total", "state", "stale");
        Same(1, """relay_state_evicted_total{was="terminal"}""", "state", "evicted", "terminal");
        Same(1, """relay_state_evicted_total{was="live"}""", "state", "evicted", "live");
        Same(1, "relay_state_truncated_total", "state", "truncated");
        // The journal's origin and the gap are entries too.
        Same(payloads.Length + 2, "relay_journal_entries", "journal", "entries");
        Same(relay.Get<Feed>().JournalSize.Bytes, "relay_journal_held_bytes", "journal", "bytes");
        // The payloads, one chunk of undo copies and one page of their records.
        Assert.InRange(metrics["relay_journal_held_bytes"], payloads.Sum(payload => payload.Length), payloads.Sum(payload => payload.Length) + (64 * 1024));
        Same(1, """relay_gaps_total{cause="restart"}""", "gaps");
        Same(relay.Get<TimelineReader>().SnapshotBytes, "relay_snapshots_held_bytes", "snapshots", "bytes");
        Same(relay.Get<ViewTable>().FilterBytes, "relay_filters_held_bytes", "filters", "bytes");
        Assert.InRange(metrics["relay_snapshots_held_bytes"], 100, 10_000);
        Same(2, """relay_resumes_total{outcome="none"}""", "resumes", "none");
        Same(1, """relay_resumes_total{outcome="recovered"}""", "resumes", "recovered");
        Same(3, """relay_resumes_total{outcome="unknown"}""", "resumes", "unknown");
        Assert.Equal(relay.Get<Feed>().Position.ToString(), status.GetProperty("position").GetString());

        void Same(double expected, string metric, params string[] path)
        {
            Assert.True(metrics.TryGetValue(metric, out double value), metric);
            Assert.True(expected == value, $"{metric} is {value}, not {expected}");
            JsonElement at = path.Aggregate(status, (json, name) => json.GetProperty(name));
            Assert.True(expected == at.GetDouble(), $"{string.Join('.', path)} is {at}, not {expected}");
        }
    }

    [Fact]
    public async Task Metrics_and_status_report_the_outcomes_of_commands_and_replies()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using TestClient client = await relay.ConnectAsync();
        await client.SendAsync("""{"cmd":"start_session"}""");
        await client.ReceiveAsync();
        await client.SendAsync("""{"cmd":"unheard_of"}""");
        await client.ReceiveAsync();
        string id;
        await using (FakeBrain brain = await FakeBrain.ConnectAsync(redis.Url))
        {
            await client.SendAsync("""{"cmd":"start_session"}""");
            id = (await brain.ReceiveAsync()).GetProperty("id").GetString()!;
            await brain.PublishAsync($$"""{"event":"answer","reply_to":"{{id}}"}""", $$"""{"event":"answer","reply_to":"x{{id}}"}""");
        }

        await client.ReceiveAsync();
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 2 && relay.Get<CommandCounts>().Count(CommandOutcome.Published) == 1);

        Dictionary<string, double> metrics = await ReadAsync(relay);
        JsonElement commands = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("commands");
        foreach (CommandOutcome outcome in CommandOutcomes.All)
        {
            int expected = outcome is CommandOutcome.Published or CommandOutcome.NoReceiver or CommandOutcome.NotAllowed ? 1 : 0;
            Assert.Equal(expected, metrics[$$"""relay_commands_total{outcome="{{outcome.ToWireName()}}"}"""]);
            Assert.Equal(
                expected, (outcome == CommandOutcome.Published ? commands : commands.GetProperty("refused")).GetProperty(outcome.ToWireName()).GetInt32());
        }

        Assert.Equal((0, 0), (metrics["relay_commands_pending"], commands.GetProperty("pending").GetInt32()));
        foreach (ReplyOutcome outcome in ReplyOutcomes.All)
        {
            int expected = outcome is ReplyOutcome.Gone or ReplyOutcome.Hidden ? 0 : 1;
            Assert.Equal(expected, metrics[$$"""relay_replies_total{outcome="{{outcome.ToWireName()}}"}"""]);
            Assert.Equal(expected, commands.GetProperty("replies").GetProperty(outcome.ToWireName()).GetInt32());
        }
    }

    [Fact]
    public async Task Metrics_distinguish_event_streams_from_websockets()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Connections = options.Connections with { MaxConnections = 2 } });
        await using TestClient socket = await relay.ConnectAsync();
        EventStreamClient leaving = await EventStreamClient.ConnectAsync(relay);
        await leaving.ReceiveSnapshotAsync(); // The headers are sent before the stream is counted.
        await (await EventStreamClient.ConnectAsync(relay)).DisposeAsync();
        await leaving.DisposeAsync();
        await relay.WaitForConnectionsAsync(1);
        await using EventStreamClient remaining = await EventStreamClient.ConnectAsync(relay);
        await remaining.ReceiveSnapshotAsync();

        Dictionary<string, double> metrics = await ReadAsync(relay);

        Assert.Equal(1, metrics["""relay_connections_open{transport="websocket"}"""]);
        Assert.Equal(1, metrics["""relay_connections_open{transport="event_stream"}"""]);
        Assert.Equal(1, metrics["""relay_connections_opened_total{transport="websocket"}"""]);
        Assert.Equal(2, metrics["""relay_connections_opened_total{transport="event_stream"}"""]);
        Assert.Equal(1, metrics["""relay_connections_closed_total{code="1006",transport="event_stream"}"""]);
        Assert.Equal(1, metrics["""relay_upgrades_refused_total{reason="too_many_connections",transport="event_stream"}"""]);
        Assert.Equal(2, (await relay.GetJsonAsync("/api/v1/status")).GetProperty("connections").GetInt32());
    }

    [Fact]
    public async Task Status_agrees_with_the_metrics()
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

    /// <summary>Publishes ten events to two clients and two payloads that are refused, sends a request that is refused, and closes one client.</summary>
    private async Task MakeTrafficAsync(RunningRelay relay)
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        RawClient remaining = await relay.ConnectRawAsync();
        await using TestClient leaving = await relay.ConnectAsync();
        await Eventually.TrueAsync(() => HasPlainClients(relay));
        await publisher.PublishAsync(["no", """{"event":"task:progress","data":{"progress":101}}""", .. Numbered.Payloads(0, 10)]);
        Numbered.AssertInOrder(await leaving.ReceiveEventsAsync(10));
        for (int i = 0; i < 10; i++) await remaining.ReadMessageAsync();
        await leaving.CloseAsync();
        await relay.WaitForConnectionsAsync(1);
        await relay.GetAsync("/ws");
        await Eventually.TrueAsync(() => relay.Get<PumpSet>().Delivered == 20);
        // The end of a round is measured after its last delivery.
        await Eventually.TrueAsync(async () => (await ReadAsync(relay))["relay_event_lag_seconds_count"] > 0);
    }

    /// <summary>
    /// Returns whether the pumps have clients: the response to the upgrade is sent earlier, and what a client gets on joining is not a round.
    /// </summary>
    private static bool HasPlainClients(RunningRelay relay)
    {
        View view = relay.Get<TimelineReader>().Acquire(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain))!;
        bool hasClients = Enumerable.Range(0, relay.Get<PumpSet>().All.Count).Any(pump => view.On(pump).HasClients);
        relay.Get<TimelineReader>().Release(view);
        return hasClients;
    }

    internal static async Task<Dictionary<string, double>> ReadAsync(RunningRelay relay) =>
        (await relay.GetAsync("/metrics")).Body.Split('\n').Select(line => SampleLine().Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups["series"].Value, match => double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex("""^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$""")]
    private static partial Regex TypeLine();

    [GeneratedRegex(
        """^(?<series>(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*\})?) (?<value>\S+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
