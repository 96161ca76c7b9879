using CsCheck;

namespace Cecelia.Relay.Tests.State;

/// <summary>
/// Generates events of every kind about a few entities, in an order that no publisher would send. CsCheck shrinks failing samples and prints the seed.
/// </summary>
internal static class RandomEvents
{
    private static readonly string[] Names =
    [
        "task:created", "task:started", "task:progress", "task:progress", "task:progress", "task:completed", "task:failed", "executor:status",
        "task_created", "task_updated", "task_status_changed", "task_deleted", "tasks_reset", "agent_spawned", "agent_status_update", "agent_messages",
        "coordination_update", "file_locks_update", "plan_generated", "log", "status", "status", "status", "error", "token_stream", "token_stream",
        "node_state_change", "node:parallel_start", "token_usage", "execution:paused", "execution:completed", "execution:resumed", "unknown",
    ];

    private static readonly string[] Statuses = ["queued", "running", "completed", "failed", "pending", "done", "in\\u002dwork", "cancelled"];

    private static readonly Gen<string> Id = Gen.OneOf("a", "b", "c", "d\\\"q", "执行", "f\\u0001", "1");

    private static readonly Gen<string> Value = Gen.OneOf(
        "1", "null", "true", "\"x\"", "\"\\u00e9\\n\"", "{ \"a\" : [ 1 , \"]\" ] }", "[\"}\",{}]", "1.5e3", "\"\"", "\"a long text that makes the entity longer than it was\"");

    private static readonly Gen<string> OtherField =
        Gen.Select(Gen.OneOf("x", "y", "z", "r\\u0065sult", "message", "error", "result"), Value, (name, value) => $"\"{name}\" : {value}");

    private static readonly Gen<string> Time = Gen.Select(
        Gen.Int[0, 59], Gen.Int[0, 59], Gen.OneOf("Z", "", "+08:00", ".123456"), (minute, second, zone) =>
            $"\"timestamp\":\"2026-02-06T08:{minute:00}:{second:00}{zone}\"");

    /// <summary>Generates the payload of one event.</summary>
    public static Gen<string> Any { get; } =
        from name in Gen.OneOf(Names)
        from data in Fields(
            Sometimes(8, 9, Text("taskId", Id)),
            Sometimes(2, 3, Text("id", Id)),
            Sometimes(2, 3, Text("agent_id", Id)),
            Sometimes(1, 2, Text("status", Status(name))),
            Sometimes(1, 2, Gen.Int[0, 100].Select(percent => $"\"progress\":{percent}")),
            Sometimes(1, 3, Text("token", Id)),
            Sometimes(1, 3, Gen.Select(Id, Id, (one, other) => $"\"nodes\":[\"{one}\",\"{other}\"]")),
            OtherField.Array[0, 4])
        from separator in Gen.Frequency((3, Gen.Const(",")), (1, Gen.Const(" ,\n ")))
        from envelope in Fields(
            Sometimes(1, 2, Text("project_id", Id)),
            Sometimes(1, 2, Text("execution_id", Id)),
            Sometimes(1, 2, Text("node_id", Id)),
            Sometimes(1, 2, Time),
            Sometimes(1, 3, Text("source", Gen.OneOf("tick", "executor", "q\\\"\\u0002"))),
            Sometimes(1, 3, Gen.Int[0, 199].Select(number => $"\"seq\":{number}")))
        select $$"""{"event":"{{name}}","data":{{{string.Join(separator, data)}}}{{string.Concat(envelope.Select(field => "," + field))}}}""";

    /// <summary>Generates payloads, between the two numbers of them.</summary>
    public static Gen<string[]> Many(int min, int max) => Any.Array[min, max];

    /// <summary>The decoder refuses other statuses for these events.</summary>
    private static Gen<string> Status(string name) => name switch
    {
        "status" => Gen.OneOf("pending", "running", "completed", "failed"),
        _ when name.StartsWith("task:", StringComparison.Ordinal) => Gen.OneOf(Statuses[..4]),
        _ => Gen.OneOf(Statuses),
    };

    private static Gen<string> Text(string field, Gen<string> value) => value.Select(text => $"\"{field}\":\"{text}\"");

    private static Gen<string[]> Sometimes(int of, int outOf, Gen<string> field) =>
        Gen.Frequency((outOf - of, Gen.Const(Array.Empty<string>())), (of, field.Select(text => new[] { text })));

    private static Gen<string[]> Fields(params Gen<string[]>[] parts) =>
        parts.Aggregate((all, next) => Gen.Select(all, next, (string[] one, string[] other) => (string[])[.. one, .. other]));
}
