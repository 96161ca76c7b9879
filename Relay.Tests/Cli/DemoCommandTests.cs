using System.Text.Json;
using Cecelia.Relay.Cli;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Cli;

/// <summary>The demo, a relay and a client on one real Redis, and on the embedded one.</summary>
public sealed class DemoCommandTests(RealRedis real, GarnetRedis embedded) : IClassFixture<RealRedis>, IClassFixture<GarnetRedis>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_of_the_relay_starts_pauses_answers_cancels_and_retries(bool isEmbedded)
    {
        RedisUrl redis = isEmbedded ? embedded.Url : real.Url;
        await using RunningRelay relay = await RunningRelay.StartAsync(redis, options => options with
        {
            Commands = options.Commands with { Names = DemoCommands.Names.Split(',') },
        });
        await using Demo demo = await Demo.StartAsync(redis.Masked, isSubscribed: true, "--rate", "0.001", "--fail", "100");
        await using SubprotocolClient socket = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await socket.ReceiveSnapshotAsync();
        var client = new CommandClient(socket, demo);

        JsonElement started = await client.SendAsync("start_session", """{"title":"Mine","input":{"ask":true}}""");
        string task = started.GetProperty("taskId").GetString()!;
        string execution = started.GetProperty("execution_id").GetString()!;
        await client.SeeAsync(message => message.Name == "node_state_change" && message.Data.GetProperty("status").GetString() == "waiting_for_input");
        await client.SendAsync("pause_session", $$"""{"execution_id":"{{execution}}"}""");
        await client.SendAsync("resume_session", $$"""{"taskId":"{{task}}"}""");
        // While it is paused it does not end by itself.
        await client.SendAsync("pause_session", $$"""{"taskId":"{{task}}"}""");
        await client.SendAsync("user_input", $$"""{"taskId":"{{task}}","execution_id":"{{execution}}","text":"yes"}""");
        await client.SeeAsync(message => message.Name == "token_stream" && message.Data.GetProperty("token").GetString() == "You said: yes ");
        await client.SendAsync("cancel_session", $$"""{"taskId":"{{task}}"}""");
        JsonElement retried = await client.SendAsync("retry_session", $$"""{"taskId":"{{task}}"}""");
        Assert.Equal(execution + "-2", retried.GetProperty("execution_id").GetString());
        JsonElement refused = await client.SendAsync("cancel_session", """{"taskId":"none"}""", "error");
        Assert.Equal("unknown_task", refused.GetProperty("error").GetString());
        JsonElement state = await relay.GetJsonAsync($"/api/v1/tasks/{task}");
        Assert.Equal(("Mine", "running"), (state.GetProperty("data").GetProperty("title").GetString(), state.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Demo_receives_commands_again_after_an_outage_of_Redis()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using Demo demo = await Demo.StartAsync(redis.Url);

        await redis.StopAsync();
        await redis.RestartAsync();

        await Demo.WaitUntilSubscribedAsync(redis.Url);
    }

    [Fact]
    public async Task Demo_that_may_not_subscribe_says_so()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "publisher", "on", ">s3cr3t", "+@all", "resetchannels", "&cecelia:events");
        await using Demo demo = await Demo.StartAsync($"redis://publisher:s3cr3t@127.0.0.1:{redis.Port}", isSubscribed: false);

        await Eventually.TrueAsync(() => demo.Error.Contains("The demo does not receive commands.", StringComparison.Ordinal), describe: () => demo.Error);

        Assert.DoesNotContain("s3cr3t", demo.Error, StringComparison.Ordinal);
    }

    private static RedisUrl Parse(string url) => RedisUrl.TryParse(url, out RedisUrl? parsed, out string? error) ? parsed : throw new ArgumentException(error);

    /// <summary>A client that remembers what it has received: an event may come before the reply or the acknowledgement that it is waiting for.</summary>
    private sealed class CommandClient(SubprotocolClient client, Demo demo)
    {
        private readonly List<SubprotocolMessage> _seen = [];

        /// <summary>Sends a command and returns the data of its reply.</summary>
        public async Task<JsonElement> SendAsync(string name, string data, string reply = "command:done")
        {
            await client.Socket.SendAsync($$"""{"cmd":"{{name}}","data":{{data}},"ref":"{{name}}"}""");
            int from = _seen.Count;
            SubprotocolMessage ack = await SeeAsync(message => message.Name is "relay:ack" or "relay:error", from);
            Assert.Equal("relay:ack", ack.Name);
            Assert.Equal(1, ack.Data.GetProperty("receivers").GetInt32());
            string id = ack.Data.GetProperty("id").GetString()!;
            SubprotocolMessage replied = await SeeAsync(message => message.Text.Contains($"\"reply_to\":\"{id}\"", StringComparison.Ordinal), from);
            Assert.Equal(reply, replied.Name);
            return replied.Data;
        }

        /// <summary>Returns the first message that matches, of those from <paramref name="from"/> on.</summary>
        public async Task<SubprotocolMessage> SeeAsync(Predicate<SubprotocolMessage> isIt, int from = 0)
        {
            int index;
            // Before the demo, whose end has a deadline too, hides what was received.
            using var late = new CancellationTokenSource(TestTimeouts.Default / 2);
            while ((index = _seen.FindIndex(from, isIt)) < 0)
            {
                Assert.False(late.IsCancellationRequested, $"{demo.Error}\n{string.Join('\n', _seen.Select(message => message.Text))}");
                try
                {
                    _seen.Add(await client.ReceiveAsync());
                }
                catch (TimeoutException)
                {
                    // Reported above, with what was received.
                }
            }

            return _seen[index];
        }
    }

    /// <summary>A running <c>Relay demo</c>.</summary>
    private sealed class Demo : IAsyncDisposable
    {
        private readonly TestTerminal _terminal;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<int> _run;

        private Demo(string redis, string[] options)
        {
            _terminal = new TestTerminal(environment: ("CECELIA_REDIS_URL", redis));
            _run = _terminal.RunAsync(_stop.Token, ["demo", .. options]);
        }

        public string Error => _terminal.Error;

        public static async Task<Demo> StartAsync(string redis, bool isSubscribed = true, params string[] options)
        {
            var demo = new Demo(redis, options);
            await Eventually.TrueAsync(
                () => demo._terminal.Out.Contains("Obeying commands on cecelia:commands.", StringComparison.Ordinal),
                describe: () => demo._terminal.Out + demo.Error);
            if (isSubscribed) await WaitUntilSubscribedAsync(redis);
            return demo;
        }

        /// <summary>Publishes commands without a client to reply to, until there is a receiver.</summary>
        public static async Task WaitUntilSubscribedAsync(string redis)
        {
            await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(Parse(redis));
            await Eventually.TrueAsync(async () => await publisher.PublishAsync("cecelia:commands", "{}"u8.ToArray()) > 0);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            Assert.Equal(0, await _run);
            _terminal.Dispose();
            _stop.Dispose();
        }
    }
}
