using System.Text.Json;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>Executors, agents and the boards of projects.</summary>
public class BoardStateTests
{
    [Fact]
    public void Executor_is_kept_per_source()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"executor:status","data":{"activeCount":3,"availableSlots":2}}""",
            """{"event":"executor:status","data":{"activeCount":4}}""",
            """{"event":"executor:status","source":"b","data":{"activeCount":1}}""");

        Assert.Equal(2, state.Table.Count(EntityKind.Executor));
        Assert.Equal("""{"activeCount":4,"availableSlots":2}""", state.One(EntityKind.Executor, "").GetProperty("data").GetRawText());
        Assert.Equal("""{"activeCount":1}""", state.One(EntityKind.Executor, "b").GetProperty("data").GetRawText());
    }

    [Theory]
    [InlineData("\"agent_id\":\"a1\"")]
    [InlineData("\"agentId\":\"a1\"")]
    [InlineData("\"id\":\"a1\"")]
    public void Agent_is_merged_within_its_project(string id)
    {
        Reduced state = new Reduced().Apply(
            $$$"""{"type":"agent_spawned","project_id":"p1","data":{{{{id}}},"role":"coder"}}""",
            $$$"""{"type":"agent_status_update","project_id":"p1","data":{{{{id}}},"status":"busy"}}""",
            $$$"""{"type":"agent_spawned","project_id":"p2","data":{{{{id}}}}}""");

        Assert.Equal(2, state.Table.Count(EntityKind.Agent));
        JsonElement agent = state.Of(EntityKind.Agent).Single(a => a.GetProperty("project_id").GetString() == "p1");
        Assert.Equal(
            ("a1", "busy", "coder"),
            (agent.GetProperty("id").GetString(), agent.GetProperty("status").GetString(), agent.GetProperty("data").GetProperty("role").GetString()));
    }

    [Fact]
    public void Agent_messages_are_counted_and_the_last_is_kept()
    {
        Reduced state = new Reduced().Apply(
            """{"type":"agent_messages","project_id":"p1","data":{"agent_id":"a1","id":"m1","text":"x"}}""",
            """{"type":"agent_messages","project_id":"p1","data":{"agent_id":"a1","id":"m2","text":"y"}}""",
            """{"type":"agent_messages","project_id":"p1","data":{"id":"m3","text":"z"}}""");

        JsonElement agent = Assert.Single(state.Of(EntityKind.Agent));
        Assert.Equal(2, agent.GetProperty("messages").GetInt32());
        Assert.Equal("y", agent.GetProperty("last_message").GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("file_locks_update", "locks")]
    [InlineData("plan_generated", "plan")]
    [InlineData("coordination_update", "coordination")]
    public void Project_keeps_the_last_event_of_each_section_with_its_time(string name, string section)
    {
        Reduced state = new Reduced().Apply(
            $$$"""{"type":"{{{name}}}","project_id":"p1","data":{"old":1}}""",
            $$"""{"type":"{{name}}","project_id":"p1","data":{"a":[1]},"timestamp":"2026-02-06T09:00:00Z"}""",
            $$$"""{"type":"{{{name}}}","data":{"b":1}}""");

        Assert.Equal("""{"data":{"a":[1]},"timestamp":"2026-02-06T09:00:00Z"}""", state.One(EntityKind.Project, "p1").GetProperty(section).GetRawText());
        Assert.True(state.One(EntityKind.Project, "").GetProperty(section).GetProperty("data").TryGetProperty("b", out _));
    }
}
