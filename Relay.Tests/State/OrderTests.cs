using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>Late, repeated and reordered events never move an entity backwards.</summary>
public class OrderTests
{
    /// <summary>First event, second event, the status afterwards, and whether the second event was stale.</summary>
    public static TheoryData<string, string, string, bool> Pairs => new()
    {
        // By the timestamps of the publishers.
        { Task("task:completed", at: 5), Task("task:started", at: 4), "completed", true },
        { Task("task:started", at: 5), Task("task:created", at: 4), "running", true },
        { Task("task:started", at: 5), Task("task:completed", at: 5), "completed", false },
        { Task("task:started", at: 5), Task("task:created", at: 5), "queued", false },
        { Task("task:completed", at: 5), Task("task:failed", at: 6), "failed", false },
        // A timestamp far in the future counts as absent.
        { """{"event":"task:created","data":{"taskId":"t1","status":"queued"},"timestamp":"9999-01-01T00:00:00Z"}""", Task("task:completed", at: 5), "completed", false },
        // By arrival if one has no timestamp.
        { Task("task:started", at: 5), Task("task:completed"), "completed", false },
        { Task("task:started"), Task("task:completed", at: 1), "completed", false },
        // By number within one source, for any timestamps.
        { Task("task:started", at: 5, seq: 8), Task("task:completed", at: 4, seq: 9), "completed", false },
        { Task("task:started", at: 5, seq: 8), Task("task:completed", at: 5, seq: 7), "running", true },
        { Task("task:started", at: 5, seq: 8), Task("task:completed", at: 6, seq: 8), "running", true },
        // A restarted publisher counts from the beginning.
        { Task("task:started", at: 5, seq: 8), Task("task:completed", at: 6, seq: 1), "completed", false },
        { Task("task:started", seq: 8), Task("task:completed", seq: 8), "running", true },
        { Task("task:started", seq: 8), Task("task:completed", seq: 7, source: "other"), "completed", false },
        { Task("task:started", at: 5, seq: 8), Task("task:completed", at: 4, seq: 9, source: "other"), "running", true },
        // Progress never restarts a finished task.
        { Task("task:completed", at: 5), Task("task:progress", at: 9), "completed", true },
        { Task("task:completed"), Task("task:progress"), "completed", true },
        { Task("task:failed"), Task("task:progress", extra: ",\"status\":\"running\""), "failed", true },
        { Task("task:completed", seq: 1), Task("task:progress", seq: 2), "completed", true },
        { Task("task:completed", at: 5), Task("task:progress", at: 6, extra: ",\"status\":\"failed\""), "failed", false },
        // A retry does, if it is newer or neither time is known.
        { Task("task:completed", at: 5), Task("task:started", at: 6), "running", false },
        { Task("task:failed", at: 5), Task("task:created", at: 6), "queued", false },
        { Task("task:failed"), Task("task:started"), "running", false },
        { Task("task:failed", at: 5), Task("task:started"), "running", false },
        { Task("task:failed", at: 5), Task("task:started", at: 5), "failed", true },
        { Task("task:failed", at: 5, seq: 1), Task("task:started", at: 5, seq: 2), "running", false },
        { Task("task:failed", at: 5), Task("task_updated", at: 6, extra: ",\"status\":\"todo\""), "todo", false },
        { Task("task:failed", at: 5), Task("task_updated", at: 5, extra: ",\"title\":\"x\""), "failed", false },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Second_event_moves_the_task_only_forwards(string first, string second, string status, bool stale)
    {
        Reduced state = new Reduced().Apply(first);
        string before = state.Json(EntityKind.Task, "t1");
        state.Apply(second);

        Assert.Equal(status, state.StatusOf("t1"));
        Assert.Equal(stale ? 1 : 0, state.Table.Stale);
        if (stale) Assert.Equal(before, state.Json(EntityKind.Task, "t1"));
    }

    [Fact]
    public void Newest_timestamp_counts_even_if_the_last_event_had_none()
    {
        Reduced state = new Reduced().Apply(Task("task:started", at: 5), Task("task_updated"), Task("task:created", at: 4));
        Assert.Equal("running", state.StatusOf("t1"));
        Assert.Equal("2026-02-06T08:30:05Z", state.TaskOf("t1").GetProperty("timestamp").GetString());
    }

    [Fact]
    public void Newest_timestamp_counts_even_if_the_last_number_had_an_older_one()
    {
        Reduced state = new Reduced().Apply(Task("task:created", at: 5, seq: 8), Task("task:started", at: 3, seq: 9), Task("task:completed", at: 4));
        Assert.Equal("running", state.StatusOf("t1"));
        Assert.Equal("2026-02-06T08:30:05Z", state.TaskOf("t1").GetProperty("timestamp").GetString());
    }

    [Fact]
    public void Retry_clears_the_progress_of_the_last_attempt()
    {
        Reduced state = new Reduced().Apply(Task("task:completed", extra: ",\"progress\":100"), Task("task:started"));
        Assert.False(state.TaskOf("t1").TryGetProperty("progress", out _));
    }

    [Theory]
    [InlineData(5, "completed", 1)]
    [InlineData(6, "running", 0)]
    public void Execution_restarts_only_with_a_newer_event(int second, string status, int stale)
    {
        Reduced state = new Reduced().Apply(
            Stamped("""{"type":"status","execution_id":"e","status":"completed","result":{"a":1},"execution_time":7,"error":null""", 5),
            Stamped("""{"type":"status","execution_id":"e","status":"running","progress":1""", second));

        Assert.Equal(status, state.One(EntityKind.Execution, "e").GetProperty("status").GetString());
        Assert.Equal(status == "completed", state.One(EntityKind.Execution, "e").TryGetProperty("result", out _));
        Assert.Equal(stale, state.Table.Stale);
    }

    [Fact]
    public void Late_delete_deletes_nothing()
    {
        Reduced state = new Reduced().Apply(Task("task_created", at: 5), Task("task_deleted", at: 4));
        Assert.True(state.Has(EntityKind.Task, "t1"));
        Assert.Equal(1, state.Table.Stale);
    }

    private static string Task(string name, int at = 0, int seq = -1, string source = "s", string extra = "")
    {
        string numbered = seq < 0 ? "" : $",\"source\":\"{source}\",\"seq\":{seq}";
        return Stamped($$"""{"event":"{{name}}","data":{"taskId":"t1"{{extra}}}{{numbered}}""", at);
    }

    private static string Stamped(string open, int at) => at == 0 ? open + "}" : $"{open},\"timestamp\":\"2026-02-06T08:30:0{at}Z\"}}";
}
