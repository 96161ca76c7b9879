using System.Text.Json.Nodes;

namespace Cecelia.Relay.Contracts;

/// <summary>The query parameters of a client's address (PROTOCOL.md, <i>Filters</i>, <i>Resuming</i>).</summary>
internal static class QueryParameters
{
    /// <summary>Creates a schema of the parameter's value.</summary>
    public static JsonObject SchemaOf(string name) => name switch
    {
        "project" => Text("Only events of these projects (comma-separated)."),
        "task" => Text("Only events of these tasks (comma-separated)."),
        "execution" => Text("Only events of these executions (comma-separated)."),
        "events" => Text("Only events with these names (comma-separated); a trailing * matches any suffix."),
        "since" => Text("A position: only what follows it. On a connection in the subprotocol only: the newest id that the client has processed."),
        "before" => Text("A position: the page ends there."),
        "limit" => Text("Maximum number of events, 1 to 1000; 100 if it is not given."),
        "base" => Text("Empty, or the maximum number of entries after the base: the page has a base."),
        "minutes" => Text("Number of minutes, 1 to 1440; 60 if it is not given."),
        "ticket" => Text("With access control: a ticket in place of a token."),
        "format" => OneOf("The wire format that the client receives.", "cecelia", "tasktree"),
        "include" => Text("Comma-separated: nodes for the state of each node, logs for the lines of the log."),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "unknown parameter"),
    };

    private static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };

    private static JsonObject OneOf(string description, params IEnumerable<string> names)
    {
        JsonObject schema = EnumNames.Schema(names);
        schema["description"] = description;
        return schema;
    }
}
