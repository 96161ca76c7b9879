using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>The state stays within its bounds for any events, and counts what it drops.</summary>
public class StateBoundsTests
{
    [Fact]
    public void Too_many_entities_evict_the_oldest_terminal_and_then_the_least_recently_changed()
    {
        Reduced state = new Reduced(new StateOptions { MaxEntities = 4 }).Apply(
            Task("task:started", "a"), Task("task:started", "b"), Task("task:completed", "c"), Task("task:failed", "d"), Task("task:progress", "a"));

        state.Apply(Task("task:created", "e"));
        Assert.Equal("a,b,d,e", Ids(state));
        state.Apply(Task("task:created", "f"));
        Assert.Equal("a,b,e,f", Ids(state));
        Assert.Equal((0, 2), (state.Table.Evicted, state.Table.EvictedTerminal));
        state.Apply(Task("task:created", "g"));
        Assert.Equal("a,e,f,g", Ids(state));
        state.Apply("""{"event":"executor:status","data":{}}""");
        Assert.Equal("e,f,g", Ids(state));
        Assert.Equal((2, 2, 4), (state.Table.Evicted, state.Table.EvictedTerminal, state.Table.Total));
    }

    [Fact]
    public void Too_many_bytes_evict_entities_too()
    {
        const int MaxBytes = 100_000;
        var state = new Reduced(new StateOptions { MaxBytes = MaxBytes });
        for (int i = 0; i < 200; i++)
        {
            state.Apply($$$"""{"event":"task:created","data":{"taskId":"t{{{i}}}","x":"{{{new string('x', i * 20)}}}"}}""");
            Assert.InRange(state.Table.Bytes, 1, MaxBytes);
        }

        Assert.True(state.Has(EntityKind.Task, "t199"));
        Assert.Equal(200, state.Table.Evicted + state.Table.Total);
    }

    [Fact]
    public void Bytes_are_released_with_the_last_entity()
    {
        var state = new Reduced();
        for (int i = 0; i < 50; i++)
        {
            state.Apply(Task("task:created", $"t{i}"), Task("task:progress", $"t{i}"), $$"""{"type":"status","execution_id":"e{{i}}","status":"failed"}""");
        }

        state.Apply("""{"type":"tasks_reset","data":{}}""");
        state.Table.Trim(state.NowMs + 3_600_000);
        Assert.Equal((0, 0), (state.Table.Bytes, state.Table.Total));
    }

    [Fact]
    public void Terminal_entities_are_removed_after_their_retention_time()
    {
        Reduced state = new Reduced(new StateOptions { TerminalKept = TimeSpan.FromMinutes(1) }).Apply(
            Task("task:completed", "a"), Task("task:started", "b"), Task("task:failed", "c"));
        state.Table.Trim(Reduced.Start + 59_999);
        Assert.Equal("a,b,c", Ids(state));
        state.Table.Trim(Reduced.Start + 60_000);
        Assert.Equal("b,c", Ids(state));
        state.Table.Trim(Reduced.Start + 600_000);
        Assert.Equal("b", Ids(state));
        Assert.Equal((0, 0), (state.Table.Evicted, state.Table.EvictedTerminal));
    }

    [Fact]
    public void Terminal_entities_are_kept_without_a_retention_time()
    {
        Reduced state = new Reduced(new StateOptions { TerminalKept = TimeSpan.Zero }).Apply(Task("task:completed", "a"));
        state.Table.Trim(long.MaxValue / 2);
        Assert.Equal("a", Ids(state));
    }

