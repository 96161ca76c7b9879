using System.Globalization;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Recording;
using Cecelia.Relay.Tests.Cli;
using Cecelia.Relay.Tests.Contracts;

namespace Cecelia.Relay.Tests.Admin;

/// <summary>PROTOCOL.md, <i>Traces</i>: over three instances, <c>relay why</c> answers what became of an event, and for whom.</summary>
[Collection(SerialTests.Name)]
public sealed class WhyTests(RealRedis redis) : IClassFixture<RealRedis>, IAsyncLifetime
{
    private readonly List<RunningRelay> _relays = [];
    private EventPublisher? _publisher;

    private EventPublisher Publisher => _publisher ?? throw new InvalidOperationException("not initialized");

    public async Task InitializeAsync()
    {
        for (int i = 0; i < 3; i++) _relays.Add(await RunningRelay.StartAsync(redis.Url, Small));
        _publisher = await EventPublisher.ConnectAsync(redis.Url);
        // From then on all instances have the same positions.
        await _publisher.PublishAsync(Enumerable.Range(1, 40).Select(seq => Event("warm", seq)));
        await TraceAsync("events/warm:40", trace => Outcomes(trace).All(outcome => outcome == "recorded"));
    }

    public async Task DisposeAsync()
    {
        foreach (RunningRelay relay in _relays) await relay.DisposeAsync();
        if (_publisher is not null) await _publisher.DisposeAsync();
    }

    [Fact]
    public async Task Event_that_was_delivered_names_each_connection_at_each_instance()
    {
        var clients = new List<TestClient>();
        foreach (RunningRelay relay in _relays) clients.Add(await relay.ConnectAsync());
        await using TestClient other = await _relays[0].ConnectAsync("?task=another");
        await using (TestClient gone = await _relays[0].ConnectAsync())
        {
        }

        await _relays[0].WaitForConnectionsAsync(2);
        // A connection that ended in the millisecond of an event is listed with it.
        long ended = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await Eventually.TrueAsync(() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() > ended);
        await Publisher.PublishAsync(Event("brain", 1, task: "T-1", id: "first"));
        foreach (TestClient client in clients) await client.ReceiveAsync();

        foreach (string key in new[] { "brain:1", "first" })
        {
            JsonElement response = await TraceAsync($"events/{key}", trace => Deliveries(trace).Count(one => Text(one, "outcome") == "given") == 3);

            Assert.Equal((3, 3), (response.GetProperty("answered").GetInt32(), response.GetProperty("of").GetInt32()));
            Assert.Empty(response.GetProperty("missing").EnumerateArray());
            JsonElement[] events = [.. Events(response)];
            Assert.Equal(3, events.Length);
            Assert.All(events, e => Assert.Equal(("accepted", "task:created", 1), (Text(e, "outcome"), Text(e, "event"), e.GetProperty("seq").GetInt32())));
            // One position, with the time of each instance.
            Assert.Single(events.Select(e => Text(e, "position")[..16]).Distinct());
            Assert.Equal(3, Deliveries(response).Count);
            Assert.All(Deliveries(response), delivery => Assert.Equal("given", Text(delivery, "outcome")));
            Assert.All(Deliveries(response), delivery => Assert.True(string.CompareOrdinal(Text(delivery, "by"), Text(events[0], "at")[..10]) > 0));
        }

        string position = Text(Events(await TraceAsync("events/first")).First(), "position");
        Assert.Equal(3, Events(await TraceAsync($"events/{position}")).Count());
        Assert.Equal(3, Events(await TraceAsync("tasks/T-1")).Count());
        Assert.Empty(Events(await TraceAsync("tasks/T-2")));

        string text = await WhyAsync("brain:1");
        Assert.Contains("3 of 3 instances answered", text, StringComparison.Ordinal);
        Assert.Equal(3, Lines(text).Count(line => line.Contains("connections: given 1", StringComparison.Ordinal)));
        foreach (TestClient client in clients) await client.DisposeAsync();
    }

