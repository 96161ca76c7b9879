using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Delivery;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>PROTOCOL.md, <i>Commands</i>: from a client to Brain, and the response.</summary>
public sealed partial class CommandTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Pong = """{"type":"pong"}""";
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Workflow_command_reaches_Brain_unchanged()
    {
        await using RunningRelay relay = await StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync();
        await using SubprotocolClient client = await ConnectAsync(relay);

        await client.Socket.SendAsync("""{"cmd":"user_input","data":{ "text":"继续 \u0041", "n":1.50 },"ref":"c1"}""");

        string published = await brain.ReceiveTextAsync();
        Match match = Published().Match(published);
        Assert.True(match.Success, published);
        Assert.Equal("\"cmd\":\"user_input\"", match.Groups["name"].Value);
        Assert.Equal("""{ "text":"继续 \u0041", "n":1.50 }""", match.Groups["data"].Value);
        Assert.Equal(relay.Get<Instance>().Name, match.Groups["instance"].Value);
        Assert.Equal(client.Hello.GetProperty("connection").GetString(), match.Groups["connection"].Value);
        Assert.Equal("", match.Groups["project"].Value + match.Groups["user"].Value);
        Assert.InRange(
            DateTimeOffset.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task TaskTree_message_reaches_Brain_with_its_project()
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { Names = ["task_updated"] });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient client = await relay.ConnectAsync();

        // Has a timestamp of the client, as TaskTree messages do; the relay replaces it with its own.
        await client.SendAsync("""{"type":"task_updated","project_id":"p\u0031","data":{"id":7,"title":"x"},"timestamp":"2001-02-03T04:05:06Z"}""");
        await client.SendAsync("""{"type":"task_updated","project_id":12}""");

        string first = await brain.ReceiveTextAsync();
        Match match = Published().Match(first);
        Assert.True(match.Success, first);
        Assert.Equal("\"type\":\"task_updated\"", match.Groups["name"].Value);
        Assert.Equal("""{"id":7,"title":"x"}""", match.Groups["data"].Value);
        Assert.Equal("\"p\\u0031\"", match.Groups["project"].Value);
        Assert.DoesNotContain("2001", first, StringComparison.Ordinal);
        JsonElement second = await brain.ReceiveAsync();
        Assert.Equal(12, second.GetProperty("project_id").GetInt32());
        Assert.Empty(second.GetProperty("data").EnumerateObject());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Ack_has_the_number_of_receivers_and_the_reference_of_the_client(int brains)
    {
        await using RunningRelay relay = await StartAsync();
        FakeBrain[] all = await Task.WhenAll(Enumerable.Range(0, brains).Select(_ => ConnectBrainAsync()));
        await using SubprotocolClient client = await ConnectAsync(relay);

        await client.Socket.SendAsync("""{"cmd":"start_session","ref":"名 \" 1"}""");
        SubprotocolMessage ack = await client.ReceiveAsync();
        await client.Socket.SendAsync("""{"cmd":"pause_session"}""");
        SubprotocolMessage without = await client.ReceiveAsync();

        foreach (FakeBrain brain in all)
        {
            Assert.Equal(ack.Data.GetProperty("id").GetString(), (await brain.ReceiveAsync()).GetProperty("id").GetString());
            await brain.DisposeAsync();
        }

        Assert.Equal("relay:ack", ack.Name);
        Assert.Equal("名 \" 1", ack.Data.GetProperty("ref").GetString());
        Assert.Equal(brains, ack.Data.GetProperty("receivers").GetInt32());
        Assert.Null(ack.Id);
        Assert.Equal(["id", "receivers"], without.Data.EnumerateObject().Select(member => member.Name));
        Assert.NotEqual(ack.Data.GetProperty("id").GetString(), without.Data.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Client_without_the_subprotocol_receives_nothing_for_a_published_command()
    {
        await using RunningRelay relay = await StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient client = await relay.ConnectAsync();

        await client.SendAsync("""{"cmd":"start_session","data":{},"ref":"c1"}""");
        await brain.ReceiveAsync();
        await Eventually.TrueAsync(() => relay.Get<CommandCounts>().Count(CommandOutcome.Published) == 1);
        await client.SendAsync("""{"type":"ping"}""");

        Assert.Equal(Pong, await client.ReceiveAsync());
    }

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "no_receiver", """{"cmd":"start_session","ref":"c1"}""", "No Brain" },
        { "command_not_allowed", """{"type":"task_updated","ref":"c1"}""", "start_session, pause_session, resume_session, user_input" },
        { "command_not_allowed", """{"cmd":"START_SESSION","ref":"c1"}""", "start_session" },
        { "bad_command", """{"cmd":"start_session","type":"start_session","ref":"c1"}""", "either cmd or type" },
        { "bad_command", """{"cmd":"start_session","ref":"c1","data":[]}""", "data must be an object" },
        { "bad_command", """{"cmd":7,"ref":"c1"}""", "must be a string" },
        { "command_too_large", $$$"""{"cmd":"start_session","ref":"c1","data":{"x":"{{{new string('x', 200)}}}"}}""", "200 bytes" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refused_command_gets_a_reason_and_is_counted(string reason, string message, string expectedText)
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { MaxBytes = 200 });
        await CheckRefusedAsync(relay, message, reason, expectedText);
    }

    [Fact]
    public async Task Commands_are_refused_and_not_published_when_disabled()
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { Enabled = false });
        await using FakeBrain brain = await ConnectBrainAsync();

        await CheckRefusedAsync(relay, """{"cmd":"start_session","ref":"c1"}""", "commands_disabled", "CECELIA_COMMANDS");
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        Assert.Equal(JsonValueKind.Null, client.Hello.GetProperty("commands").ValueKind);

        Assert.Equal(0, relay.Get<CommandQueue>().Count);
        Assert.Equal(0, brain.Waiting);
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("*", "start_session", true)]
    [InlineData("a,b", "b", true)]
    [InlineData("a,b", "*", false)]
    [InlineData("", "start_session", false)]
    public async Task Allowed_names_are_those_of_the_setting(string setting, string name, bool allowed)
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { Names = setting.Split(',', StringSplitOptions.RemoveEmptyEntries) });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using SubprotocolClient client = await ConnectAsync(relay);

        await client.Socket.SendAsync($$"""{"type":"{{name}}"}""");

        Assert.Equal(allowed ? "relay:ack" : "relay:error", (await client.ReceiveAsync()).Name);
    }

    [Fact]
    public async Task Ping_and_hello_are_not_commands_even_when_all_names_are_allowed()
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { Names = ["*"] });
        await using SubprotocolClient client = await ConnectAsync(relay);

        await client.Socket.SendAsync("""{"cmd":"ping","data":7}""");
        Assert.Equal(Pong, await client.Socket.ReceiveAsync());
        await client.Socket.SendAsync("""{"type":"hello","x":1}""");
        Assert.Equal("relay:hello", (await client.ReceiveAsync()).Name);
        Assert.Equal(0, relay.Get<CommandCounts>().Count(CommandOutcome.NoReceiver));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commands_over_the_rate_are_refused_and_the_connection_stays_open(bool rich)
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { MaxPerSecond = 5 });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient client = await relay.ConnectAsync(configure: options => RequestSubprotocol(options, rich));
        await using TestClient other = await relay.ConnectAsync();
        if (rich) for (int i = 0; i < 2; i++) await client.ReceiveAsync();

        // More than two seconds' worth of the limit.
        for (int i = 0; i < 20; i++) await client.SendAsync("""{"cmd":"user_input","ref":"c"}""");
        string error;
        do error = await client.ReceiveAsync();
        while (error.Contains("relay:ack", StringComparison.Ordinal));
        await other.SendAsync("""{"cmd":"user_input","data":{"of":"other"}}""");

        Assert.Contains("\"reason\":\"too_many_commands\"", error, StringComparison.Ordinal);
        JsonElement command;
        do command = await brain.ReceiveAsync();
        while (!command.GetProperty("data").TryGetProperty("of", out _));
        // A second later the client may send again.
        await Eventually.TrueAsync(async () =>
        {
            await client.SendAsync("""{"cmd":"user_input","data":{"later":true}}""");
            return brain.Waiting > 0;
        });
        Assert.Equal(2, relay.Connections);
        Assert.InRange(relay.Get<CommandCounts>().Count(CommandOutcome.TooMany), 1, 1000);
    }

    [Fact]
    public async Task Two_hundred_commands_reach_Brain_and_are_acknowledged_in_order()
    {
        await using RunningRelay relay = await StartAsync(Unlimited);
        await using FakeBrain brain = await ConnectBrainAsync();
        await using SubprotocolClient client = await ConnectAsync(relay);
        const int Commands = 200;

        for (int sent = 0, acked = 0; acked < Commands; acked++)
        {
            // As many in flight as one connection may have.
            for (; sent < Commands && sent - acked < CommandOptions.MaxPendingOfConnection; sent++)
            {
                await client.Socket.SendAsync($$$"""{"cmd":"user_input","data":{"n":{{{sent}}}},"ref":"{{{sent}}}"}""");
            }

            SubprotocolMessage ack = await client.ReceiveAsync();
            Assert.Equal(("relay:ack", acked.ToString(CultureInfo.InvariantCulture)), (ack.Name, ack.Data.GetProperty("ref").GetString()));
        }

        var ids = new HashSet<string>();
        for (int n = 0; n < Commands; n++)
        {
            JsonElement command = await brain.ReceiveAsync();
            Assert.Equal(n, command.GetProperty("data").GetProperty("n").GetInt32());
            Assert.True(ids.Add(command.GetProperty("id").GetString()!));
        }

        Assert.Equal(0, brain.Waiting);
    }

    [Fact]
    public async Task Two_sockets_on_one_http2_connection_are_distinguished()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => Change(options, null) with { Tls = new TlsOptions { CertificateFile = TestCertificate.File } });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient first = await ConnectHttp2Async(relay);
        await using TestClient second = await ConnectHttp2Async(relay);

        await first.SendAsync("""{"cmd":"user_input"}""");
        JsonElement one = await brain.ReceiveAsync();
        await second.SendAsync("""{"cmd":"user_input"}""");
        JsonElement two = await brain.ReceiveAsync();
        // Both use one HTTP connection; otherwise the test would prove nothing.
        Assert.Equal(one.GetProperty("connection").GetString(), two.GetProperty("connection").GetString());
        await brain.PublishAsync(Reply(two, "two"), Reply(one, "one"));

        Assert.Contains("\"to\":\"one\"", await first.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Contains("\"to\":\"two\"", await second.ReceiveAsync(), StringComparison.Ordinal);

        static string Reply(JsonElement command, string to) =>
            $$$"""{"event":"answer","data":{"to":"{{{to}}}"},"reply_to":"{{{command.GetProperty("id").GetString()}}}"}""";
    }

    /// <summary>Every message gets one response, Brain receives only valid JSON, and the connection stays open.</summary>
    [Fact]
    public async Task Invalid_messages_get_one_error_each_and_Brain_receives_valid_json()
    {
        await using RunningRelay relay = await StartAsync(commands => Unlimited(commands) with { Names = ["*"] });
        await using FakeBrain brain = await ConnectBrainAsync();
        await using SubprotocolClient client = await ConnectAsync(relay);
        var random = new Random(5221);
        string[] seeds =
        [
            """{"cmd":"start_session","data":{"a":[1,{"b":null}],"c":"\ud83d\ude80"},"ref":"c1"}""",
            """{"type":"task_updated","project_id":"p1","data":{"id":-1.5e3},"timestamp":"2026-02-06T08:30:00Z"}""",
            """{"ref":"\u0061","data":{},"project_id":17,"type":"x"}""",
        ];
        int acks = 0;
        int rounds = TestLength.Times(2000);
        for (int i = 0; i < rounds; i++)
        {
            string message = Mutate(seeds[random.Next(seeds.Length)], random);
            await client.Socket.SendAsync(message);
            string answer = await client.Socket.ReceiveAsync();
            if (answer == Pong) continue;
            var response = SubprotocolMessage.Parse(answer);
            Assert.True(response.Name is "relay:ack" or "relay:error", $"{message}: {answer}");
            if (response.Name == "relay:error") continue;
            acks++;
            JsonElement command = await brain.ReceiveAsync();
            Assert.Equal(response.Data.GetProperty("id").GetString(), command.GetProperty("id").GetString());
            Assert.Equal(JsonValueKind.Object, command.GetProperty("data").ValueKind);
            Assert.Equal(
                JsonDocument.Parse(message).RootElement.TryGetProperty("data", out JsonElement data) ? data.GetRawText() : "{}",
                command.GetProperty("data").GetRawText());
        }

        Assert.True(acks > rounds / 10, $"only {acks} mutants were accepted: too few to prove anything");
        Assert.Equal(0, brain.Waiting);

        static string Mutate(string seed, Random random)
        {
            var text = new StringBuilder(seed);
            for (int i = random.Next(3); i > 0; i--) text[random.Next(text.Length)] = "{}[]\",:\\u01acdtypemrf "[random.Next(22)];
            return random.Next(10) switch
            {
                0 => text.ToString(0, random.Next(text.Length)),
                1 => text.Insert(random.Next(text.Length), "名").ToString(),
                2 => text.Append("{}"[random.Next(2)]).ToString(),
                _ => text.ToString(),
            };
        }
    }

    [Fact]
    public async Task Message_nested_too_deeply_is_refused()
    {
        await using RunningRelay relay = await StartAsync();
        await using FakeBrain brain = await ConnectBrainAsync();
        await using TestClient client = await relay.ConnectAsync();

        await client.SendAsync($$$"""{"cmd":"user_input","data":{"x":{{{Nested(62)}}}}}""");
        Assert.Equal(62, (await brain.ReceiveTextAsync()).Count(c => c == '['));
        await client.SendAsync($$$"""{"cmd":"user_input","data":{"x":{{{Nested(63)}}}}}""");
        Assert.Contains("\"too_deep\"", await client.ReceiveAsync(), StringComparison.Ordinal);
        await client.SendAsync(Nested(5000));
        Assert.Contains("\"too_deep\"", await client.ReceiveAsync(), StringComparison.Ordinal);

        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
    }

    internal static CommandOptions Unlimited(CommandOptions commands) => commands with { MaxPerSecond = 0 };

    /// <summary>
    /// Checks the refusal with and without the subprotocol: the same reason and message, the client's reference, the count, and that the connection stays
    /// open.
    /// </summary>
    private static async Task CheckRefusedAsync(RunningRelay relay, string message, string reason, string expectedText)
    {
        await using SubprotocolClient rich = await ConnectAsync(relay);
        await using TestClient plain = await relay.ConnectAsync();

        await rich.Socket.SendAsync(message);
        SubprotocolMessage error = await rich.ReceiveAsync();
        await plain.SendAsync(message);
        string text = await plain.ReceiveAsync();

        Assert.Equal("relay:error", error.Name);
        Assert.Equal((reason, "c1"), (error.Data.GetProperty("reason").GetString(), error.Data.GetProperty("ref").GetString()));
        Assert.Equal(["reason", "message", "ref"], error.Data.EnumerateObject().Select(member => member.Name));
        string errorText = error.Data.GetProperty("message").GetString()!;
        Assert.Contains(expectedText, errorText, StringComparison.Ordinal);
        Assert.StartsWith(
            message.StartsWith("""{"type":""", StringComparison.Ordinal)
                ? $$"""{"type":"error","reason":"{{reason}}","message":"{{errorText}}","ref":"c1"}"""
                : $$"""{"event":"error","data":{"error":"{{errorText}}","reason":"{{reason}}","ref":"c1"},"timestamp":""",
            text,
            StringComparison.Ordinal);
        await plain.SendAsync("""{"type":"ping"}""");
        Assert.Equal(Pong, await plain.ReceiveAsync());
        CommandCounts counts = relay.Get<CommandCounts>();
        Assert.Equal([(reason, 2L)], CommandOutcomes.All.Select(outcome => (outcome.ToWireName(), counts.Count(outcome))).Where(one => one.Item2 > 0));
        JsonElement status = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("commands");
        Assert.Equal(2, status.GetProperty("refused").GetProperty(reason).GetInt32());
        Assert.Equal(0, status.GetProperty("published").GetInt32());
    }

    private static void RequestSubprotocol(ClientWebSocketOptions options, bool rich)
    {
        if (rich) options.AddSubProtocol("cecelia.v1");
    }

    private static async Task<SubprotocolClient> ConnectAsync(RunningRelay relay)
    {
        SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await client.ReceiveSnapshotAsync();
        return client;
    }

    private static Task<TestClient> ConnectHttp2Async(RunningRelay relay) => relay.ConnectAsync(configure: options =>
    {
        options.HttpVersion = HttpVersion.Version20;
        options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
    });

    private Task<FakeBrain> ConnectBrainAsync() => FakeBrain.ConnectAsync(redis.Url, _prefix);

    private Task<RunningRelay> StartAsync(Func<CommandOptions, CommandOptions>? change = null) =>
        RunningRelay.StartAsync(redis.Url, options => Change(options, change));

    private RelayOptions Change(RelayOptions options, Func<CommandOptions, CommandOptions>? change) => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Commands = change?.Invoke(options.Commands) ?? options.Commands,
        // Only the limit of commands applies.
        Connections = options.Connections with { MaxMessagesPerSecond = 0 },
    };

    /// <summary>Matches a published command: these members in this order.</summary>
    [GeneratedRegex(
        """^\{(?<name>"(cmd|type)":"\w+"),"data":(?<data>\{.*\}),"id":"(?<instance>[0-9a-f]{12})-[1-9]\d*-[1-9]\d*","connection":"(?<connection>[^"]+)"(,"user":"(?<user>[^"]*)")?(,"project_id":(?<project>"[^"]*"|-?\d+))?,"timestamp":"(?<time>[^"]*Z)"\}$""")]
    private static partial Regex Published();
}
