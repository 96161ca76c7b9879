using System.Diagnostics;
using System.Text.Json;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>PROTOCOL.md, <i>Commands</i>: without Redis a command fails quickly and finally. It is never kept for later, nor published twice.</summary>
public sealed class CommandOutageTests(ITestOutputHelper output)
{
    private const string Pong = """{"type":"pong"}""";

    /// <summary>The deadline of PROTOCOL.md.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Commands_fail_at_once_without_redis_and_do_not_run_after_it_returns()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        await using SubprotocolClient rich = await ConnectAsync(relay);
        await using TestClient plain = await relay.ConnectAsync();
        await using (FakeBrain before = await ConnectBrainAsync(redis))
        {
            await rich.Socket.SendAsync("""{"cmd":"user_input","data":{"n":0}}""");
            Assert.Equal(0, Number(await before.ReceiveAsync()));
            await rich.ReceiveAsync("relay:ack");
            await redis.StopAsync();
        }

        long started = Stopwatch.GetTimestamp();
        await rich.Socket.SendAsync("""{"cmd":"user_input","data":{"n":1},"ref":"c1"}""");
        JsonElement error = (await rich.ReceiveAsync("relay:error")).Data;
        output.WriteLine($"failed after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms: {error}");
        Assert.Equal(("redis_unavailable", "c1"), (error.GetProperty("reason").GetString(), error.GetProperty("ref").GetString()));
        await plain.SendAsync("""{"cmd":"user_input","data":{"n":2},"ref":"c2"}""");
        Assert.StartsWith(
            """{"event":"error","data":{"error":"Redis cannot be reached: the command was not published","reason":"redis_unavailable","ref":"c2"},"timestamp":""",
            await plain.ReceiveAsync(),
            StringComparison.Ordinal);

