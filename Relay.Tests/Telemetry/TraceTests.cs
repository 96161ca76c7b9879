using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Events;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Telemetry;

/// <summary>
/// deploy/CONFIGURATION.md, <i>Telemetry</i>: traces of publishers are passed on and continued. Runs alone, because listeners are shared by the process.
/// </summary>
[Collection(SerialTests.Name)]
public sealed partial class TraceTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string SpanId = "00f067aa0ba902b7";
    private const string Sampled = $"00-{TraceId}-{SpanId}-01";
    private const string Unsampled = $"00-{TraceId}-{SpanId}-00";

    [Theory]
    [InlineData(Sampled)]
    [InlineData(Unsampled)]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-holds")]
    public void Valid_traceparent_is_kept_as_written(string trace)
    {
        DecodedEvent e = Decoding.Taken($$$"""{"event":"a","traceparent":"{{{trace}}}","data":{}}""");

        Assert.Equal($"\"{trace}\"", Decoding.Text(e.RawTraceParent));
        Assert.Equal(0, e.IgnoredFields);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("7")]
    [InlineData("{\"a\":1}")]
    [InlineData("\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more\"")]
    [InlineData("\"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"")]
    [InlineData("\"00-00000000000000000000000000000000-00f067aa0ba902b7-01\"")]
    [InlineData("\"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01\"")]
    [InlineData("\"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01\"")]
    [InlineData("\"00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01\"")]
    [InlineData("\"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more\"")]
    [InlineData("\"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-\\u0022\"")]
    public void Invalid_traceparent_is_ignored_and_counted(string trace)
    {
        foreach (string rest in (string[])[",\"data\":{}", ""])
        {
            DecodedEvent e = Decoding.Taken($$"""{"event":"a","traceparent":{{trace}}{{rest}}}""");
            Assert.True(e.RawTraceParent.IsEmpty);
            Assert.Equal(1, e.IgnoredFields);
        }
    }

    [Fact]
    public void Absent_traceparent_is_not_counted_and_a_repeated_one_is_refused()
    {
        Assert.Equal(0, Decoding.Taken("""{"event":"a","traceparent":null}""").IgnoredFields);
        Assert.Equal(
            RefusalReason.DuplicateField, Decoding.Decode($$"""{"event":"a","traceparent":"{{Sampled}}","traceparent":"{{Sampled}}"}""").Refusal);
        // A flat message's own fields are not its data.
        Assert.DoesNotContain(
            "traceparent", Decoding.Data(Decoding.Taken($$"""{"type":"status","execution_id":"e","traceparent":"{{Sampled}}"}""")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_of_the_subprotocol_get_the_traceparent_and_others_do_not()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient plain = await relay.ConnectAsync();
        await using TestClient board = await relay.ConnectAsync("?format=tasktree");
        await using SubprotocolClient rich = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await rich.ReceiveSnapshotAsync();

        await publisher.PublishAsync(
            [$$$"""{"event":"a","source":"s","seq":1,"traceparent":"{{{Sampled}}}","data":{}}""", """{"event":"b","traceparent":"x"}"""]);

        Assert.Contains($"\"seq\":1,\"traceparent\":\"{Sampled}\",\"id\":\"", (await rich.ReceiveAsync(null)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", (await rich.ReceiveAsync(null)).Text, StringComparison.Ordinal);
        foreach (TestClient client in (TestClient[])[plain, board])
        {
            Assert.DoesNotContain("traceparent", await client.ReceiveAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(1, relay.Get<Ingestor>().IgnoredFields);
    }

    [Fact]
    public async Task Sampled_event_has_a_span_of_its_reception_and_one_of_each_view_that_sends_it()
    {
        using var spans = new SpanCapture();
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { Fanout = options.Fanout with { TraceRatio = 1 } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient first = await relay.ConnectAsync();
        await using TestClient second = await relay.ConnectAsync();
        await using TestClient filtered = await relay.ConnectAsync("?events=a");
        await using TestClient other = await relay.ConnectAsync("?events=b");
        Assert.Equal(3, relay.Get<ViewTable>().Count);
        TestClient[] receivers = [first, second, filtered];
        // A client that has received an event belongs to its view. One that has just connected may be sent the next event by itself.
        await publisher.PublishAsync("""{"event":"a","data":{}}""");
        foreach (TestClient client in receivers) await client.ReceiveAsync();

        await publisher.PublishAsync($$$"""{"event":"a","traceparent":"{{{Sampled}}}","data":{}}""");
        foreach (TestClient client in receivers) await client.ReceiveAsync();
        await Eventually.TrueAsync(() => spans.Named(Spans.EventFanout).Sum(span => (int)span.GetTagItem("relay.clients")!) == 3);

        Activity receive = Assert.Single(spans.Named(Spans.EventReceive));
        Assert.Equal((TraceId, SpanId, ActivityKind.Consumer), (receive.TraceId.ToString(), receive.ParentSpanId.ToString(), receive.Kind));
        Assert.All(
            spans.Named(Spans.EventFanout),
            span =>
            {
                Assert.Equal((TraceId, receive.SpanId, ActivityKind.Producer), (span.TraceId.ToString(), span.ParentSpanId, span.Kind));
                Assert.True(span.StartTimeUtc >= receive.StartTimeUtc);
            });
    }

    [Theory]
    [InlineData(1, Unsampled, false)]
    [InlineData(0, Sampled, false)]
    [InlineData(0.5, "00-4bf92f3577b34da6a37fffffffffffff-00f067aa0ba902b7-01", true)]
    [InlineData(0.5, "00-4bf92f3577b34da6a380000000000000-00f067aa0ba902b7-01", false)]
    [InlineData(1, "00-4bf92f3577b34da6a3ffffffffffffff-00f067aa0ba902b7-01", true)]
    public void Trace_is_selected_by_its_flag_and_its_id(double ratio, string trace, bool isSelected)
    {
        var tracing = new EventTracing(new FanoutOptions { TraceRatio = ratio }, (_, _, _) => { }, TimeProvider.System);

        TracedEvent? traced = tracing.Receive(Decoding.Taken($$"""{"event":"a","traceparent":"{{trace}}"}"""));
        traced?.EndReceive();

        Assert.Equal(isSelected, traced is not null);
    }

    [Fact]
    public void Events_that_are_not_traced_allocate_nothing()
    {
        using var spans = new SpanCapture();
        var options = new FanoutOptions { BufferBytes = 1024 * 1024, TraceRatio = 0.5, PumpThreads = 1 };
        using var pumps = new PumpSet(options, _ => { }, NullLogger<Pump>.Instance);
        using var timeline = new TestTimeline(options, pumps);
        timeline.Reader.Acquire(new ViewKind(Filter.None, WireFormat.Subprotocol, FrameEncoding.Plain));
        var decoder = new EventDecoder(new EventLimits());
        var decoded = new DecodedEvent();
        byte[][] payloads =
        [
            Encoding.UTF8.GetBytes($$$"""{"event":"a","traceparent":"{{{Unsampled}}}","data":{}}"""),
            Encoding.UTF8.GetBytes("""{"event":"a","traceparent":"00-4bf92f3577b34da6a3ffffffffffffff-00f067aa0ba902b7-01","data":{}}"""),
            Encoding.UTF8.GetBytes("""{"event":"a","traceparent":"invalid","data":{}}"""),
        ];

        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 60_000; i++)
            {
                decoder.Decode(payloads[i % payloads.Length], decoded);
                timeline.Feed.Accept(decoded);
                timeline.Feed.Flush();
            }
        });

        Assert.Empty(spans.Named(Spans.EventReceive));
    }

    [Fact]
    public async Task OpenMetrics_has_exemplars_and_prometheus_text_has_none()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { Fanout = options.Fanout with { TraceRatio = 1 } });
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient client = await relay.ConnectAsync();
        string before = await ReadAsync(relay, "application/openmetrics-text");
        Assert.DoesNotContain(" # {", before, StringComparison.Ordinal);

        await publisher.PublishAsync($$$"""{"event":"a","traceparent":"{{{Sampled}}}","data":{}}""");
        await client.ReceiveAsync();

        string text = "";
        const string Accepted = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5,*/*;q=0.1";
        await Eventually.TrueAsync(async () => (text = await ReadAsync(relay, Accepted)).Contains(" # {", StringComparison.Ordinal));
        Match exemplar = Assert.Single(ExemplarLine().Matches(text));
        Assert.Equal(TraceId, exemplar.Groups["trace"].Value);
        Assert.InRange(Number(exemplar, "value"), 0, exemplar.Groups["le"].Value == "+Inf" ? double.MaxValue : Number(exemplar, "le"));
        Assert.EndsWith("\n# EOF\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE relay_events_received counter\n", text, StringComparison.Ordinal);
        Assert.Contains("\nrelay_events_received_total 1\n", text, StringComparison.Ordinal);
        Assert.Contains("relay_event_lag_seconds_bucket{le=\"1.0\"} ", text, StringComparison.Ordinal);
        string[] families = [.. text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];
        Assert.Equal(families.Distinct(), families);

        string plain = await ReadAsync(relay, "text/plain;q=0.9,application/openmetrics-text;q=0.5");
        Assert.DoesNotContain(" # {", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("# EOF", plain, StringComparison.Ordinal);
        Assert.Contains("# TYPE relay_events_received_total counter\n", plain, StringComparison.Ordinal);

        static double Number(Match match, string group) => double.Parse(match.Groups[group].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<string> ReadAsync(RunningRelay relay, string accept)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(relay.Http, "/metrics"));
        foreach (string type in accept.Split(',')) request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(type));
        using HttpResponseMessage response = await http.SendAsync(request).Within();
        string expected = accept.StartsWith("text", StringComparison.Ordinal)
            ? "text/plain; version=0.0.4; charset=utf-8"
            : "application/openmetrics-text; version=1.0.0; charset=utf-8";
        Assert.Equal(expected, response.Content.Headers.ContentType!.ToString());
        return await response.Content.ReadAsStringAsync().Within();
    }

    [GeneratedRegex(
        """^relay_event_lag_seconds_bucket\{le="(?<le>[^"]+)"\} \d+ # \{trace_id="(?<trace>[0-9a-f]{32})",span_id="[0-9a-f]{16}"\} """
            + """(?<value>[\d.E-]+) \d+\.\d{3}$""",
        RegexOptions.Multiline)]
    private static partial Regex ExemplarLine();

    /// <summary>Every span of the relay that has ended.</summary>
    private sealed class SpanCapture : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public SpanCapture()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == Spans.SourceName,
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> Named(string name) => [.. _ended.Where(span => span.OperationName == name)];

        public void Dispose() => _listener.Dispose();
    }
}
