using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.State;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>PROTOCOL.md, <i>Slow clients</i>: the state, replayed as events that every client understands.</summary>
public sealed class StateReplayTests
{
    [Theory]
    [InlineData("""{"event":"task:created","data":{"taskId":"t"}}""", "task:created", """{"taskId":"t","status":"queued"}""")]
    [InlineData(
        """{"event":"task:progress","data":{"taskId":"t","progress":4,"note":"n"}}""",
        "task:progress",
        """{"note":"n","taskId":"t","status":"running","progress":4}""")]
    [InlineData("""{"event":"task:failed","data":{"taskId":"t","status":"failed"}}""", "task:failed", """{"taskId":"t","status":"failed"}""")]
    [InlineData("""{"event":"task_updated","data":{"taskId":"t","status":"blocked"}}""", "task_updated", """{"taskId":"t","status":"blocked"}""")]
    [InlineData("""{"event":"executor:status","data":{"activeCount":2}}""", "executor:status", """{"activeCount":2}""")]
    [InlineData("""{"type":"status","execution_id":"e","status":"running"}""", "status", """{"execution_id":"e","status":"running"}""")]
    [InlineData("""{"event":"execution:paused","data":{},"execution_id":"e"}""", "execution:paused", """{"execution_id":"e","status":"paused"}""")]
    [InlineData("""{"event":"node_state_change","data":{"status":"running"},"node_id":"n"}""", "node_state_change", """{"status":"running"}""")]
    [InlineData("""{"event":"token_usage","data":{"input":3},"execution_id":"e"}""", null, null)]
    [InlineData("""{"type":"agent_spawned","data":{"agent_id":"a"}}""", null, null)]
    [InlineData("""{"type":"plan_generated","data":{},"project_id":"p"}""", null, null)]
    public void Entity_is_replayed_as_the_event_that_sets_its_status(string payload, string? name, string? data)
    {
        JsonElement? replayed = Replay(payload, WireFormat.Cecelia);

        Assert.Equal(name, replayed?.GetProperty("event").GetString());
        Assert.Equal(data, replayed?.GetProperty("data").GetRawText());
    }

    [Theory]
    [InlineData("task_created", """{"id":"t","title":"x"}""", "task_updated", """{"title":"x","id":"t","status":"queued"}""")]
    [InlineData("task_status_changed", """{"id":"t","status":"in_progress"}""", "task_updated", """{"id":"t","status":"in_progress"}""")]
    [InlineData(
        "agent_spawned", """{"agent_id":"a","status":"idle","role":"coder"}""", "agent_status_update", """{"role":"coder","agent_id":"a","status":"idle"}""")]
    [InlineData("file_locks_update", """{"locks":["a.py"]}""", "file_locks_update", """{"locks":["a.py"]}""")]
    [InlineData("plan_generated", """{"plan":[1]}""", "plan_generated", """{"plan":[1]}""")]
    [InlineData("coordination_update", """{"phase":"merge"}""", "coordination_update", """{"phase":"merge"}""")]
    [InlineData("coordination_update", """{"\ud800":"\ud800"}""", "coordination_update", """{"\ud800":"\ud800"}""")]
    public void TaskTree_entity_is_replayed_as_a_TaskTree_message(string type, string published, string name, string data)
    {
        JsonElement replayed = Replay(
            $$"""{"type":"{{type}}","project_id":"p","data":{{published}},"timestamp":"2026-02-06T08:30:00Z"}""", WireFormat.TaskTree)!.Value;

        Assert.Equal($$"""{"type":"{{name}}","project_id":"p","data":{{data}},"timestamp":"2026-02-06T08:30:00Z"}""", replayed.GetRawText());
    }

    /// <summary>Replays text that is valid JSON but throws when it is read as a string: a lagging client was closed each time.</summary>
    [Theory]
    [InlineData("""{"event":"task:progress","data":{"taskId":"t","note":"\ud800"}}""", """{"note":"\ud800","taskId":"t","status":"running"}""")]
    [InlineData(
        """{"event":"task:progress","data":{"taskId":"t","n\udc00":{"\ud800":["\ud83d"]}}}""",
        """{"n\udc00":{"\ud800":["\ud83d"]},"taskId":"t","status":"running"}""")]
    [InlineData(
        """{"event":"status","execution_id":"e","data":{"status":"running","message":"\ud800"}}""",
        """{"execution_id":"e","status":"running","message":"\ud800"}""")]
    [InlineData("""{"event":"node_state_change","data":{"status":"running","\ud800":1},"node_id":"n"}""", """{"\ud800":1,"status":"running"}""")]
    public void Lone_surrogate_is_replayed_as_written(string payload, string data) =>
        Assert.Equal(data, Replay(payload, WireFormat.Cecelia)!.Value.GetProperty("data").GetRawText());

    private static JsonElement? Replay(string payload, WireFormat format)
    {
        Reduced reduced = new Reduced().Apply(payload);
        using var copy = new StateCopy();
        reduced.Table.CopyTo(copy, StateSelection.All);
        using var writer = new FrameWriter(int.MaxValue);
        List<byte[]> pieces = StateReplay.Make(copy, new ViewKind(Filter.None, format, FrameEncoding.Plain), writer, 4096);
        // One short frame, whose header has two or four bytes.
        return pieces.Count == 0 ? null : JsonDocument.Parse(Assert.Single(pieces).AsMemory(pieces[0][1] == 126 ? 4 : 2)).RootElement;
    }
}
