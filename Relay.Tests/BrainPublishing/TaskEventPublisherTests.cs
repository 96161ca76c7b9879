using System.Globalization;
using System.Text.Json;
using Cecelia.Brain;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Recovery;
using Cecelia.Relay.Tests.Redis;
using StackExchange.Redis;

namespace Cecelia.Relay.Tests.BrainPublishing;

/// <summary>Brain's publisher for .NET (<c>deploy/brain/dotnet</c>) with a real Redis and a real relay.</summary>
public sealed class TaskEventPublisherTests
{
    private const string Stream = "cecelia:stream";

    /// <summary>On a busy machine the relay needs longer to subscribe again.</summary>
    private static readonly TaskEventOptions SlowMachine = new() { ResubscribeWait = TimeSpan.FromSeconds(3), SubscriberWait = TimeSpan.FromSeconds(30) };

    [Theory]
    [InlineData(null)]
    [InlineData(Stream)]
    public async Task Events_of_several_threads_arrive_once_numbered_and_in_order(string? stream)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis, stream);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, new TaskEventOptions { Stream = stream });

        Parallel.For(0, 4, thread =>
        {
            for (int n = 1; n <= 500; n++) Assert.True(events.Publish("number", new { n = (thread * 1000) + n }));
        });

        await Eventually.TrueAsync(() => client.Numbers.Count == 2000, TestTimeouts.Default, () => $"{client.Numbers.Count}");
        for (int thread = 0; thread < 4; thread++) Assert.Equal(Enumerable.Range(1, 500), client.Numbers.Where(n => n / 1000 == thread).Select(n => n % 1000));
        Assert.DoesNotContain(client.All, message => message.Name == "relay:gap");
        Assert.Equal(2000, events.Last);
        await Eventually.TrueAsync(() => events.Published == 2000);
        Assert.Equal(2000, relay.Get<Ingestor>().Accepted);
        if (stream is not null) Assert.Equal("2000", await redis.CommandAsync("XLEN", stream));
    }

    [Fact]
    public async Task Event_carries_the_trace_of_the_current_activity()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection);

        using var activity = new System.Diagnostics.Activity("run task");
        activity.SetIdFormat(System.Diagnostics.ActivityIdFormat.W3C).Start();
        events.Publish("task:created", new { taskId = "t1" });
        activity.Stop();
        events.Publish("task:created", new { taskId = "t2" });

        JsonElement[] arrived = [.. (await harness.TakeAsync(2)).Select(one => JsonDocument.Parse(one["cecelia:events ".Length..]).RootElement)];
        Assert.Equal(activity.Id, arrived[0].GetProperty("traceparent").GetString());
        Assert.False(arrived[1].TryGetProperty("traceparent", out _));
    }

    [Fact]
    public async Task Event_carries_its_owner_and_a_timestamp()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, new TaskEventOptions { Source = "w\"ü" });
        var owner = new TaskEventOwner
        {
            ProjectId = "p\"1",
            ExecutionId = "e",
            NodeId = "n",
            Id = "i",
            ReplyTo = "r",
            Timestamp = new DateTimeOffset(2026, 2, 6, 9, 30, 0, TimeSpan.FromHours(1)),
        };

        events.Publish("token_stream", new { token = "ü" }, owner);
        events.Publish("tasks_reset");

        List<string> arrived = await harness.TakeAsync(2);
        JsonElement first = JsonDocument.Parse(arrived[0]["cecelia:events ".Length..]).RootElement;
        Assert.StartsWith("w\"ü-", events.Source, StringComparison.Ordinal);
        Assert.Equal(events.Source, first.GetProperty("source").GetString());
        Assert.Equal(
            [events.Source, "1", "token_stream", "p\"1", "e", "n", "i", "r", """{"token":"\u00FC"}""", "2026-02-06T08:30:00.000Z"],
            first.EnumerateObject().Select(field => field.Value.ToString()));
        Assert.Contains("\"data\":{}", arrived[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_event_is_refused_and_counted_and_uses_no_number()
    {
        using ConnectionMultiplexer connection = await ConnectAsync(RedisServer.FreePort());
        var problems = new List<TaskEventProblem>();
        var options = new TaskEventOptions
        {
            OnProblem = (problem, _) =>
            {
                if (problem != TaskEventProblem.RedisLost) problems.Add(problem);
                throw new InvalidOperationException("the handler must not fail the publisher");
            },
        };
        await using var events = new TaskEventPublisher(connection, options);
        var cyclic = new Dictionary<string, object>();
        cyclic["self"] = cyclic;
        (TaskEventProblem Problem, string Name, object? Data, TaskEventOwner? Owner)[] wrong =
        [
            (TaskEventProblem.BadName, "", null, null),
            (TaskEventProblem.BadName, null!, null, null),
            (TaskEventProblem.BadName, "a\nb", null, null),
            (TaskEventProblem.BadName, "relay:bye", null, null),
            (TaskEventProblem.BadName, "a\ud800", null, null),
            (TaskEventProblem.BadName, new string('n', 129), null, null),
            (TaskEventProblem.BadData, "x", "text", null),
            (TaskEventProblem.BadData, "x", new[] { 1 }, null),
            (TaskEventProblem.BadData, "x", cyclic, null),
            (TaskEventProblem.BadData, "x", new Thrower(), null),
            (TaskEventProblem.BadData, "x", new { at = double.NaN }, null),
            (TaskEventProblem.BadData, "x", new { type = typeof(string) }, null),
            (TaskEventProblem.BadField, "x", null, new TaskEventOwner { ProjectId = new string('ü', 129) }),
            (TaskEventProblem.BadField, "x", null, new TaskEventOwner { NodeId = "\udc00" }),
            (TaskEventProblem.TooLarge, "x", new { text = new string('x', 262_144) }, null),
        ];

        foreach ((TaskEventProblem problem, string name, object? data, TaskEventOwner? owner) in wrong)
        {
            problems.Clear();
            Assert.False(events.Publish(name, data, owner));
            Assert.Equal([problem], problems);
        }

        Assert.Equal(0, events.Last);
        Assert.Equal(6, events.Count(TaskEventProblem.BadData));
        Assert.Equal(0, await events.CloseAsync(TimeSpan.Zero));
        Assert.False(events.Publish("x"));
        Assert.Equal(1, events.Count(TaskEventProblem.Closed));
    }

    [Fact]
    public async Task Restarted_Redis_without_a_stream_loses_only_events_that_a_gap_reports()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis, stream: null);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, SlowMachine);
        Publish(events, 1, 50);
        await client.WaitForNumberAsync(50);

        Publish(events, 51, 10);
        await redis.StopAsync();
        Publish(events, 61, 240);
        await redis.RestartAsync();
        Publish(events, 301, 50);

        await client.WaitForNumberAsync(350);
        long[] reported = [.. ReportedMissing(client)];
        Assert.Equal(Enumerable.Range(1, 350), client.Numbers.Concat(reported.Select(n => (int)n)).Order());
        Assert.Equal(client.Numbers.Order(), client.Numbers);
        Assert.DoesNotContain(reported, n => n > 60);
        await Eventually.TrueAsync(() => events.Buffered == 0);
    }

    [Fact]
    public async Task Restarted_Redis_with_a_stream_loses_no_event()
    {
        await using RedisServer redis =
            await RedisServer.StartAsync(new RedisServerOptions { ExtraArguments = ["--appendonly", "yes", "--appendfsync", "always"] });
        await redis.CommandAsync("XADD", Stream, "1-1", "p", "");
        await using RunningRelay relay = await StartAsync(redis, Stream);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, new TaskEventOptions { Stream = Stream });
        Publish(events, 1, 50);
        await client.WaitForNumberAsync(50);

        Publish(events, 51, 10);
        await redis.StopAsync();
        Publish(events, 61, 240);
        await redis.RestartAsync();
        Publish(events, 301, 50);

        await client.WaitForNumberAsync(350);
        Assert.Equal(Enumerable.Range(1, 350), client.Numbers);
        Assert.DoesNotContain(client.All, message => message.Name == "relay:gap");
    }

    [Fact]
    public async Task Full_buffer_drops_progress_steps_first_and_gaps_report_exactly_the_dropped_events()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis, stream: null);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, SlowMachine with { MaxBufferedEvents = 20 });
        Publish(events, 1, 1);
        await client.WaitForNumberAsync(1);
        await Eventually.TrueAsync(() => events.Buffered == 0);

        await redis.StopAsync();
        Publish(events, 2, 10);
        for (int progress = 1; progress <= 50; progress++) Assert.True(events.Publish("task:progress", new { taskId = "t1", progress }));
        Publish(events, 12, 5);
        Assert.Equal((20, 45, 0), (events.Buffered, events.Count(TaskEventProblem.DroppedStep), events.Count(TaskEventProblem.DroppedEvent)));
        await redis.RestartAsync();

        await client.WaitForNumberAsync(16);
        Assert.Equal(Enumerable.Range(1, 16), client.Numbers);
        Assert.Equal(Enumerable.Range(12, 45).Select(n => (long)n), ReportedMissing(client));
    }

    [Fact]
    public async Task Refused_publication_is_retried_until_Redis_accepts_it()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var plain = new TaskEventPublisher(connection, new TaskEventOptions { Source = "plain" });
        await using var kept = new TaskEventPublisher(connection, new TaskEventOptions { Source = "kept", Stream = Stream });
        await redis.CommandAsync("ACL", "SETUSER", "default", "-publish", "-xadd");

        Publish(plain, 1, 10);
        Publish(kept, 1, 10);
        foreach (TaskEventPublisher events in (TaskEventPublisher[])[plain, kept])
        {
            await Eventually.TrueAsync(() => events.Count(TaskEventProblem.RedisRefused) + events.Count(TaskEventProblem.RedisLost) > 1, TestTimeouts.Default);
            Assert.Equal((10, 0), (events.Buffered, events.Published));
        }

        await redis.CommandAsync("ACL", "SETUSER", "default", "+publish", "+xadd");
        string[] arrived = [.. (await harness.TakeAsync(20)).Where(text => text.Contains("\"source\":\"kept", StringComparison.Ordinal))];
        Assert.Equal(
            Enumerable.Range(1, 10),
            arrived.Select(text => JsonDocument.Parse(text["cecelia:events ".Length..]).RootElement.GetProperty("seq").GetInt32()));
        Assert.Equal("10", await redis.CommandAsync("XLEN", Stream));
    }

    [Fact]
    public async Task Event_that_the_stream_rejects_is_published_and_counted()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        await redis.CommandAsync("SET", "text", "");
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, new TaskEventOptions { Stream = "text" });

        Publish(events, 1, 3);

        await harness.TakeAsync(3);
        await Eventually.TrueAsync(() => events.Published == 3);
        Assert.Equal(3, events.Count(TaskEventProblem.NotKept));
    }

    [Fact]
    public async Task Unresponsive_Redis_is_sent_pending_events_again_with_the_same_numbers()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis, stream: null);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection);
        Publish(events, 1, 1);
        await client.WaitForNumberAsync(1);

        redis.Freeze();
        Publish(events, 2, 1);
        await Eventually.TrueAsync(() => events.Count(TaskEventProblem.RedisLost) > 0, TestTimeouts.Default);
        Publish(events, 3, 1);
        redis.Continue();

        await client.WaitForNumberAsync(3);
        await Eventually.TrueAsync(() => events.Published == 3, TestTimeouts.Default);
        Assert.Equal([1, 2, 3], client.Numbers);
    }

    [Fact]
    public async Task Events_wait_a_limited_time_for_a_subscriber_after_an_outage()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var waiting = new TaskEventPublisher(connection, new TaskEventOptions { SubscriberWait = TimeSpan.FromMinutes(1) });
        await using var impatient = new TaskEventPublisher(
            connection, new TaskEventOptions { Channel = "elsewhere", SubscriberWait = TimeSpan.FromMilliseconds(1) });
        Publish(impatient, 1, 1);
        await Eventually.TrueAsync(() => impatient.Published == 1);
        for (int round = 1; round <= 3; round++)
        {
            Publish(waiting, round, 1);
            long before = await PublicationsAsync(redis);
            await Eventually.TrueAsync(async () => await PublicationsAsync(redis) > before + 2);
            Assert.Equal(round - 1, waiting.Published);
            await using (var harness = new LinkHarness(LinkHarness.Parse(redis.Url)))
            {
                await harness.WaitUntilSubscribedAsync();
                await Eventually.TrueAsync(() => waiting.Published == round);
            }

            // In round 1 the subscriber leaves and the publisher's connection stays.
            if (round == 1) continue;
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
            await Eventually.TrueAsync(() => connection.IsConnected);
        }
    }

    [Fact]
    public async Task Close_publishes_buffered_events_and_returns_the_number_left()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        using ConnectionMultiplexer nowhere = await ConnectAsync(RedisServer.FreePort());
        await using var events = new TaskEventPublisher(connection);
        await using var lost = new TaskEventPublisher(nowhere);

        Publish(events, 1, 1000);
        Publish(lost, 1, 3);

        Assert.Equal(0, await events.CloseAsync(TestTimeouts.Default));
        await harness.TakeAsync(1000);
        Assert.Equal(3, await lost.CloseAsync(TimeSpan.FromMilliseconds(200)).Within());
    }

    [Fact]
    public void Invalid_options_are_refused()
    {
        TaskEventOptions[] wrong =
        [
            new() { Source = "" },
            new() { Source = new string('ü', 101) },
            new() { Channel = "" },
            new() { Stream = "" },
            new() { MaxEntries = 0 },
            new() { MaxBufferedEvents = 0 },
            new() { MaxBufferedBytes = 1000 },
            new() { SubscriberWait = TimeSpan.FromSeconds(-1) },
            new() { ResubscribeWait = TimeSpan.FromSeconds(-1) },
        ];

        Assert.All(wrong, options => Assert.Throws<ArgumentException>(options.Check));
    }

    private static void Publish(TaskEventPublisher events, int first, int count)
    {
        for (int n = first; n < first + count; n++) Assert.True(events.Publish("number", new { n }));
    }

    private static async Task<long> PublicationsAsync(RedisServer redis)
    {
        string statistics = await redis.CommandAsync("INFO", "commandstats");
        int at = statistics.IndexOf("cmdstat_publish:calls=", StringComparison.Ordinal);
        return at < 0 ? 0 : long.Parse(statistics[(at + "cmdstat_publish:calls=".Length)..].Split(',')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Numbers of the events that gap messages reported as missing.</summary>
    private static IEnumerable<long> ReportedMissing(RecordingClient client) => client.All
        .Where(message => message.Name == "relay:gap" && message.Data.GetProperty("cause").GetString() == "publisher_gap")
        .SelectMany(message =>
        {
            long from = message.Data.GetProperty("fromSeq").GetInt64();
            return Enumerable.Range(0, (int)(message.Data.GetProperty("toSeq").GetInt64() - from + 1)).Select(n => from + n);
        });

    private static Task<RunningRelay> StartAsync(RedisServer redis, string? stream) =>
        RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", redis.Port), options => options with { Redis = options.Redis with { StreamKey = stream ?? "" } });

    private static async Task<ConnectionMultiplexer> ConnectAsync(int port) => await ConnectionMultiplexer.ConnectAsync(
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port},abortConnect=false,connectTimeout=1000,keepAlive=1")).Within();

    private sealed class Thrower
    {
        public string Name => throw new InvalidOperationException(ToString());
    }
}