    [Fact]
    public async Task Event_that_was_refused_has_its_reason()
    {
        await Publisher.PublishAsync("""{"event":"task:created","data":7,"source":"brain","seq":50,"id":"bad-one"}""");

        foreach (string key in new[] { "bad-one", "brain:50" })
        {
            JsonElement response = await TraceAsync($"events/{key}", trace => Events(trace).Count() == 3);

            Assert.All(Events(response), e => Assert.Equal(("refused", "bad_data"), (Text(e, "outcome"), Text(e, "reason"))));
        }

        Assert.Equal(3, Lines(await WhyAsync("bad-one")).Count(line => line.Contains("refused", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("task:created", "skipped")]
    [InlineData("token_stream", "merged")]
    public async Task Event_that_a_slow_client_skipped_is_skipped_for_it_and_given_to_the_others(string name, string outcome)
    {
        await using TestClient fast = await _relays[1].ConnectAsync();
        await using RawClient slow = await _relays[1].ConnectRawAsync(receiveBufferBytes: 8 * 1024);
        string padding = new('x', 1000);
        for (int published = 0; published < 8000; published += 50)
        {
            await Publisher.PublishAsync(Enumerable.Range(published + 1, 50).Select(seq => Event("flood", seq, padding: padding, name: name)));
            await fast.ReceiveEventsAsync(50);
        }

        Task reading = Task.Run(async () =>
        {
            while (_relays[1].Get<PumpSet>().Missed == 0) await slow.ReadMessageAsync();
        });
        await reading.Within();

        // In the middle of what fell off the buffer.
        JsonElement response = await TraceAsync("events/flood:6000", trace => Deliveries(trace).Any(one => Text(one, "outcome") == outcome));

        Assert.Equal(["given", outcome], Deliveries(response).Select(one => Text(one, "outcome")).Order());
        Assert.Equal("slow_client", Text(Deliveries(response).First(one => Text(one, "outcome") == outcome), "reason"));
        Assert.Equal(3, Events(response).Count());
        Assert.Contains($"{outcome} 1", await WhyAsync("flood:6000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Event_that_a_client_resumed_over_was_given_to_its_next_connection()
    {
        string position;
        await using (SubprotocolClient before = await SubprotocolClient.ConnectAsync(_relays[0].WebSocket))
        {
            await before.ReceiveSnapshotAsync();
            await Publisher.PublishAsync(Event("resume", 1));
            position = (await before.ReceiveAsync()).Id!;
        }

        await _relays[0].WaitForConnectionsAsync(0);
        await Publisher.PublishAsync(Event("resume", 2));
        await TraceAsync("events/resume:2", trace => Events(trace).Count() == 3);
        await using TestClient plain = await _relays[0].ConnectAsync();
        await using SubprotocolClient after = await SubprotocolClient.ConnectAsync(new Uri($"{_relays[0].WebSocket}?since={position}"));
        await TraceAsync("events/resume:2", trace => Deliveries(trace).Any(one => Text(one, "outcome") == "given"));

        JsonElement given = Assert.Single(Deliveries(await TraceAsync("events/resume:2")));
        Assert.Equal("cecelia.v1", Text(given, "format"));
        // It had the first, and its previous connection was given that.
        JsonElement first = Assert.Single(Deliveries(await TraceAsync("events/resume:1")));
        Assert.NotEqual("", Text(first, "ended"));
    }

    [Fact]
    public async Task Event_that_came_twice_is_accepted_once_and_a_duplicate_once()
    {
        string payload = Event("twice", 1, id: "again");
        await Publisher.PublishAsync([payload, payload]);

        JsonElement response = await TraceAsync("events/again", trace => Events(trace).Count() == 6);

        foreach (JsonElement instance in response.GetProperty("instances").EnumerateArray())
        {
            Assert.Equal(["accepted", "duplicate"], instance.GetProperty("events").EnumerateArray().Select(e => Text(e, "outcome")));
        }

        // By position too, which the duplicate does not have.
        string position = Text(Events(response).First(), "position");
        Assert.Equal(6, Events(await TraceAsync($"events/{position}")).Count());
        Assert.Equal(3, Lines(await WhyAsync("again")).Count(line => line.Contains("duplicate", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Event_that_never_came_is_not_one_that_is_no_longer_recorded()
    {
        Assert.Equal(["never_came", "never_came", "never_came"], Outcomes(await TraceAsync("events/nothing")));

        // The recording of 1 MiB drops the first events.
        await using TestClient client = await _relays[0].ConnectAsync();
        for (int published = 0; published < 8000; published += 100)
        {
            IEnumerable<int> numbers = Enumerable.Range(published + 1, 100).Where(seq => seq != 7900);
            await Publisher.PublishAsync(numbers.Select(seq => Event("many", seq, id: $"many-{seq}")));
            await client.ReceiveEventsAsync(published + 100 >= 7900 && published < 7900 ? 99 : 100);
        }

        await TraceAsync("events/many:8000", trace => Outcomes(trace).All(outcome => outcome == "recorded"));
        JsonElement old = await TraceAsync("events/many:3");
        Assert.Equal(["not_recorded", "not_recorded", "not_recorded"], Outcomes(old));
        Assert.All(
            old.GetProperty("instances").EnumerateArray(),
            one => Assert.Contains("older than the recording", Text(one, "reason"), StringComparison.Ordinal));
        // A number between others that are recorded never came, and neither did one behind them.
        Assert.Equal(["never_came", "never_came", "never_came"], Outcomes(await TraceAsync("events/many:7900")));
        Assert.Equal(["never_came", "never_came", "never_came"], Outcomes(await TraceAsync("events/many:9000")));
        // Of an id it is not known when it was published.
        Assert.Equal(["not_recorded", "not_recorded", "not_recorded"], Outcomes(await TraceAsync("events/many-3")));
        Assert.Equal(["not_recorded", "not_recorded", "not_recorded"], Outcomes(await TraceAsync("events/0123456789abcdef-00000000001")));
        string unknown = string.Create(CultureInfo.InvariantCulture, $"0123456789abcdef-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds():x11}");
        Assert.Equal(["never_came", "never_came", "never_came"], Outcomes(await TraceAsync($"events/{unknown}")));
        Assert.Contains("never came (", await WhyAsync("many:9000"), StringComparison.Ordinal);
        Assert.Contains("not recorded (the number is older", await WhyAsync("many:3"), StringComparison.Ordinal);
        // The gap that the missing number left.
        Assert.Contains(
            (await TraceAsync("events/many:7900")).GetProperty("instances")[0].GetProperty("gaps").EnumerateArray(),
            gap => Text(gap, "cause") == "publisher_gap" && gap.GetProperty("from_seq").GetInt32() == 7900);
    }

    [Fact]
    public async Task Local_trace_asks_one_instance()
    {
        JsonElement response = await _relays[0].GetJsonAsync("/api/v1/events/nothing/trace?local");

        Assert.Equal((1, 1), (response.GetProperty("answered").GetInt32(), response.GetProperty("of").GetInt32()));
    }

    [Fact]
    public async Task Recorder_that_is_off_says_so()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { Recorder = new RecorderOptions { Bytes = 0 } });

        JsonElement instance = (await relay.GetJsonAsync("/api/v1/events/nothing/trace?local")).GetProperty("instances")[0];

        Assert.Equal("not_recorded", Text(instance, "outcome"));
        Assert.Contains("CECELIA_RECORDER_BYTES", Text(instance, "reason"), StringComparison.Ordinal);
    }

    private static RelayOptions Small(RelayOptions options) => options with
    {
        Recorder = new RecorderOptions { Bytes = 1024 * 1024 },
        Fanout = options.Fanout with { BufferBytes = 256 * 1024, SendBufferBytes = 8 * 1024 },
    };

    private static string Event(string source, int seq, string task = "T", string id = "", string padding = "", string name = "task:created")
    {
        string named = id.Length == 0 ? "" : $",\"id\":\"{id}\"";
        return string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"event":"{{{name}}}","data":{"taskId":"{{{task}}}","token":"{{{padding}}}"},"source":"{{{source}}}","seq":{{{seq}}}{{{named}}}}""");
    }

    /// <summary>Returns a trace that all instances have answered, once it is as expected.</summary>
    private async Task<JsonElement> TraceAsync(string path, Func<JsonElement, bool>? isExpected = null)
    {
        JsonElement response = default;
        await Eventually.TrueAsync(
            async () =>
            {
                response = await _relays[2].GetJsonAsync($"/api/v1/{path}/trace");
                Contract.Holds("TraceResponse", response.GetRawText());
                return response.GetProperty("answered").GetInt32() == 3 && (isExpected is null || isExpected(response));
            },
            describe: () => response.ToString());
        return response;
    }

    private async Task<string> WhyAsync(string key)
    {
        string text = "";
        await Eventually.TrueAsync(
            async () =>
            {
                using var terminal = new TestTerminal();
                int exit = await terminal.RunAsync("why", key, "--url", _relays[0].Http.ToString());
                text = terminal.Out + terminal.Error;
                return exit == 0;
            },
            describe: () => text);
        return text;
    }

    private static IEnumerable<JsonElement> Events(JsonElement response) =>
        response.GetProperty("instances").EnumerateArray().SelectMany(instance => instance.GetProperty("events").EnumerateArray());

    private static List<JsonElement> Deliveries(JsonElement response) =>
    [
        .. Events(response).Where(e => e.TryGetProperty("deliveries", out _))
            .SelectMany(e => e.GetProperty("deliveries").GetProperty("connections").EnumerateArray()),
    ];

    private static string[] Outcomes(JsonElement response) =>
        [.. response.GetProperty("instances").EnumerateArray().Select(instance => Text(instance, "outcome"))];

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.ToString() : "";

    private static string[] Lines(string text) => text.Split('\n');
}
