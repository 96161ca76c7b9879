using System.Buffers.Binary;
using System.Text;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Telemetry;

/// <summary>deploy/CONFIGURATION.md, <i>Telemetry</i>: what a collector receives from a relay in a process of its own.</summary>
public sealed class OtlpTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Never = "3600000";

    [Fact]
    public async Task Metrics_traces_and_logs_are_sent_at_the_end_of_the_drain()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using RelayProcess relay = Start(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=Bearer%20secret"), ("OTEL_SERVICE_NAME", "relay-of-this-test"), ("OTEL_RESOURCE_ATTRIBUTES", "team=night-shift"));
        await relay.ReadyAsync();
        await using TestClient client = await TestClient.ConnectAsync(relay.WebSocket);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync([Numbered.Payload(1), """{"event":"secret-payload","data":"""]);
        await client.ReceiveAsync();
        // The second payload is refused, and its log line contains no payload.
        await Eventually.TrueAsync(() => relay.Output.Contains("\"EventId\":1200", StringComparison.Ordinal), TestTimeouts.Default, () => relay.Output);
        // No export is due for an hour.
        Assert.Empty(collector.Requests);

        relay.Terminate();
        Assert.Empty(await client.ReceiveToEndAsync());
        Assert.True(await relay.ExitAsync() == 0, relay.Output);

        Assert.All(collector.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
        Assert.All(collector.Requests, request => Assert.Contains("relay-of-this-test", request.Body, StringComparison.Ordinal));
        Assert.All(collector.Requests, request => Assert.Contains("night-shift", request.Body, StringComparison.Ordinal));
        string metrics = collector.Text("/v1/metrics");
        Assert.Contains("relay.events.received", metrics, StringComparison.Ordinal);
        Assert.Contains("dotnet.gc.collections", metrics, StringComparison.Ordinal);
        // The drain has closed the client, so these are the last values.
        Assert.Equal(1, ValueOf(metrics, "relay.connections.closed", "1001", "websocket"));
        Assert.Equal(0, ValueOf(metrics, "relay.connections.closed", "1002", "websocket"));
        string traces = collector.Text("/v1/traces");
        Assert.All(["Cecelia.Relay", "relay.redis.connect", "relay.recovery", "relay.drain"], name => Assert.Contains(name, traces, StringComparison.Ordinal));
        string logs = collector.Text("/v1/logs");
        Assert.All(
            [
                "Cecelia.Relay.Connections.Drain",
                "DrainEnded",
                "1 connections closed, 0 ended at the end of the grace period",
                "logrecord.event.id",
                "EventRefused",
            ],
            name => Assert.Contains(name, logs, StringComparison.Ordinal));
        Assert.All([metrics, traces, logs], text => Assert.DoesNotContain("secret-payload", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Signal_without_an_endpoint_is_not_sent()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using RelayProcess relay = Start(("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.Url + "/only/traces"));
        await relay.ReadyAsync();

        relay.Terminate();

        Assert.True(await relay.ExitAsync() == 0, relay.Output);
        Assert.Contains("relay.drain", Assert.Single(collector.Requests, request => request.Path == "/only/traces").Body, StringComparison.Ordinal);
        Assert.Single(collector.Requests);
    }

    [Fact]
    public async Task Disabled_SDK_sends_nothing_and_the_prometheus_text_remains()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using RelayProcess relay = Start(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), ("OTEL_SDK_DISABLED", "true"));
        await relay.ReadyAsync();
        using var http = new HttpClient();

        string text = await http.GetStringAsync(new Uri(relay.Http, "/metrics")).Within();
        relay.Terminate();

        Assert.Contains("relay_events_received_total 0\n", text, StringComparison.Ordinal);
        Assert.True(await relay.ExitAsync() == 0, relay.Output);
        Assert.Empty(collector.Requests);
    }

    [Fact]
    public async Task Hanging_or_refusing_collector_affects_neither_the_relay_nor_its_shutdown()
    {
        await using OtlpCollector hangs = await OtlpCollector.StartAsync(responds: false);
        await using RelayProcess relay = Start(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", hangs.Url),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", Never),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"http://127.0.0.1:{RedisServer.FreePort()}/v1/traces"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "50"),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"));
        await relay.ReadyAsync();
        await using TestClient client = await TestClient.ConnectAsync(relay.WebSocket);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await Eventually.TrueAsync(
            () => hangs.Requests.Count > 0 && relay.Output.Contains("Telemetry could not be sent", StringComparison.Ordinal),
            TestTimeouts.Default,
            () => relay.Output);

        await publisher.PublishAsync(Numbered.Payloads(0, 100));
        Numbered.AssertInOrder(await client.ReceiveEventsAsync(100));
        relay.Terminate();

        Assert.Empty(await client.ReceiveToEndAsync());
        // No request got a response within the hour of the timeout.
        Assert.True(await relay.ExitAsync() == 0, relay.Output);
        Assert.Contains("The last telemetry was not sent", relay.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"Error\"", relay.Output, StringComparison.Ordinal);
    }

    private RelayProcess Start(params (string Name, string Value)[] settings) => RelayProcess.Start(
        RedisServer.FreePort(),
        [
            ("CECELIA_REDIS_URL", redis.Url.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", Never), ("OTEL_BSP_SCHEDULE_DELAY", Never), ("OTEL_BLRP_SCHEDULE_DELAY", Never), .. settings,
        ]);

    /// <summary>
    /// Returns the value of the point with these two attribute values. In a NumberDataPoint <c>as_int</c> (field 6), the start (2) and the time (3) are eight
    /// bytes each and come before the attributes.
    /// </summary>
    private static long ValueOf(string body, string metric, string first, string second)
    {
        int at = body.IndexOf(first, body.IndexOf(metric, StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.InRange(body.IndexOf(second, at, StringComparison.Ordinal) - at, 0, 40);
        while (body[at] != 0x31 || body[at + 9] != 0x11 || body[at + 18] != 0x19) at--;
        return BinaryPrimitives.ReadInt64LittleEndian(Encoding.Latin1.GetBytes(body.Substring(at + 1, 8)));
    }
}
