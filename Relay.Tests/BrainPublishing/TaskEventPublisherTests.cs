using System.Globalization;
using System.Text.Json;
using Cecelia.Brain;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Recovery;
using Cecelia.Relay.Tests.Redis;
using StackExchange.Redis;

namespace Cecelia.Relay.Tests.BrainPublishing;

/// <summary>Brain's publisher in .NET (<c>deploy/brain/dotnet</c>), on a real Redis and against the real relay.</summary>
public sealed class TaskEventPublisherTests
{
    private const string Stream = "cecelia:stream";

    /// <summary>On a busy machine the relay takes its time to subscribe again.</summary>
    private static readonly TaskEventOptions Patient = new() { ResubscribeWait = TimeSpan.FromSeconds(3), SubscriberWait = TimeSpan.FromSeconds(30) };

    [Theory]
    [InlineData(null)]
    [InlineData(Stream)]
    public async Task Events_of_several_threads_arrive_numbered_each_once_and_in_order(string? stream)
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
    public async Task Event_has_what_it_belongs_to_and_a_time()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, new TaskEventOptions { Source = "w\"ü" });
        var owner = new TaskEventOwner { ProjectId = "p\"1", ExecutionId = "e", NodeId = "n", Id = "i", ReplyTo = "r", Timestamp = new DateTimeOffset(2026, 2, 6, 9, 30, 0, TimeSpan.FromHours(1)) };

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
    public async Task What_is_no_event_is_refused_and_counted_and_uses_no_number()
    {
        using ConnectionMultiplexer connection = await ConnectAsync(RedisServer.FreePort());
        var told = new List<TaskEventProblem>();
        var options = new TaskEventOptions
        {
            OnProblem = (problem, _) =>
            {
                if (problem != TaskEventProblem.RedisLost) told.Add(problem);
                throw new InvalidOperationException("nobody minds");
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
            told.Clear();
            Assert.False(events.Publish(name, data, owner));
            Assert.Equal([problem], told);
        }

        Assert.Equal(0, events.Last);
        Assert.Equal(6, events.Count(TaskEventProblem.BadData));
        Assert.Equal(0, await events.CloseAsync(TimeSpan.Zero));
        Assert.False(events.Publish("x"));
        Assert.Equal(1, events.Count(TaskEventProblem.Closed));
    }

    [Fact]
    public async Task Redis_killed_and_restarted_without_a_stream_costs_no_event_or_the_client_is_told_which()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis, stream: null);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, Patient);
        Say(events, 1, 50);
        await client.WaitForNumberAsync(50);

        Say(events, 51, 10);
        await redis.StopAsync();
        Say(events, 61, 240);
        await redis.RestartAsync();
        Say(events, 301, 50);

        await client.WaitForNumberAsync(350);
        long[] told = [.. Holes(client)];
        Assert.Equal(Enumerable.Range(1, 350), client.Numbers.Concat(told.Select(n => (int)n)).Order());
        Assert.Equal(client.Numbers.Order(), client.Numbers);
        Assert.DoesNotContain(told, n => n > 60);
        await Eventually.TrueAsync(() => events.Buffered == 0);
    }

    [Fact]
    public async Task Redis_killed_and_restarted_with_a_stream_costs_nothing()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { ExtraArguments = ["--appendonly", "yes", "--appendfsync", "always"] });
        await redis.CommandAsync("XADD", Stream, "1-1", "p", "");
        await using RunningRelay relay = await StartAsync(redis, Stream);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, new TaskEventOptions { Stream = Stream });
        Say(events, 1, 50);
        await client.WaitForNumberAsync(50);

        Say(events, 51, 10);
        await redis.StopAsync();
        Say(events, 61, 240);
        await redis.RestartAsync();
        Say(events, 301, 50);

        await client.WaitForNumberAsync(350);
        Assert.Equal(Enumerable.Range(1, 350), client.Numbers);
        Assert.DoesNotContain(client.All, message => message.Name == "relay:gap");
    }

    [Fact]
    public async Task Steps_go_first_where_there_is_no_room_and_the_client_is_told_exactly_which_events()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis, stream: null);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, Patient with { MaxBufferedEvents = 20 });
        Say(events, 1, 1);
        await client.WaitForNumberAsync(1);
        await Eventually.TrueAsync(() => events.Buffered == 0);

        await redis.StopAsync();
        Say(events, 2, 10);
        for (int progress = 1; progress <= 50; progress++) Assert.True(events.Publish("task:progress", new { taskId = "t1", progress }));
        Say(events, 12, 5);
        Assert.Equal((20, 45, 0), (events.Buffered, events.Count(TaskEventProblem.DroppedStep), events.Count(TaskEventProblem.DroppedEvent)));
        await redis.RestartAsync();

        await client.WaitForNumberAsync(16);
        Assert.Equal(Enumerable.Range(1, 16), client.Numbers);
        Assert.Equal(Enumerable.Range(12, 45).Select(n => (long)n), Holes(client));
    }

    [Fact]
    public async Task Redis_that_refuses_is_asked_again_until_it_does_not()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var plain = new TaskEventPublisher(connection, new TaskEventOptions { Source = "plain" });
        await using var kept = new TaskEventPublisher(connection, new TaskEventOptions { Source = "kept", Stream = Stream });
        await redis.CommandAsync("ACL", "SETUSER", "default", "-publish", "-xadd");

        Say(plain, 1, 10);
        Say(kept, 1, 10);
        foreach (TaskEventPublisher events in (TaskEventPublisher[])[plain, kept])
        {
            await Eventually.TrueAsync(() => events.Count(TaskEventProblem.RedisRefused) + events.Count(TaskEventProblem.RedisLost) > 1, TestTimeouts.Default);
            Assert.Equal((10, 0), (events.Buffered, events.Published));
        }

        await redis.CommandAsync("ACL", "SETUSER", "default", "+publish", "+xadd");
        string[] arrived = [.. (await harness.TakeAsync(20)).Where(text => text.Contains("\"source\":\"kept", StringComparison.Ordinal))];
        Assert.Equal(Enumerable.Range(1, 10), arrived.Select(text => JsonDocument.Parse(text["cecelia:events ".Length..]).RootElement.GetProperty("seq").GetInt32()));
        Assert.Equal("10", await redis.CommandAsync("XLEN", Stream));
    }

    [Fact]
    public async Task Event_that_the_stream_does_not_take_is_published_and_counted()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        await redis.CommandAsync("SET", "text", "");
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection, new TaskEventOptions { Stream = "text" });

        Say(events, 1, 3);

        await harness.TakeAsync(3);
        await Eventually.TrueAsync(() => events.Published == 3);
        Assert.Equal(3, events.Count(TaskEventProblem.NotKept));
    }

    [Fact]
    public async Task Redis_that_falls_silent_gets_what_was_under_way_again_with_the_same_numbers()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis, stream: null);
        await using RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var events = new TaskEventPublisher(connection);
        Say(events, 1, 1);
        await client.WaitForNumberAsync(1);

        redis.Freeze();
        Say(events, 2, 1);
        await Eventually.TrueAsync(() => events.Count(TaskEventProblem.RedisLost) > 0, TestTimeouts.Default);
        Say(events, 3, 1);
        redis.Continue();

        await client.WaitForNumberAsync(3);
        await Eventually.TrueAsync(() => events.Published == 3, TestTimeouts.Default);
        Assert.Equal([1, 2, 3], client.Numbers);
    }

    [Fact]
    public async Task After_an_outage_events_wait_for_a_subscriber_but_not_for_ever()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        await using var patient = new TaskEventPublisher(connection, new TaskEventOptions { SubscriberWait = TimeSpan.FromMinutes(1) });
        await using var hasty = new TaskEventPublisher(connection, new TaskEventOptions { Channel = "elsewhere", SubscriberWait = TimeSpan.FromMilliseconds(1) });
        Say(hasty, 1, 1);
        await Eventually.TrueAsync(() => hasty.Published == 1);
        for (int round = 1; round <= 3; round++)
        {
            Say(patient, round, 1);
            long before = await PublicationsAsync(redis);
            await Eventually.TrueAsync(async () => await PublicationsAsync(redis) > before + 2);
            Assert.Equal(round - 1, patient.Published);
            await using (var harness = new LinkHarness(LinkHarness.Parse(redis.Url)))
            {
                await harness.WaitUntilSubscribedAsync();
                await Eventually.TrueAsync(() => patient.Published == round);
            }

            // In round 1 the subscriber leaves and the publisher's connection stays.
            if (round == 1) continue;
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
            await Eventually.TrueAsync(() => connection.IsConnected);
        }
    }

    [Fact]
    public async Task Close_publishes_what_waits_and_says_what_is_left()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url));
        await harness.WaitUntilSubscribedAsync();
        using ConnectionMultiplexer connection = await ConnectAsync(redis.Port);
        using ConnectionMultiplexer nowhere = await ConnectAsync(RedisServer.FreePort());
        await using var events = new TaskEventPublisher(connection);
        await using var lost = new TaskEventPublisher(nowhere);

        Say(events, 1, 1000);
        Say(lost, 1, 3);

        Assert.Equal(0, await events.CloseAsync(TestTimeouts.Default));
        await harness.TakeAsync(1000);
        Assert.Equal(3, await lost.CloseAsync(TimeSpan.FromMilliseconds(200)).Within());
    }

    [Fact]
    public void Mistaken_options_are_refused()
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

    private static void Say(TaskEventPublisher events, int first, int count)
    {
        for (int n = first; n < first + count; n++) Assert.True(events.Publish("number", new { n }));
    }

    private static async Task<long> PublicationsAsync(RedisServer redis)
    {
        string statistics = await redis.CommandAsync("INFO", "commandstats");
        int at = statistics.IndexOf("cmdstat_publish:calls=", StringComparison.Ordinal);
        return at < 0 ? 0 : long.Parse(statistics[(at + "cmdstat_publish:calls=".Length)..].Split(',')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Numbers that the client was told are missing.</summary>
    private static IEnumerable<long> Holes(RecordingClient client) => client.All
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
