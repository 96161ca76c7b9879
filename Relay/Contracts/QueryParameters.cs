using System.Text.Json.Nodes;

namespace Cecelia.Relay.Contracts;

/// <summary>The parameters that a client's address may have (PROTOCOL.md, <i>Filters</i>, <i>Coming back</i>).</summary>
internal static class QueryParameters
{
    /// <summary>A new schema of the parameter's value.</summary>
    public static JsonObject SchemaOf(string name) => name switch
    {
        "project" => Text("Only events of these projects, by comma."),
        "task" => Text("Only events of these tasks, by comma."),
        "execution" => Text("Only events of these executions, by comma."),
        "events" => Text("Only events of these names, by comma; * at the end stands for any rest."),
        "since" => Text("In the subprotocol: the newest id that the client has handled."),
        "dialect" => Word("In which words the client is spoken to.", "cecelia", "tasktree"),
        "include" => Text("By comma: nodes for the state of each node, logs for the lines of the log."),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no parameter"),
    };

    private static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };

    private static JsonObject Word(string description, params IEnumerable<string> words)
    {
        JsonObject schema = EnumWords.Schema(words);
        schema["description"] = description;
        return schema;
    }
}
