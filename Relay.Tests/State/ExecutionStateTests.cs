using System.Text.Json;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>Executions of the Execution and Workflow formats, by the examples of their documents.</summary>
public class ExecutionStateTests
{
    [Theory]
    [InlineData(
        """{"type":"status","execution_id":"execution-uuid","status":"running","progress":50,"message":"执行中...","result":null,"error":null,"execution_time":null}""")]
    [InlineData(
        """{"type":"status","data":{"execution_id":"execution-uuid","status":"running","progress":50,"message":"执行中...","result":null,"error":null,"execution_time":null}}""")]
    public void Status_flat_or_nested_is_kept_as_last_received(string payload)
    {
        Assert.Equal(
            """{"id":"execution-uuid","status":"running","progress":50,"message":"执行中...","result":null,"error":null,"execution_time":null,"""
            + "\"started\":\"2026-02-06T08:30:00.000Z\",\"timestamp\":\"2026-02-06T08:30:00.000Z\",\"undated\":true,\"received\":\"2026-02-06T08:30:00.000Z\"}",
            new Reduced().Apply(payload).Json(EntityKind.Execution, "execution-uuid"));
    }

    [Fact]
    public void Execution_keeps_its_start_and_end_times()
    {
        Reduced state = new Reduced().Apply(
            """{"type":"status","execution_id":"e","status":"pending"}""",
            """{"type":"status","execution_id":"e","status":"running","progress":1}""",
            """{"type":"status","execution_id":"e","status":"running","progress":2}""",
            """{"type":"status","execution_id":"e","status":"completed","result":{"a":[1]},"timestamp":"2026-02-06T09:00:00Z"}""");

        JsonElement execution = state.One(EntityKind.Execution, "e");
        Assert.Equal("2026-02-06T08:30:01.000Z", execution.GetProperty("started").GetString());
        Assert.Equal("2026-02-06T09:00:00Z", execution.GetProperty("ended").GetString());
        Assert.Equal("[1]", execution.GetProperty("result").GetProperty("a").GetRawText());
        Assert.Equal(2, execution.GetProperty("progress").GetInt32());
    }

    [Theory]
    [InlineData("execution:paused", "paused")]
    [InlineData("execution:completed", "completed")]
    [InlineData("execution:resumed", "running")]
    [InlineData("execution:failed", "failed")]
    [InlineData("execution:wäiting", "wäiting")]
    public void Session_has_the_status_of_its_last_event(string name, string status)
    {
        Reduced state = new Reduced().Apply($$"""{"event":"{{name}}","data":{},"timestamp":"2025-12-21T10:00:00+08:00"}""");
        Assert.Equal(status, state.One(EntityKind.Execution, "").GetProperty("status").GetString());
    }

    [Fact]
    public void Paused_session_keeps_the_time_when_it_first_ran()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"execution:started","data":{}}""", """{"event":"execution:paused","data":{}}""", """{"event":"execution:resumed","data":{}}""");
        Assert.Equal("2026-02-06T08:30:00.000Z", state.One(EntityKind.Execution, "").GetProperty("started").GetString());
    }

    [Fact]
    public void Session_progress_does_not_change_the_status()
    {
        Reduced state = new Reduced().Apply("""{"event":"execution:resumed","data":{}}""", """{"event":"execution:progress","data":{"progress":5}}""");
        Assert.Equal("running", state.One(EntityKind.Execution, "").GetProperty("status").GetString());
        Assert.Equal(5, state.One(EntityKind.Execution, "").GetProperty("progress").GetInt32());
    }

    [Fact]
    public void Token_usage_without_a_node_belongs_to_the_execution()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"token_usage","data":{"input_tokens":10,"output_tokens":5}}""", """{"event":"token_usage","data":{"output_tokens":7}}""");
        Assert.Equal("""{"input_tokens":10,"output_tokens":7}""", state.One(EntityKind.Execution, "").GetProperty("usage").GetRawText());
    }

    [Fact]
    public void Run_id_does_not_create_an_execution()
    {
        Reduced state = new Reduced().Apply("""{"event":"task:started","data":{"taskId":"t1","runId":"r1"}}""");
        Assert.Equal(0, state.Table.Count(EntityKind.Execution));
    }
}