        await redis.RestartAsync();
        await using FakeBrain brain = await ConnectBrainAsync(redis);
        await rich.Socket.SendAsync("""{"cmd":"user_input","data":{"n":3}}""");
        Assert.Equal(3, Number(await brain.ReceiveAsync()));
        await rich.ReceiveAsync("relay:ack");
        Assert.Equal(0, brain.Waiting);
        Assert.Equal(2, relay.Get<CommandCounts>().Count(CommandOutcome.RedisUnavailable));
        Assert.Single(relay.Logs.Lines, line => line.Id.Name == "CommandsFailed" && line.Text.Contains("refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Commands_fail_as_unknown_within_the_deadline_when_redis_hangs_and_the_socket_is_still_read()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        await using FakeBrain brain = await ConnectBrainAsync(redis);
        await using SubprotocolClient client = await ConnectAsync(relay);
        await using TestClient other = await relay.ConnectAsync();
        await client.Socket.SendAsync("""{"cmd":"user_input","data":{"n":0}}""");
        await client.ReceiveAsync("relay:ack");
        await brain.ReceiveAsync();
        redis.Freeze();

        long started = Stopwatch.GetTimestamp();
        for (int n = 1; n <= CommandOptions.MaxPendingOfConnection + 3; n++)
        {
            await client.Socket.SendAsync($$$"""{"cmd":"user_input","data":{"n":{{{n}}}},"ref":"{{{n}}}"}""");
        }

        // At once: the queue has no room for these three.
        for (int n = 1; n <= 3; n++)
        {
            JsonElement full = (await client.ReceiveAsync("relay:error")).Data;
            Assert.Equal(
                ("commands_full", $"{CommandOptions.MaxPendingOfConnection + n}"),
                (full.GetProperty("reason").GetString(), full.GetProperty("ref").GetString()));
        }

        await client.Socket.SendAsync("""{"type":"ping"}""");
        Assert.Equal(Pong, await client.Socket.ReceiveAsync());
        await other.SendAsync("""{"type":"ping"}""");
        Assert.Equal(Pong, await other.ReceiveAsync());
        Assert.Equal(CommandOptions.MaxPendingOfConnection, relay.Get<CommandQueue>().Count);

        for (int n = 1; n <= CommandOptions.MaxPendingOfConnection; n++)
        {
            JsonElement error = (await client.ReceiveAsync("relay:error")).Data;
            Assert.Equal(("redis_unavailable", $"{n}"), (error.GetProperty("reason").GetString(), error.GetProperty("ref").GetString()));
            Assert.Contains("unknown whether", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Assert.True(Stopwatch.GetElapsedTime(started) > Deadline - TimeSpan.FromMilliseconds(100));
        Assert.Equal(0, relay.Get<CommandQueue>().Count);
        redis.Continue();
        await Eventually.TrueAsync(async () =>
        {
            await client.Socket.SendAsync("""{"cmd":"user_input","data":{"n":-1}}""");
            string name;
            do name = (await client.ReceiveAsync()).Name;
            while (name is not ("relay:ack" or "relay:error"));
            return name == "relay:ack";
        });
        // Commands that timed out may still have been published, but in order and once.
        var numbers = new List<int>();
        do numbers.Add(Number(await brain.ReceiveAsync()));
        while (numbers[^1] >= 0);
        Assert.Equal(numbers[..^1].Distinct().Order(), numbers[..^1]);
    }

    [Fact]
    public async Task Black_hole_fails_each_command_within_its_deadline_and_recovers()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await StartAsync(proxy.Port);
        await using FakeBrain brain = await ConnectBrainAsync(redis);
        await using SubprotocolClient client = await ConnectAsync(relay);
        await client.Socket.SendAsync("""{"cmd":"user_input","data":{"n":0}}""");
        await client.ReceiveAsync("relay:ack");
        proxy.BlackHole(includeNew: true);

        for (int n = 1; n <= 2; n++)
        {
            // The first is lost in transit; the second finds no connection.
            long started = Stopwatch.GetTimestamp();
            await client.Socket.SendAsync($$$"""{"cmd":"user_input","data":{"n":{{{n}}}}}""");
            JsonElement error = (await client.ReceiveAsync("relay:error")).Data;
            output.WriteLine($"failed after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms: {error}");
            Assert.Contains(n == 1 ? "unknown whether" : "was not published", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        proxy.Heal();
        await client.Socket.SendAsync("""{"cmd":"user_input","data":{"n":3}}""");
        await client.ReceiveAsync("relay:ack");
        int[] received = [Number(await brain.ReceiveAsync()), Number(await brain.ReceiveAsync())];
        Assert.Equal([0, 3], received);
        Assert.Equal(0, brain.Waiting);
    }

    /// <summary>The old primary stays up as a replica, keeps its connections, and answers PUBLISH with the number of its own subscribers: zero.</summary>
    [Fact]
    public async Task Command_after_a_planned_failover_reaches_Brain_at_the_new_primary()
    {
        await using RedisServer first = await RedisConnectionFaultTests.StartAsync();
        await using RedisServer second = await RedisConnectionFaultTests.StartAsync("--replicaof", "127.0.0.1", RedisConnectionFaultTests.Text(first.Port));
        RedisUrl both = LinkHarness.Parse($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}");
        await using RunningRelay relay = await RunningRelay.StartAsync(both, options => options with
        {
            Commands = CommandTests.Unlimited(options.Commands),
            Connections = options.Connections with { MaxMessagesPerSecond = 0 },
        });
        await using SubprotocolClient client = await ConnectAsync(relay);
        await using (FakeBrain before = await ConnectBrainAsync(first))
        {
            await client.Socket.SendAsync("""{"cmd":"user_input","data":{"n":0}}""");
            Assert.Equal(0, Number(await before.ReceiveAsync()));
            await client.ReceiveAsync("relay:ack");
        }

        await RedisConnectionFaultTests.FailOverAsync(first, second);
        await using FakeBrain brain = await ConnectBrainAsync(second);

        await Eventually.TrueAsync(async () =>
        {
            await client.Socket.SendAsync("""{"cmd":"user_input","data":{"n":1}}""");
            string name;
            do name = (await client.ReceiveAsync()).Name;
            while (name is not ("relay:ack" or "relay:error"));
            return name == "relay:ack";
        });
        Assert.Equal(1, Number(await brain.ReceiveAsync()));
    }

    /// <summary>Brain may be subscribed at the primary, to which a replica does not forward a publication.</summary>
    [Fact]
    public async Task Command_at_a_replica_without_a_subscriber_is_not_reported_as_a_missing_Brain()
    {
        await using RedisServer primary = await RedisConnectionFaultTests.StartAsync();
        await using RedisServer replica = await RedisConnectionFaultTests.StartAsync("--replicaof", "127.0.0.1", RedisConnectionFaultTests.Text(primary.Port));
        await using RunningRelay relay = await StartAsync(replica.Port);
        await using SubprotocolClient client = await ConnectAsync(relay);
        await using FakeBrain brain = await ConnectBrainAsync(primary);

        await client.Socket.SendAsync("""{"cmd":"user_input"}""");

        JsonElement error = (await client.ReceiveAsync("relay:error")).Data;
        Assert.Equal("redis_unavailable", error.GetProperty("reason").GetString());
        Assert.Equal("Redis is a replica without a subscriber, so the command did not reach anyone", error.GetProperty("message").GetString());
        Assert.Contains(relay.Logs.Lines, line => line.Id.Name == "CommandsFailed" && line.Text.Contains("a replica of 127.0.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Redis_permission_error_is_reported_as_a_refusal_and_not_as_an_outage()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await StartAsync(redis.Port);
        await using SubprotocolClient client = await ConnectAsync(relay);
        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:events:*", "&cecelia:relay:*");

        await client.Socket.SendAsync("""{"cmd":"user_input"}""");

        JsonElement error = (await client.ReceiveAsync("relay:error")).Data;
        Assert.Equal("redis_unavailable", error.GetProperty("reason").GetString());
        Assert.Contains("refused", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(relay.Logs.Lines, line => line.Id.Name == "CommandsFailed" && line.Text.Contains("NOPERM", StringComparison.Ordinal));
    }

    /// <summary>
    /// Commands that are sent before the first connection wait for it together. A command that finds the connection ready must not overtake them.
    /// </summary>
    [Fact]
    public async Task Commands_that_wait_for_the_first_connection_stay_in_order()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync(redis);
        for (int round = 0; round < 20; round++)
        {
            await using RunningRelay relay = await StartAsync(redis.Port);
            await using TestClient client = await relay.ConnectAsync();
            for (int n = 0; n < CommandOptions.MaxPendingOfConnection; n++) await client.SendAsync($$$"""{"cmd":"user_input","data":{"n":{{{n}}}}}""");
            for (int n = 0; n < CommandOptions.MaxPendingOfConnection; n++) Assert.Equal(n, Number(await brain.ReceiveAsync()));
        }
    }

    [Fact]
    public void Queue_is_bounded_by_count_and_bytes_and_released_commands_free_capacity()
    {
        var queue = new CommandQueue();
        Command small = Make(100), large = Make((int)CommandOptions.MaxPendingBytes + 1);

        // A command that exceeds the bound by itself is accepted when the queue is empty.
        Assert.True(queue.TryAdd(large));
        Assert.False(queue.TryAdd(small));
        queue.Release(large);
        Assert.True(queue.TryAdd(small));
        Assert.False(queue.TryAdd(large));
        for (int i = 1; i < CommandOptions.MaxPending; i++) Assert.True(queue.TryAdd(Make(1)));
        Assert.False(queue.TryAdd(Make(1)));
        queue.Release(small);
        Assert.True(queue.TryAdd(Make(1)));
        Assert.Equal(CommandOptions.MaxPending, queue.Count);

        static Command Make(int bytes) => new(
            new CommandSender(null!, WireFormat.Cecelia, 1, "c", "", ""), "", null, ResponseFormat.Event, new byte[bytes], default, 0);
    }

    private static int Number(JsonElement command) => command.GetProperty("data").GetProperty("n").GetInt32();

    private static Task<FakeBrain> ConnectBrainAsync(RedisServer redis) => FakeBrain.ConnectAsync(RedisUrl.For("127.0.0.1", redis.Port));

    private static async Task<SubprotocolClient> ConnectAsync(RunningRelay relay)
    {
        SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        return client;
    }

    private static Task<RunningRelay> StartAsync(int port) =>
        RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", port), options => options with { Commands = CommandTests.Unlimited(options.Commands) });
}
