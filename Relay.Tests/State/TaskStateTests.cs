using System.Text.Json;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>Tasks of the Cecelia and TaskTree formats, by the examples of their documents.</summary>
public class TaskStateTests
{
    [Fact]
    public void Task_from_queued_to_completed_has_all_its_fields()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"task:created","data":{"taskId":"t1","status":"queued","title":"a"},"timestamp":"2026-02-06T08:30:00.000Z"}""",
            """{"event":"task:started","data":{"taskId":"t1","runId":"r1","status":"running"},"timestamp":"2026-02-06T08:30:01.000Z"}""",
            """{"event":"task:progress","data":{"taskId":"t1","progress":42.5},"timestamp":"2026-02-06T08:30:02.000Z"}""",
            """{"event":"task:completed","data":{"taskId":"t1","progress":100,"runId":null},"timestamp":"2026-02-06T08:30:03.000Z","source":"tick"}""");

        Assert.Equal(
            """{"id":"t1","status":"completed","data":{"taskId":"t1","status":"running","title":"a","runId":null,"progress":100},"""
            + "\"" + """changes":[{"event":"task:created","status":"queued","timestamp":"2026-02-06T08:30:00.000Z","received":"2026-02-06T08:30:00.000Z"},"""
            + """{"event":"task:started","status":"running","timestamp":"2026-02-06T08:30:01.000Z","received":"2026-02-06T08:30:01.000Z"},"""
            + """{"event":"task:completed","status":"completed","timestamp":"2026-02-06T08:30:03.000Z","received":"2026-02-06T08:30:03.000Z","source":"tick"}],"""
            + "\"" + """timestamp":"2026-02-06T08:30:03.000Z","received":"2026-02-06T08:30:03.000Z","progress":100,"source":"tick"}""",
            state.Json(EntityKind.Task, "t1"));
    }

    [Theory]
    [InlineData("task:created", "queued")]
    [InlineData("task:started", "running")]
    [InlineData("task:progress", "running")]
    [InlineData("task:completed", "completed")]
    [InlineData("task:failed", "failed")]
    public void Missing_status_follows_from_the_event_name(string name, string status) =>
        Assert.Equal(status, new Reduced().Apply($$$"""{"event":"{{{name}}}","data":{"taskId":"t1"}}""").StatusOf("t1"));

    [Fact]
    public void Given_status_overrides_the_event_name() =>
        Assert.Equal("failed", new Reduced().Apply("""{"event":"task:completed","data":{"taskId":"t1","status":"failed"}}""").StatusOf("t1"));

    [Fact]
    public void Progress_does_not_change_the_status() =>
        Assert.Equal(
            "queued",
            new Reduced().Apply(
                """{"event":"task:created","data":{"taskId":"t1"}}""", """{"event":"task:progress","data":{"taskId":"t1","progress":1}}""").StatusOf("t1"));

    [Fact]
    public void Every_event_after_the_first_except_progress_is_recorded_as_a_change()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"task:progress","data":{"taskId":"t1","progress":1}}""",
            """{"event":"task:progress","data":{"taskId":"t1","progress":2}}""",
            """{"type":"task_updated","data":{"taskId":"t1","title":"b"}}""");

        string?[] events = [.. state.TaskOf("t1").GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("event").GetString())];
        Assert.Equal("task:progress,task_updated", string.Join(",", events));
        Assert.False(state.TaskOf("t1").GetProperty("changes")[1].TryGetProperty("status", out _));
        Assert.Equal(2, state.TaskOf("t1").GetProperty("progress").GetInt32());
    }

    [Fact]
    public void Change_without_a_publisher_timestamp_is_undated()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"task:created","data":{"taskId":"t1"}}""",
            """{"event":"task:started","timestamp":"2026-02-06T08:30:01Z","data":{"taskId":"t1"}}""");

        JsonElement changes = state.TaskOf("t1").GetProperty("changes");
        Assert.True(changes[0].GetProperty("undated").GetBoolean());
        Assert.False(changes[1].TryGetProperty("undated", out _));
    }

    [Fact]
    public void Changes_beyond_the_bound_keep_the_first_and_the_newest()
    {
        var state = new Reduced(new StateOptions { MaxChanges = 3 });
        for (int i = 0; i < 10; i++) state.Apply($$$"""{"event":"task_updated","data":{"taskId":"t1","status":"s{{{i}}}"}}""");

        string?[] statuses = [.. state.TaskOf("t1").GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("status").GetString())];
        Assert.Equal("s0,s8,s9", string.Join(",", statuses));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Changes_with_a_bound_of_zero_or_one_stay_within_it(int max)
    {
        Reduced state = new Reduced(new StateOptions { MaxChanges = max }).Apply(
            """{"event":"task:created","data":{"taskId":"t1"}}""", """{"event":"task:started","data":{"taskId":"t1"}}""");

        Assert.Equal(max, state.TaskOf("t1").TryGetProperty("changes", out JsonElement changes) ? changes.GetArrayLength() : 0);
    }

    [Fact]
    public void TaskTree_tasks_are_found_by_the_id_in_their_data()
    {
        Reduced state = new Reduced().Apply(
            """{"type":"task_created","project_id":"p1","data":{"id":"T-1","title":"x"},"timestamp":"2026-02-06T08:30:00"}""",
            """{"type":"task_status_changed","project_id":"p1","data":{"task_id":"T-1","status":"in_progress"},"timestamp":"2026-02-06T08:30:01"}""");

        JsonElement task = state.TaskOf("T-1");
        Assert.Equal("in_progress", task.GetProperty("status").GetString());
        Assert.Equal("p1", task.GetProperty("project_id").GetString());
        Assert.Equal("x", task.GetProperty("data").GetProperty("title").GetString());
        Assert.Equal(1, state.Table.Count(EntityKind.Task));
    }

    [Fact]
    public void Deleted_TaskTree_task_is_removed()
    {
        Reduced state = new Reduced().Apply(
            """{"type":"task_created","project_id":"p1","data":{"id":7}}""", """{"type":"task_created","project_id":"p1","data":{"id":8}}""",
            """{"type":"task_deleted","project_id":"p1","data":{"id":7}}""");

        Assert.False(state.Has(EntityKind.Task, "7"));
        Assert.True(state.Has(EntityKind.Task, "8"));
        Assert.Equal(1, state.Table.Count(EntityKind.Task));
    }

    [Theory]
    [InlineData("""{"type":"tasks_reset","project_id":"p1","data":{}}""", "b,c")]
    [InlineData("""{"type":"tasks_reset","data":{}}""", "")]
    [InlineData("""{"type":"tasks_reset","project_id":"p1","data":{},"timestamp":"2026-02-06T08:00:00Z"}""", "a,b,c")]
    public void Reset_removes_the_tasks_of_its_project(string reset, string left)
    {
        Reduced state = new Reduced().Apply(
            """{"type":"task_created","project_id":"p1","data":{"id":"a"},"timestamp":"2026-02-06T08:30:00Z"}""",
            """{"type":"task_created","project_id":"p2","data":{"id":"b"},"timestamp":"2026-02-06T08:30:00Z"}""",
            """{"event":"task:completed","data":{"taskId":"c"},"timestamp":"2026-02-06T08:30:00Z"}""",
            """{"type":"agent_spawned","project_id":"p1","data":{"agent_id":"x"}}""",
            reset);

        Assert.Equal(left, string.Join(',', state.Of(EntityKind.Task).Select(task => task.GetProperty("id").GetString()).Order()));
        Assert.Equal(1, state.Table.Count(EntityKind.Agent));
    }

    [Theory]
    [InlineData("""{"event":"task:checked","data":{"taskId":"new","note":"x"}}""", null)]
    [InlineData("""{"event":"task:queued","data":{"taskId":"new","status":"queued"}}""", "queued")]
    public void Unknown_name_creates_a_task_only_with_a_status(string payload, string? status)
    {
        Reduced state = new Reduced().Apply(payload);
        Assert.Equal(status is not null, state.Has(EntityKind.Task, "new"));
        if (status is not null) Assert.Equal(status, state.StatusOf("new"));
    }

    [Fact]
    public void Unknown_name_updates_an_existing_task()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"task:started","data":{"taskId":"t1"}}""", """{"event":"task:checked","data":{"taskId":"t1","note":"x"}}""");
        Assert.Equal("x", state.TaskOf("t1").GetProperty("data").GetProperty("note").GetString());
        Assert.Equal("running", state.StatusOf("t1"));
    }

    [Theory]
    [InlineData("""{"type":"log","data":{"taskId":"t1","status":"failed"}}""")]
    [InlineData("""{"type":"notification","data":{"taskId":"t1","status":"failed"}}""")]
    [InlineData("""{"event":"anything","data":{"id":"t1","status":"failed"}}""")]
    [InlineData("""{"event":"task:started","data":{"runId":"r1","status":"running"}}""")]
    [InlineData("""{"type":"error","message":"错误描述"}""")]
    public void Event_without_a_kept_entity_changes_nothing(string payload)
    {
        Reduced state = new Reduced().Apply("""{"event":"task:created","data":{"taskId":"t1"}}""");
        string[] before = state.Texts();
        Assert.Equal(before, state.Apply(payload).Texts());
    }

    [Fact]
    public void Field_with_another_escape_is_the_same_field()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"task:created","data":{"taskId":"t1","a\/b":1,"status":"queued"}}""",
            """{"event":"task:created","data":{"t\u0061skId":"t1","a/\u0062":2,"st\u0061tus":"r\u0075nning"}}""");

        Assert.Equal("""{"taskId":"t1","a/b":2,"status":"r\u0075nning"}""", state.TaskOf("t1").GetProperty("data").GetRawText());
        Assert.Equal("running", state.StatusOf("t1"));
    }

    [Theory]
    [InlineData("""q\"uo\\te""")]
    [InlineData("""\u0001\n\t\r\b\f\u001f""")]
    [InlineData("任务🚀")]
    public void Id_of_any_text_is_written_unchanged(string written)
    {
        string id = Reduced.Parse($"\"{written}\"").GetString()!;
        Reduced state =
            new Reduced().Apply($$$"""{"event":"task:created","project_id":"{{{written}}}","source":"{{{written}}}","data":{"taskId":"{{{written}}}"}}""");
        JsonElement task = state.TaskOf(id);
        Assert.Equal((id, id, id), (task.GetProperty("id").GetString(), task.GetProperty("project_id").GetString(), task.GetProperty("source").GetString()));
    }
}
