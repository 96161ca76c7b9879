using System.Text.Json;
using Cecelia.Relay.Contracts;
using Cecelia.Relay.Tests.Commands;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>Messages of a running relay conform to the contracts and have no members that no contract mentions.</summary>
public sealed class LiveMessageTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Time = "2026-02-06T08:30:00.000Z";

    /// <summary>The data of each known event, with every member that a contract mentions and the state reads.</summary>
    private static readonly Dictionary<string, string> Data = new()
    {
        ["task:created"] = """{"taskId":"t1","status":"queued","title":"one"}""",
        ["task:started"] = """{"taskId":"t1","runId":"r1","status":"running"}""",
        ["task:progress"] = """{"taskId":"t1","progress":12.5}""",
        ["task:completed"] = """{"taskId":"t1","status":"completed","progress":100}""",
        ["task:failed"] = """{"taskId":"t2","status":"failed","error":"no memory"}""",
        ["executor:status"] = """{"activeCount":1,"availableSlots":4}""",
        ["task_created"] = """{"id":7,"title":"board","description":"what to do","status":"todo","agent_id":"a1"}""",
        ["task_updated"] = """{"id":7,"progress":50}""",
        ["task_deleted"] = """{"id":8}""",
        ["task_status_changed"] = """{"id":7,"status":"in_review"}""",
        ["tasks_reset"] = "{}",
        ["agent_spawned"] = """{"agent_id":"a1","name":"Ada","status":"idle"}""",
        ["agent_status_update"] = """{"agent_id":"a1","status":"busy"}""",
        ["agent_messages"] = """{"agent_id":"a1","id":1,"from":"a2","to":"a1","content":{"text":"hi"}}""",
        ["coordination_update"] = """{"message":"a1 waits for a2"}""",
        ["file_locks_update"] = """{"locks":{"a.cs":"a1"}}""",
        ["plan_generated"] = """{"plan":[1,2]}""",
        ["log"] = """{"level":"info","message":"line"}""",
        ["notification"] = """{"level":"warning","title":"disk","message":"full"}""",
        ["status"] = """{"execution_id":"e1","status":"running","progress":5,"message":"m","result":null,"error":null,"execution_time":1.5}""",
        ["error"] = """{"execution_id":"e1","node_id":"n2","error":"broken"}""",
        ["token_stream"] = """{"execution_id":"e1","node_id":"n1","token":"Hel"}""",
        ["node_state_change"] = """{"execution_id":"e1","node_id":"n1","status":"running"}""",
        ["node:parallel_start"] = """{"execution_id":"e1","node_ids":["n3",4,{"id":"n5"}]}""",
        ["token_usage"] = """{"execution_id":"e1","prompt_tokens":1,"completion_tokens":2,"total_tokens":3}""",
        ["execution:paused"] = """{"execution_id":"e2"}""",
        ["execution:completed"] = """{"execution_id":"e2","result":{"a":1}}""",
    };

    [Fact]
    public async Task Every_event_reaches_clients_with_and_without_subprotocol_and_conforms_and_so_does_the_state()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient plain = await relay.ConnectAsync();
        await using SubprotocolClient rich = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await rich.ReceiveSnapshotAsync();

        foreach (EventContract contract in EventContracts.All)
        {
            // Resets another project, so that the tasks stay in the state.
            string project = contract.Name == "tasks_reset" ? "p2" : "p1";
            string payload =
                $$"""{"event":"{{contract.Name}}","data":{{Data[contract.Name]}},"timestamp":"{{Time}}","project_id":"{{project}}","source":"brain"}""";
            Contract.Events.Holds("#/$defs/" + contract.Name, payload);
            await publisher.PublishAsync(payload);
            foreach (string message in (string[])[await plain.ReceiveAsync(), (await rich.ReceiveAsync()).Text])
            {
                Contract.Holds(contract.TypeName + "Event", message);
                Contract.Holds("CeceliaEvent", message);
                Contract.Holds("AnyEvent", message);
            }
        }

        string state = (await relay.GetAsync("/api/v1/state")).Body;
        Contract.Holds("StateResponse", state);
        Assert.All(
            JsonDocument.Parse(state).RootElement.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Array),
            section => Assert.NotEmpty(section.Value.EnumerateArray()));
        await AssertSnapshotAsync(relay);
    }

    [Fact]
    public async Task Flat_Execution_message_conforms_to_its_contract()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient plain = await relay.ConnectAsync();
        const string Status = """{"type":"status","execution_id":"execution-uuid","status":"running","progress":50,"message":"执行中...","result":null,"error":null,"execution_time":null}""";
        const string Error = """{"type":"error","message":"错误描述"}""";

        foreach ((string payload, string schema) in ((string, string)[])[(Status, "ExecutionStatusEvent"), (Error, "ExecutionErrorEvent")])
        {
            Contract.Events.Holds("#", payload);
            await publisher.PublishAsync(payload);
            Contract.Holds(schema, await plain.ReceiveAsync());
        }
    }

    [Fact]
    public async Task TaskTree_client_receives_every_event_by_its_contract()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient board = await relay.ConnectToAsync("/ws/projects/p1");

        foreach (EventContract contract in EventContracts.All)
        {
            await publisher.PublishAsync($$"""{"event":"{{contract.Name}}","data":{{Data[contract.Name]}},"project_id":"p1","node_id":"n1"}""");
            string message = await board.ReceiveAsync();
            Contract.Holds("TaskTree" + contract.TypeName + "Event", message);
            Contract.Holds("TaskTreeEvent", message);
        }
    }

    [Fact]
    public async Task Execution_client_receives_every_kind_of_message_by_its_contract()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(
            [
                """{"event":"node_state_change","data":{"status":"running"},"node_id":"n1","execution_id":"e1"}""",
                """{"event":"status","execution_id":"e1","status":"pending"}""",
            ]);
        await Eventually.TrueAsync(async () => (await relay.GetAsync("/api/v1/executions/e1")).Status == System.Net.HttpStatusCode.OK);
        await using TestClient page = await relay.ConnectToAsync("/api/v1/ws/executions/e1?include=nodes,logs");
        await publisher.PublishAsync(
        [
            """{"event":"node_state_change","data":{"state":"done"},"node_id":"n1","execution_id":"e1"}""", """{"event":"log","data":{"level":"info","message":"line"},"execution_id":"e1"}""",
            """{"event":"error","data":{"error":"broken","node_id":"n1"},"execution_id":"e1"}""", """{"event":"error","data":{"message":"broken"},"execution_id":"e1"}""",
            """{"event":"execution:paused","execution_id":"e1"}""", """{"event":"execution:completed","data":{"result":{"a":1}},"execution_id":"e1"}""",
        ]);

        var kinds = new HashSet<string>();
        while (true)
        {
            string message = await page.ReceiveAsync();
            Contract.Holds("ExecutionMessage", message);
            JsonElement root = JsonDocument.Parse(message).RootElement;
            kinds.Add(root.GetProperty("type").GetString()!);
            if (root.TryGetProperty("status", out JsonElement status) && status.ValueEquals("completed")) break;
        }

        Assert.Equal(["error", "log", "node", "status"], kinds.Order());
    }

    [Fact]
    public async Task Command_its_responses_and_its_message_to_Brain_conform()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using FakeBrain brain = await FakeBrain.ConnectAsync(redis.Url);
        await using SubprotocolClient rich = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await using TestClient board = await relay.ConnectToAsync("/ws/projects/p1");
        await rich.ReceiveSnapshotAsync();

        const string Command = """{"cmd":"start_session","data":{"x":1},"project_id":7,"ref":"c1"}""",
            OfBoard = """{"type":"user_input","project_id":"p1"}""",
            Refused = """{"type":"no_such_command","ref":"c2"}""";
        foreach (string message in (string[])[Command, OfBoard, Refused]) Contract.Holds("ClientMessage", message);
        await rich.Socket.SendAsync(Command);
        Assert.Equal("relay:ack", (await rich.ReceiveAsync()).Name);
        await rich.Socket.SendAsync(Refused);
        Assert.Equal("relay:error", (await rich.ReceiveAsync()).Name);
        await board.SendAsync(OfBoard);
        await board.SendAsync(Refused);
        Contract.Holds("ErrorMessage", await board.ReceiveAsync());

        foreach (Func<Task<string>> receive in (Func<Task<string>>[])[async () => (await rich.ReceiveAsync()).Text, () => board.ReceiveAsync()])
        {
            string command = await brain.ReceiveTextAsync();
            Contract.Holds("BrainCommand", command);
            string reply =
                $$"""{"event":"log","data":{"message":"done"},"reply_to":"{{JsonDocument.Parse(command).RootElement.GetProperty("id").GetString()}}"}""";
            Contract.Events.Holds("#", reply);
            await brain.PublishAsync(reply);
            string answer = await receive();
            Contract.Holds(answer.StartsWith("{\"event\"", StringComparison.Ordinal) ? "LogEvent" : "TaskTreeLogEvent", answer);
        }
    }

    [Fact]
    public async Task Responses_to_clients_conform()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using TestClient plain = await relay.ConnectAsync();
        await using SubprotocolClient rich = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await rich.ReceiveSnapshotAsync();

        foreach (
            (string message, string answer) in ((string, string)[])[("""{"type":"ping"}""", "Pong"), ("""{"cmd":"ping"}""", "PlainPong"), ("7", "PlainError"), ("""{"type":7}""", "ErrorMessage")])
        {
            await plain.SendAsync(message);
            Contract.Holds(answer, await plain.ReceiveAsync());
        }

        // Subprotocol messages are checked against their contracts on receipt, here and in every other test.
        await rich.Socket.SendAsync("x");
        Assert.Equal("relay:error", (await rich.ReceiveAsync()).Name);
        await rich.Socket.SendAsync("""{"type":"hello"}""");
        Assert.Equal("relay:hello", (await rich.ReceiveAsync()).Name);
    }

    [Theory]
    [InlineData("/api/v1/state?project=", "bad_filter")]
    [InlineData("/api/v1/tasks/none", "unknown_task")]
    [InlineData("/ws", "not_an_upgrade")]
    [InlineData("/nowhere", "not_found")]
    public async Task Refusal_conforms(string path, string error)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);

        string body = (await relay.GetAsync(path)).Body;

        Contract.Holds("Refusal", body);
        Assert.Equal(error, JsonDocument.Parse(body).RootElement.GetProperty("error").GetString());
    }

    private static async Task AssertSnapshotAsync(RunningRelay relay)
    {
        await using TestClient client = await relay.ConnectAsync(configure: options => options.AddSubProtocol("cecelia.v1"));
        Contract.Holds("RelayHello", await client.ReceiveAsync());
        while (true)
        {
            string part = await client.ReceiveAsync();
            Contract.Holds("RelaySnapshot", part);
            if (JsonDocument.Parse(part).RootElement.GetProperty("data").GetProperty("last").GetBoolean()) return;
        }
    }
}
