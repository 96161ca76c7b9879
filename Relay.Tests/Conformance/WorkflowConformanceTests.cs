using System.Text.Json;
using Cecelia.Relay.Tests.Commands;

namespace Cecelia.Relay.Tests.Conformance;

/// <summary>The Workflow wire format as its document defines it: the events with either name member of its history, and the heartbeat.</summary>
public sealed class WorkflowConformanceTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    public static TheoryData<string, string> Events => new()
    {
        { "token_stream", """{"content":"你","node_id":"agent_1"}""" },
        { "node_state_change", """{"node_id":"agent_1","status":"running"}""" },
        { "node:parallel_start", """{"branches":["agent_1","agent_2"]}""" },
        { "token_usage", """{"input_tokens":120,"output_tokens":45,"estimated_cost_usd":0.0012}""" },
        { "execution:paused", """{"reason":"human_review"}""" },
        { "execution:completed", """{}""" },
        { "error", """{"error":"llm timeout"}""" },
    };

    /// <summary>The back end's struct, in the order in which Go serializes it.</summary>
    [Theory]
    [MemberData(nameof(Events))]
    public async Task Event_named_by_type_or_event_is_delivered_under_event(string name, string data)
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient client = await shared.Relay.ConnectAsync();

        await publisher.PublishAsync(
        [
            $$"""{"event":"{{name}}","timestamp":"2025-12-21T10:00:00.123456789+08:00","node_id":"agent_1","data":{{data}}}""",
            // The envelope with which the back end's messages were lost silently.
            $$"""{"type":"{{name}}","timestamp":"2025-12-21T10:00:00.123456789+08:00","node_id":"agent_1","data":{{data}}}""",
        ]);

        string expected = $$"""{"event":"{{name}}","data":{{data}},"timestamp":"2025-12-21T10:00:00.123456789+08:00","node_id":"agent_1"}""";
        Assert.Equal([expected, expected], await client.ReceiveEventsAsync(2));
    }

    [Fact]
    public async Task Event_without_a_name_is_recorded_as_refused_and_later_events_pass()
    {
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient client = await shared.Relay.ConnectAsync();
        string unnamed = $$$"""{"Type":"token_stream","data":{"content":"{{{Guid.NewGuid()}}}"}}""";

        await publisher.PublishAsync([unnamed, """{"event":"token_stream","data":{"content":"x"}}"""]);

        Assert.Equal("token_stream", JsonDocument.Parse(await client.ReceiveAsync()).RootElement.GetProperty("event").GetString());
        JsonElement kept = (await shared.Relay.GetJsonAsync("/api/v1/refused")).GetProperty("kept");
        Assert.Contains(
            kept.EnumerateArray(),
            one => one.GetProperty("excerpt").GetString() == unnamed && one.GetProperty("reason").GetString() == "no_event");
    }

    [Fact]
    public async Task Heartbeat_ping_gets_a_pong()
    {
        await using TestClient client = await shared.Relay.ConnectAsync();

        await client.SendAsync("""{"cmd":"ping"}""");

        Assert.StartsWith("""{"event":"pong","data":{},"timestamp":""", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    /// <summary>A refusal with the member <c>type</c> matched no case of the client's router and was lost silently.</summary>
    [Theory]
    [InlineData("""{"cmd":"start_session","data":{"workflow_id":"w1"}}""", "no_receiver", "No Brain")]
    [InlineData("""{"cmd":"stop_session"}""", "command_not_allowed", "start_session")]
    [InlineData("""{"cmd":"start_session","data":[]}""", "bad_command", "object")]
    [InlineData("start_session", "not_json", "JSON")]
    [InlineData("{}", "unknown_message", "cmd")]
    public async Task Refused_command_is_answered_with_an_error_event(string command, string reason, string expected)
    {
        await using TestClient client = await shared.Relay.ConnectAsync();

        await client.SendAsync(command);

        JsonElement message = JsonDocument.Parse(await client.ReceiveAsync()).RootElement;
        Assert.Equal(["event", "data", "timestamp"], message.EnumerateObject().Select(member => member.Name));
        Assert.Equal("error", message.GetProperty("event").GetString());
        Assert.Equal(["error", "reason"], message.GetProperty("data").EnumerateObject().Select(member => member.Name));
        Assert.Contains(expected, message.GetProperty("data").GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(reason, message.GetProperty("data").GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("""{"cmd":"start_session","data":{"workflow_id":"w1","input":"你好"}}""", "start_session")]
    [InlineData("""{"cmd":"pause_session"}""", "pause_session")]
    [InlineData("""{"cmd":"resume_session"}""", "resume_session")]
    [InlineData("""{"cmd":"user_input","data":{"text":"继续"}}""", "user_input")]
    public async Task Command_reaches_Brain_and_a_documented_client_receives_only_events(string command, string name)
    {
        await using FakeBrain brain = await FakeBrain.ConnectAsync(shared.Redis);
        await using TestClient client = await shared.Relay.ConnectAsync();

        await client.SendAsync(command);

        JsonElement received = await brain.ReceiveAsync();
        Assert.Equal(name, received.GetProperty("cmd").GetString());
        Assert.Equal(
            JsonDocument.Parse(command).RootElement.TryGetProperty("data", out JsonElement data) ? data.GetRawText() : "{}",
            received.GetProperty("data").GetRawText());
        await client.SendAsync("""{"cmd":"ping"}""");
        Assert.StartsWith("""{"event":"pong","data":{},"timestamp":""", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streamed_tokens_are_complete_and_in_order_for_a_fast_client()
    {
        const int Tokens = 5000;
        await using EventPublisher publisher = await PublisherAsync();
        await using TestClient client = await shared.Relay.ConnectAsync("?events=token_stream");

        await publisher.PublishAsync(
            Enumerable.Range(0, Tokens).Select(i => $$$"""{"event":"token_stream","node_id":"n{{{i % 3}}}","data":{"content":"t{{{i}}} "}}"""));

        string[] received = await client.ReceiveEventsAsync(Tokens);
        Assert.Equal(
            Enumerable.Range(0, Tokens).Select(i => $"t{i} "),
            received.Select(text => JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("content").GetString()));
        Assert.DoesNotContain(received, text => text.Contains("merged", StringComparison.Ordinal));
    }

    private Task<EventPublisher> PublisherAsync() => EventPublisher.ConnectAsync(shared.Redis);
}
