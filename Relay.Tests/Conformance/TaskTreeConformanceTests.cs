using System.Text.Json;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Tests.Commands;
using Microsoft.Extensions.Configuration;

namespace Cecelia.Relay.Tests.Conformance;

/// <summary>
/// The TaskTree wire format as its document defines it: envelope, types, broadcast to all and to one project. PROTOCOL.md, <i>TaskTree format</i>.
/// </summary>
public sealed class TaskTreeConformanceTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    private readonly string _project = Guid.NewGuid().ToString();

    public static TheoryData<string, string> Types => new()
    {
        { "task_created", """{"id":"t1","title":"实现登录","status":"pending"}""" },
        { "task_updated", """{"id":"t1","title":"实现登录 v2"}""" },
        { "task_deleted", """{"id":"t1"}""" },
        { "task_status_changed", """{"id":"t1","status":"in_progress"}""" },
        { "tasks_reset", """{}""" },
        { "agent_spawned", """{"agent_id":"a1","role":"coder"}""" },
        { "agent_status_update", """{"agent_id":"a1","status":"busy"}""" },
        { "agent_messages", """{"agent_id":"a1","messages":[{"from":"a1","to":"a2","text":"你好"}]}""" },
        { "coordination_update", """{"phase":"merge"}""" },
        { "file_locks_update", """{"locks":[{"path":"src/main.py","agent_id":"a1"}]}""" },
        { "plan_generated", """{"plan":["t1","t2"]}""" },
        { "log", """{"level":"info","message":"started"}""" },
        { "notification", """{"title":"完成"}""" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Published_message_is_delivered_verbatim_to_every_board_of_its_project(string type, string data)
    {
        string message = $$"""{"type":"{{type}}","project_id":"{{_project}}","data":{{data}},"timestamp":"2026-02-06T08:30:00.123456"}""";
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient all = await AllAsync(),
            one = await BoardAsync(_project),
            second = await BoardAsync(_project),
            other = await BoardAsync(_project + "2");

        await publisher.PublishAsync([message, Marker]);

        Assert.Equal([message, Marker], await all.ReceiveEventsAsync(2));
        Assert.Equal([message, Marker], await one.ReceiveEventsAsync(2));
        Assert.Equal([message, Marker], await second.ReceiveEventsAsync(2));
        // A message without a project goes to all. It arrives first here, so no message of the other project was delivered.
        Assert.Equal(Marker, await other.ReceiveAsync());
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Message_of_a_board_reaches_Brain_as_the_client_sent_it(string type, string data)
    {
        await using FakeBrain brain = await FakeBrain.ConnectAsync(shared.Redis);
        await using TestClient board = await BoardAsync(_project),
            other = await shared.Relay.ConnectAsync("?format=tasktree"),
            plain = await shared.Relay.ConnectAsync();
        string message = $$"""{"type":"{{type}}","project_id":"{{_project}}","data":{{data}},"timestamp":"2026-02-06T08:30:00Z"}""";

        foreach (TestClient client in (TestClient[])[board, other])
        {
            await client.SendAsync(message);
            JsonElement received = await brain.ReceiveAsync();
            Assert.Equal(type, received.GetProperty("type").GetString());
            Assert.Equal(data, received.GetProperty("data").GetRawText());
            Assert.Equal(_project, received.GetProperty("project_id").GetString());
        }

        // Outside TaskTree the message type must be an allowed command.
        await plain.SendAsync(message);
        Assert.Contains("command_not_allowed", await plain.ReceiveAsync(), StringComparison.Ordinal);
    }

    /// <summary>A broadcast to all: no project.</summary>
    private static string Marker => """{"type":"notification","data":{"title":"to all"},"timestamp":"2026-02-06T08:30:01Z"}""";

    [Theory]
    [InlineData(
        """{"event":"task_created","project_id":"P","data":{"id":"t"},"timestamp":"2026-02-06T08:30:00Z"}""",
        """{"type":"task_created","project_id":"P","data":{"id":"t"},"timestamp":"2026-02-06T08:30:00Z"}""")]
    [InlineData(
        """{"type":"task_created","data":{"id":"t","project_id":"P"},"timestamp":"2026-02-06T08:30:00Z"}""",
        """{"type":"task_created","project_id":"P","data":{"id":"t","project_id":"P"},"timestamp":"2026-02-06T08:30:00Z"}""")]
    [InlineData(
        """{"event":"task:created","data":{"taskId":"t","projectId":"P","status":"queued"},"timestamp":"2026-02-06T08:30:00Z","node_id":"n"}""",
        """{"type":"task:created","project_id":"P","data":"""
            + """{"taskId":"t","projectId":"P","status":"queued"},"timestamp":"2026-02-06T08:30:00Z","node_id":"n"}""")]
    public async Task Message_in_another_envelope_is_converted_to_the_TaskTree_envelope(string payload, string message)
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient board = await BoardAsync(_project);

        await publisher.PublishAsync(payload.Replace("\"P\"", $"\"{_project}\"", StringComparison.Ordinal));

        Assert.Equal(message.Replace("\"P\"", $"\"{_project}\"", StringComparison.Ordinal), await board.ReceiveAsync());
    }

    [Fact]
    public async Task Numeric_project_is_kept_and_a_missing_timestamp_is_added()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient board = await BoardAsync("4711");

        await publisher.PublishAsync("""{"type":"task_updated","project_id":4711,"data":{"id":7}}""");

        JsonElement message = Parse(await board.ReceiveAsync());
        Assert.Equal(["type", "project_id", "data", "timestamp"], message.EnumerateObject().Select(member => member.Name));
        Assert.Equal("4711", message.GetProperty("project_id").GetRawText());
        Assert.InRange(message.GetProperty("timestamp").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task Board_can_filter_by_type()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient agents = await shared.Relay.ConnectToAsync($"/ws/projects/{_project}?events=agent_*,notification");

        await publisher.PublishAsync([Of("task_updated"), Of("agent_spawned"), Of("log"), Marker]);

        Assert.Equal([Of("agent_spawned"), Marker], await agents.ReceiveEventsAsync(2));
    }

    [Fact]
    public async Task Project_parameter_of_the_general_address_excludes_broadcasts()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient board = await shared.Relay.ConnectAsync($"?format=tasktree&project={_project}");

        await publisher.PublishAsync([Marker, Of("task_updated")]);

        Assert.Equal(Of("task_updated"), await board.ReceiveAsync());
    }

    [Fact]
    public async Task Subprotocol_is_not_negotiated_at_a_project_address()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using RawClient client = await RawClient.ConnectAsync(shared.Relay.Port);

        RawResponse response = await client.RequestAsync(
            RawClient.UpgradeRequest(("Sec-WebSocket-Protocol", "cecelia.v1")).Replace("/ws ", $"/ws/projects/{_project} ", StringComparison.Ordinal));
        Assert.Equal(101, response.Status);
        Assert.False(response.Headers.ContainsKey("Sec-WebSocket-Protocol"));
        await publisher.PublishAsync(Of("log"));

        Assert.Equal(Of("log"), (await client.ReadMessageAsync()).Text);
    }

    /// <summary>The whole round trip of the document: a user's action is sent, the back end handles it and broadcasts the outcome to the project.</summary>
    [Fact]
    public async Task Message_of_a_board_is_handled_by_Brain_and_its_outcome_reaches_the_project()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            shared.Redis,
            options => options with { Commands = options.Commands with { Names = ["task_status_changed"] } });
        await using FakeBrain brain = await FakeBrain.ConnectAsync(shared.Redis);
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient acting = await relay.ConnectToAsync("/ws/projects/" + _project),
            watching = await relay.ConnectToAsync("/ws/projects/" + _project);

        await acting.SendAsync(
            $$"""{"type":"task_status_changed","project_id":"{{_project}}","data":{"id":"t1","status":"done"},"timestamp":"2026-02-06T08:30:00Z"}""");
        JsonElement command = await brain.ReceiveAsync();
        Assert.Equal(_project, command.GetProperty("project_id").GetString());
        string type = command.GetProperty("type").GetString()!, changed = command.GetProperty("data").GetRawText();
        string outcome = $$"""{"type":"{{type}}","project_id":"{{_project}}","data":{{changed}},"timestamp":"2026-02-06T08:30:01Z"}""";
        await publisher.PublishAsync(outcome);

        Assert.Equal(outcome, await acting.ReceiveAsync());
        Assert.Equal(outcome, await watching.ReceiveAsync());
        // A reply to the sender does not reach the other board.
        await publisher.PublishAsync(
            [
                $$"""{"type":"notification","data":{"ok":true},"timestamp":"2026-02-06T08:30:02Z","reply_to":"{{command.GetProperty("id").GetString()}}"}""",
                Marker,
            ]);
        Assert.Equal(
            "{\"type\":\"notification\",\"data\":{\"ok\":true},\"timestamp\":\"2026-02-06T08:30:02Z\",\"reply_to\":\""
                + command.GetProperty("id").GetString()
                + "\"}",
            await acting.ReceiveAsync());
        Assert.Equal(Marker, await watching.ReceiveAsync());
    }

    [Fact]
    public async Task Configured_command_names_replace_the_defaults_of_boards()
    {
        (RelayOptions options, _) =
            SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection([new("CECELIA_COMMAND_NAMES", "start_session,task_updated")]).Build());
        await using RunningRelay relay = await RunningRelay.StartAsync(shared.Redis, usual => usual with { Commands = options.Commands });
        await using FakeBrain brain = await FakeBrain.ConnectAsync(shared.Redis);
        await using TestClient board = await relay.ConnectToAsync("/ws/projects/" + _project);

        await board.SendAsync("""{"type":"task_created"}""");
        Assert.Equal(
            "This command is not allowed; allowed commands: start_session, task_updated",
            Parse(await board.ReceiveAsync()).GetProperty("message").GetString());
        await board.SendAsync("""{"type":"task_updated"}""");

        Assert.Equal("task_updated", (await brain.ReceiveAsync()).GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("/ws?format=socketio", "The format must be cecelia or tasktree")]
    [InlineData("/ws/projects/p?project=q", "The address already contains the project")]
    [InlineData("/ws/projects/%20?events=", "A filter value must have 1 to 256 bytes")]
    public async Task Unsupported_address_is_refused(string address, string expected)
    {
        await using RawClient client = await RawClient.ConnectAsync(shared.Relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest().Replace("/ws ", address + " ", StringComparison.Ordinal));

        Assert.Equal(400, response.Status);
        Assert.Equal(
            ["bad_filter", expected], [Parse(response.Body).GetProperty("error").GetString()!, Parse(response.Body).GetProperty("message").GetString()!]);
    }

    private static JsonElement Parse(string text) => JsonDocument.Parse(text).RootElement;

    private string Of(string type) => $$"""{"type":"{{type}}","project_id":"{{_project}}","data":{"id":"x"},"timestamp":"2026-02-06T08:30:00Z"}""";

    private Task<TestClient> AllAsync() => shared.Relay.ConnectAsync("?format=tasktree");

    private Task<TestClient> BoardAsync(string project) => shared.Relay.ConnectToAsync("/ws/projects/" + project);

    private Task<EventPublisher> PublisherAsync() => EventPublisher.ConnectAsync(shared.Redis);
}
