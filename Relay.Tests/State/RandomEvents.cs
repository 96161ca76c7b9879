using System.Text;

namespace Cecelia.Relay.Tests.State;

/// <summary>Events of every kind about a few things, in an order that no publisher would send: the same from the same seed.</summary>
internal sealed class RandomEvents(Random random)
{
    private static readonly string[] Names =
    [
        "task:created", "task:started", "task:progress", "task:progress", "task:progress", "task:completed", "task:failed", "executor:status",
        "task_created", "task_updated", "task_status_changed", "task_deleted", "tasks_reset", "agent_spawned", "agent_status_update", "agent_messages",
        "coordination_update", "file_locks_update", "plan_generated", "log", "status", "status", "status", "error", "token_stream", "token_stream",
        "node_state_change", "node:parallel_start", "token_usage", "execution:paused", "execution:completed", "execution:resumed", "unknown",
    ];

    private static readonly string[] Ids = ["a", "b", "c", "d\\\"q", "执行", "f\\u0001", "1"];
    private static readonly string[] Statuses = ["queued", "running", "completed", "failed", "pending", "done", "in\\u002dwork", "cancelled"];
    private static readonly string[] Values = ["1", "null", "true", "\"x\"", "\"\\u00e9\\n\"", "{ \"a\" : [ 1 , \"]\" ] }", "[\"}\",{}]", "1.5e3", "\"\"", "\"a long text that makes the entity longer than it was\""];

    public string[] Many(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    public string Next()
    {
        string name = Pick(Names);
        var text = new StringBuilder($$"""{"event":"{{name}}","data":{""");
        var fields = new List<string>();
        if (One(8, 9)) fields.Add($"\"taskId\":\"{Pick(Ids)}\"");
        if (One(2, 3)) fields.Add($"\"id\":\"{Pick(Ids)}\"");
        if (One(2, 3)) fields.Add($"\"agent_id\":\"{Pick(Ids)}\"");
        if (One(1, 2)) fields.Add($"\"status\":\"{Status(name)}\"");
        if (One(1, 2)) fields.Add($"\"progress\":{random.Next(101)}");
        if (One(1, 3)) fields.Add($"\"token\":\"{Pick(Ids)}\"");
        if (One(1, 3)) fields.Add($"\"nodes\":[\"{Pick(Ids)}\",\"{Pick(Ids)}\"]");
        for (int i = random.Next(5); i > 0; i--) fields.Add($"\"{Pick(["x", "y", "z", "r\\u0065sult", "message", "error", "result"])}\" : {Pick(Values)}");
        text.AppendJoin(random.Next(4) == 0 ? " ,\n " : ",", fields).Append('}');
        if (One(1, 2)) text.Append($",\"project_id\":\"{Pick(Ids)}\"");
        if (One(1, 2)) text.Append($",\"execution_id\":\"{Pick(Ids)}\"");
        if (One(1, 2)) text.Append($",\"node_id\":\"{Pick(Ids)}\"");
        if (One(1, 2)) text.Append($",\"timestamp\":\"2026-02-06T08:{random.Next(60):00}:{random.Next(60):00}{Pick(["Z", "", "+08:00", ".123456"])}\"");
        if (One(1, 3)) text.Append($",\"source\":\"{Pick(["tick", "executor", "q\\\"\\u0002"])}\"");
        if (One(1, 3)) text.Append($",\"seq\":{random.Next(200)}");
        return text.Append('}').ToString();
    }

    /// <summary>What the decoder would refuse is no event.</summary>
    private string Status(string name) => name switch
    {
        "status" => Pick(["pending", "running", "completed", "failed"]),
        _ when name.StartsWith("task:", StringComparison.Ordinal) => Statuses[random.Next(4)],
        _ => Pick(Statuses),
    };

    private bool One(int of, int outOf) => random.Next(outOf) < of;

    private string Pick(string[] from) => from[random.Next(from.Length)];
}
