using System.Text.Json;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Tests.Commands;
using Microsoft.Extensions.Configuration;

namespace Cecelia.Relay.Tests.Conformance;

/// <summary>System B's project boards, as its document has them: envelope, types, broadcast to all and to one project. PROTOCOL.md, <i>TaskTree format</i>.</summary>
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
    public async Task Message_of_each_type_reaches_every_board_of_its_project_as_it_was_published(string type, string data)
    {
        string message = $$"""{"type":"{{type}}","project_id":"{{_project}}","data":{{data}},"timestamp":"2026-02-06T08:30:00.123456"}""";
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient all = await AllAsync(), one = await BoardAsync(_project), second = await BoardAsync(_project), other = await BoardAsync(_project + "2");

        await publisher.PublishAsync([message, Marker]);

        Assert.Equal([message, Marker], await all.ReceiveEventsAsync(2));
        Assert.Equal([message, Marker], await one.ReceiveEventsAsync(2));
        Assert.Equal([message, Marker], await second.ReceiveEventsAsync(2));
        // What is of no project goes to all: it comes first here, so nothing of the other project did.
        Assert.Equal(Marker, await other.ReceiveAsync());
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Message_of_each_type_from_a_board_reaches_brain_as_the_client_sent_it(string type, string data)
    {
        await using FakeBrain brain = await FakeBrain.ConnectAsync(shared.Redis);
        await using TestClient board = await BoardAsync(_project), other = await shared.Relay.ConnectAsync("?format=tasktree"), plain = await shared.Relay.ConnectAsync();
        string message = $$"""{"type":"{{type}}","project_id":"{{_project}}","data":{{data}},"timestamp":"2026-02-06T08:30:00Z"}""";

        foreach (TestClient client in (TestClient[])[board, other])
        {
            await client.SendAsync(message);
            JsonElement received = await brain.ReceiveAsync();
            Assert.Equal(type, received.GetProperty("type").GetString());
            Assert.Equal(data, received.GetProperty("data").GetRawText());
            Assert.Equal(_project, received.GetProperty("project_id").GetString());
        }

        // Elsewhere it needs the setting.
        await plain.SendAsync(message);
        Assert.Contains("command_not_allowed", await plain.ReceiveAsync(), StringComparison.Ordinal);
    }

    /// <summary>A broadcast to all: no project.</summary>
    private static string Marker => """{"type":"notification","data":{"title":"to all"},"timestamp":"2026-02-06T08:30:01Z"}""";

    [Theory]
    [InlineData("""{"event":"task_created","project_id":"P","data":{"id":"t"},"timestamp":"2026-02-06T08:30:00Z"}""", """{"type":"task_created","project_id":"P","data":{"id":"t"},"timestamp":"2026-02-06T08:30:00Z"}""")]
    [InlineData("""{"type":"task_created","data":{"id":"t","project_id":"P"},"timestamp":"2026-02-06T08:30:00Z"}""", """{"type":"task_created","project_id":"P","data":{"id":"t","project_id":"P"},"timestamp":"2026-02-06T08:30:00Z"}""")]
    [InlineData("""{"event":"task:created","data":{"taskId":"t","projectId":"P","status":"queued"},"timestamp":"2026-02-06T08:30:00Z","node_id":"n"}""", """{"type":"task:created","project_id":"P","data":{"taskId":"t","projectId":"P","status":"queued"},"timestamp":"2026-02-06T08:30:00Z","node_id":"n"}""")]
    public async Task Message_in_another_envelope_is_told_in_the_boards_own(string payload, string message)
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient board = await BoardAsync(_project);

        await publisher.PublishAsync(payload.Replace("\"P\"", $"\"{_project}\"", StringComparison.Ordinal));

        Assert.Equal(message.Replace("\"P\"", $"\"{_project}\"", StringComparison.Ordinal), await board.ReceiveAsync());
    }

    [Fact]
    public async Task Project_that_is_a_number_and_a_timestamp_that_is_missing_are_made_good()
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
    public async Task Board_may_filter_further_by_type()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient agents = await shared.Relay.ConnectToAsync($"/ws/projects/{_project}?events=agent_*,notification");

        await publisher.PublishAsync([Of("task_updated"), Of("agent_spawned"), Of("log"), Marker]);

        Assert.Equal([Of("agent_spawned"), Marker], await agents.ReceiveEventsAsync(2));
    }

    [Fact]
    public async Task Project_parameter_of_the_general_address_leaves_out_what_is_meant_for_all()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient board = await shared.Relay.ConnectAsync($"?format=tasktree&project={_project}");

        await publisher.PublishAsync([Marker, Of("task_updated")]);

        Assert.Equal(Of("task_updated"), await board.ReceiveAsync());
    }

    [Fact]
    public async Task Subprotocol_is_not_granted_where_the_boards_words_are_spoken()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using RawClient client = await RawClient.ConnectAsync(shared.Relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest(("Sec-WebSocket-Protocol", "cecelia.v1")).Replace("/ws ", $"/ws/projects/{_project} ", StringComparison.Ordinal));
        Assert.Equal(101, response.Status);
        Assert.False(response.Headers.ContainsKey("Sec-WebSocket-Protocol"));
        await publisher.PublishAsync(Of("log"));

        Assert.Equal(Of("log"), (await client.ReadMessageAsync()).Text);
    }

    /// <summary>The document's whole chain: a user's action goes up, the back end handles it and broadcasts the outcome to the project.</summary>
    [Fact]
    public async Task Message_of_a_board_is_handled_by_brain_and_its_outcome_reaches_the_project()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(shared.Redis, options => options with { Commands = options.Commands with { Names = ["task_status_changed"] } });
        await using FakeBrain brain = await FakeBrain.ConnectAsync(shared.Redis);
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient acting = await relay.ConnectToAsync("/ws/projects/" + _project), watching = await relay.ConnectToAsync("/ws/projects/" + _project);

        await acting.SendAsync($$"""{"type":"task_status_changed","project_id":"{{_project}}","data":{"id":"t1","status":"done"},"timestamp":"2026-02-06T08:30:00Z"}""");
        JsonElement command = await brain.ReceiveAsync();
        Assert.Equal(_project, command.GetProperty("project_id").GetString());
        string outcome = $$"""{"type":"{{command.GetProperty("type").GetString()}}","project_id":"{{_project}}","data":{{command.GetProperty("data").GetRawText()}},"timestamp":"2026-02-06T08:30:01Z"}""";
        await publisher.PublishAsync(outcome);

        Assert.Equal(outcome, await acting.ReceiveAsync());
        Assert.Equal(outcome, await watching.ReceiveAsync());
        // What is meant for the one who asked does not reach the other.
        await publisher.PublishAsync([$$"""{"type":"notification","data":{"ok":true},"timestamp":"2026-02-06T08:30:02Z","reply_to":"{{command.GetProperty("id").GetString()}}"}""", Marker]);
        Assert.Equal("{\"type\":\"notification\",\"data\":{\"ok\":true},\"timestamp\":\"2026-02-06T08:30:02Z\",\"reply_to\":\"" + command.GetProperty("id").GetString() + "\"}", await acting.ReceiveAsync());
        Assert.Equal(Marker, await watching.ReceiveAsync());
    }

    [Fact]
    public async Task Names_that_were_set_replace_those_of_boards_too()
    {
        (RelayOptions options, _) = SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection([new("CECELIA_COMMAND_NAMES", "start_session,task_updated")]).Build());
        await using RunningRelay relay = await RunningRelay.StartAsync(shared.Redis, usual => usual with { Commands = options.Commands });
        await using FakeBrain brain = await FakeBrain.ConnectAsync(shared.Redis);
        await using TestClient board = await relay.ConnectToAsync("/ws/projects/" + _project);

        await board.SendAsync("""{"type":"task_created"}""");
        Assert.Equal("No command of this name is allowed here; allowed are: start_session, task_updated", Parse(await board.ReceiveAsync()).GetProperty("message").GetString());
        await board.SendAsync("""{"type":"task_updated"}""");

        Assert.Equal("task_updated", (await brain.ReceiveAsync()).GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("/ws?format=socketio", "The format is cecelia or tasktree")]
    [InlineData("/ws/projects/p?project=q", "The address names the project")]
    [InlineData("/ws/projects/%20?events=", "A filter value must have 1 to 256 bytes")]
    public async Task Address_that_asks_for_what_there_is_not_is_refused(string address, string words)
    {
        await using RawClient client = await RawClient.ConnectAsync(shared.Relay.Port);

        RawResponse response = await client.RequestAsync(RawClient.UpgradeRequest().Replace("/ws ", address + " ", StringComparison.Ordinal));

        Assert.Equal(400, response.Status);
        Assert.Equal(["bad_filter", words], [Parse(response.Body).GetProperty("error").GetString()!, Parse(response.Body).GetProperty("message").GetString()!]);
    }

    private static JsonElement Parse(string text) => JsonDocument.Parse(text).RootElement;

    private string Of(string type) => $$"""{"type":"{{type}}","project_id":"{{_project}}","data":{"id":"x"},"timestamp":"2026-02-06T08:30:00Z"}""";

    private Task<TestClient> AllAsync() => shared.Relay.ConnectAsync("?format=tasktree");

    private Task<TestClient> BoardAsync(string project) => shared.Relay.ConnectToAsync("/ws/projects/" + project);

    private Task<EventPublisher> PublisherAsync() => EventPublisher.ConnectAsync(shared.Redis);
}