    /// <summary>Covers an event with too much data: the status still changes, and only the data is left out.</summary>
    [Fact]
    public void Data_beyond_the_bound_is_not_merged_and_is_marked()
    {
        string large = new('x', 40_000);
        Reduced state = new Reduced().Apply(
            $$$"""{"event":"task:created","data":{"taskId":"t","a":"{{{large}}}"}}""",
            $$$"""{"event":"task:started","data":{"taskId":"t","b":"{{{large}}}"}}""");

        JsonElement task = state.TaskOf("t");
        Assert.Equal("running", task.GetProperty("status").GetString());
        Assert.True(task.GetProperty("data").TryGetProperty("a", out _));
        Assert.False(task.GetProperty("data").TryGetProperty("b", out _));
        Assert.True(task.GetProperty("truncated").GetBoolean());
        Assert.Equal(1, state.Table.Truncated);

        // Data that replaces a large field fits.
        state.Apply($$$"""{"event":"task:progress","data":{"taskId":"t","a":"{{{new string('y', 40_000)}}}"}}""");
        Assert.StartsWith("y", state.TaskOf("t").GetProperty("data").GetProperty("a").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, state.Table.Truncated);
    }

    [Fact]
    public void Data_of_too_many_fields_is_not_merged()
    {
        string fields = string.Join(',', Enumerable.Range(0, 300).Select(i => $"\"f{i}\":{i}"));
        Reduced state = new Reduced().Apply(Task("task:created", "t"), $$$"""{"event":"task:started","data":{"taskId":"t",{{{fields}}}}}""");
        Assert.Equal("""{"taskId":"t"}""", state.TaskOf("t").GetProperty("data").GetRawText());
        Assert.Equal(1, state.Table.Truncated);
    }

    [Theory]
    [InlineData("""{"type":"status","execution_id":"e","result":"LARGE"}""")]
    [InlineData("""{"type":"error","message":"LARGE","data":{"message":"LARGE"},"node_id":"n"}""")]
    [InlineData("""{"type":"plan_generated","data":{"plan":"LARGE"}}""")]
    [InlineData("""{"type":"agent_messages","data":{"agent_id":"a","text":"LARGE"}}""")]
    [InlineData("""{"event":"token_usage","data":{"x":"LARGE"}}""")]
    public void Value_beyond_the_bound_is_not_kept(string payload)
    {
        Reduced state = new Reduced().Apply(payload.Replace("LARGE", new string('x', 70_000), StringComparison.Ordinal));
        Assert.Equal(1, state.Table.Truncated);
        Assert.InRange(Assert.Single(state.Texts()).Length, 1, 1000);
    }

    [Theory]
    [InlineData("""{"type":"task_created","data":{"id":"LONG"}}""")]
    [InlineData("""{"type":"agent_spawned","data":{"agent_id":"LONG"}}""")]
    [InlineData("""{"event":"node:parallel_start","data":{"nodes":["LONG"]}}""")]
    [InlineData("""{"type":"agent_spawned","data":{"agent_id":"\ud800"}}""")]
    [InlineData("""{"type":"agent_spawned","data":{"agent_id":1.5}}""")]
    public void Invalid_id_creates_no_entity(string payload) =>
        Assert.Empty(new Reduced().Apply(payload.Replace("LONG", new string('x', EventLimits.KeyBytes + 1), StringComparison.Ordinal)).Texts());

    [Fact]
    public void Ids_of_full_length_are_distinguished()
    {
        string a = new('"', EventLimits.KeyBytes - 1), escaped = a.Replace("\"", "\\\"", StringComparison.Ordinal);
        var state = new Reduced();
        foreach (string end in (string[])["1", "2"])
        {
            state.Apply(
                $$$"""{"type":"agent_spawned","project_id":"{{{escaped}}}x","data":{"agent_id":"{{{escaped}}}{{{end}}}"}}""",
                $$$"""{"type":"node_state_change","execution_id":"{{{escaped}}}x","data":{"status":"running"},"node_id":"{{{escaped}}}{{{end}}}"}""");
        }

        Assert.Equal((2, 2), (state.Table.Count(EntityKind.Agent), state.Table.Count(EntityKind.Node)));
        Assert.Equal(a + "1", state.Of(EntityKind.Agent)[0].GetProperty("id").GetString());
    }

    private static string Task(string name, string id) => $$$"""{"event":"{{{name}}}","data":{"taskId":"{{{id}}}"}}""";

    private static string Ids(Reduced state) =>
        string.Join(',', state.Of(EntityKind.Task).Select(task => task.GetProperty("id").GetString()).Order(StringComparer.Ordinal));
}
