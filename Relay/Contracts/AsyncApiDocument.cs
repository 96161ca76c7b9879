using System.Text.Json.Nodes;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// Creates the AsyncAPI 3 document of every message: <c>GET /asyncapi.json</c> and <c>Relay/asyncapi.json</c>. Actions are from the relay's point of view: it
/// receives events from publishers and sends them to clients.
/// </summary>
internal sealed class AsyncApiDocument
{
    private readonly ContractSchemas _schemas = new("#/components/schemas/");
    private readonly JsonObject _messages = [];
    private readonly JsonObject _channels = [];
    private readonly JsonObject _operations = [];

    private AsyncApiDocument()
    {
        IReadOnlyList<MessageSchema> published = PublishedMessages.Define(_schemas, contract => "Published" + contract.TypeName);
        var clients = new ClientSchemas(_schemas);
        DescribeRedis(published, clients);
        DescribeSockets(clients);
        DescribeHttp(clients);
    }

    /// <summary>Creates the document.</summary>
    /// <param name="comment">A note on the origin of the document.</param>
    public static JsonObject Create(string comment)
    {
        var document = new AsyncApiDocument();
        return new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Cecelia relay",
                ["version"] = typeof(AsyncApiDocument).Assembly.GetName().Version!.ToString(fieldCount: 3),
                ["description"] =
                    $"Forwards events published to Redis to the clients whose filter they match. Relay/PROTOCOL.md specifies the messages. {comment}",
            },
            ["defaultContentType"] = "application/json",
            ["servers"] = new JsonObject
            {
                ["relay"] = Server("localhost:5221", "ws", "A relay, for WebSocket clients; wss if TLS is enabled."),
                ["relayHttp"] = Server("localhost:5221", "http", "The same relay, for clients that cannot open a WebSocket; https if TLS is enabled."),
                ["redis"] = Server("localhost:6379", "redis", "The Redis that Brain and all relays share."),
            },
            ["channels"] = document._channels,
            ["operations"] = document._operations,
            ["components"] = new JsonObject { ["messages"] = document._messages, ["schemas"] = document._schemas.CreateDefinitions() },
        };
    }

    private void DescribeRedis(IReadOnlyList<MessageSchema> published, ClientSchemas clients)
    {
        AddChannel("events", "cecelia:events", "redis", "Events from publishers; cecelia:events:* is equivalent. The prefix is CECELIA_CHANNEL_PREFIX.");
        AddOperation("receiveEvents", "receive", "events", "Brain publishes an event.", published);
        AddChannel("commands", "cecelia:commands", "redis", "Commands of clients for Brain.");
        AddOperation("sendCommands", "send", "commands", "Forwards a client's command to Brain, with its id.", [clients.ForBrain]);
    }

    private void DescribeSockets(ClientSchemas clients)
    {
        MessageSchema pong = clients.Execution.Single(message => message.TypeName == nameof(Pong));
        MessageSchema error = clients.Execution.Single(message => message.TypeName == nameof(ErrorMessage));

        JsonObject ws = AddChannel(
            "ws",
            "/ws",
            "relay",
            $"Events in the Cecelia and Workflow formats, or in the TaskTree format with format=tasktree. A client that offers the subprotocol "
                + $"{Handshake.Subprotocol} also gets the relay's own messages, and an id with each event.");
        ws["bindings"] = Query("ws", "project", "task", "execution", "events", "since", "format", "ticket");
        AddOperation("sendEvents", "send", "ws", "Every event that matches the client's filter, in order.", [.. clients.Events, clients.AnyEvent]);
        AddOperation(
            "sendBoardEvents",
            "send",
            "ws",
            "Every event that matches the client's filter, with format=tasktree.",
            [.. clients.BoardEvents, clients.AnyBoardEvent]);
        AddOperation("sendRelayMessages", "send", "ws", "The relay's own messages in the subprotocol.", clients.Relay);
        AddOperation(
            "sendResponses",
            "send",
            "ws",
            "Responses to the client's messages without the subprotocol. For messages with type, the responses are Pong and ErrorMessage.",
            [.. clients.Plain, pong, error]);
        AddOperation("receiveMessages", "receive", "ws", "Messages from the client.", clients.FromClient);

        JsonObject board = AddChannel("board", "/ws/projects/{project_id}", "relay", "Events of one project in the TaskTree format.");
        board["parameters"] = Parameter("project_id", "The project.");
        board["bindings"] = Query("ws", "task", "execution", "events", "ticket");
        AddOperation(
            "sendProjectEvents",
            "send",
            "board",
            "Every event of the project, and every event without a project.",
            [.. clients.BoardEvents, clients.AnyBoardEvent]);
        AddOperation("sendBoardResponses", "send", "board", "Responses to the client's messages.", [pong, error]);
        AddOperation("receiveBoardMessages", "receive", "board", "Messages from the client.", clients.FromClient);

        JsonObject execution = AddChannel(
            "execution",
            "/api/v1/ws/executions/{execution_id}",
            "relay",
            "One execution in the Execution format. The relay closes the connection when the execution has finished.");
        execution["parameters"] = Parameter("execution_id", "The execution.");
        execution["bindings"] = Query("ws", "include", "ticket");
        AddOperation("sendExecution", "send", "execution", "The status of the execution, on connecting and after each change.", clients.Execution);
        AddOperation("sendExecutionReplies", "send", "execution", "Brain's replies to the client's commands.", [clients.AnyBoardEvent]);
        AddOperation("receiveExecutionMessages", "receive", "execution", "Messages from the client.", clients.FromClient);
    }

    private void DescribeHttp(ClientSchemas clients)
    {
        AddChannel(
            "sse",
            "/events",
            "relayHttp",
            $"The messages of {Handshake.Subprotocol} as Server-Sent Events, one in each data: line. Takes the query of /ws, and Last-Event-ID for since.");
        AddOperation(
            "streamEvents",
            "send",
            "sse",
            "Every event that matches the filter, and the relay's own messages.",
            [.. clients.Events, clients.AnyEvent, .. clients.Relay])["bindings"] = Get("project", "task", "execution", "events", "since", "ticket");
        AddChannel("state", "/api/v1/state", "relayHttp", "The current entity state.");
        AddOperation(
            "sendState",
            "send",
            "state",
            "The response to a GET.",
            [clients.State, clients.Refused])["bindings"] = Get("project", "task", "execution", "events");
        AddChannel("history", "/api/v1/history", "relayHttp", "Older events, and the state before them.");
        AddOperation(
            "sendHistory",
            "send",
            "history",
            "The response to a GET.",
            [clients.History, clients.Refused])["bindings"] = Get("project", "task", "execution", "events", "limit", "before", "since", "base");
        AddChannel("minutes", "/api/v1/minutes", "relayHttp", "What happened in each of the last minutes.");
        AddOperation("sendMinutes", "send", "minutes", "The response to a GET.", [clients.Minutes, clients.Refused])["bindings"] = Get("project", "minutes");
        DescribeAdministration(clients);
    }

    private void DescribeAdministration(ClientSchemas clients)
    {
        AddTrace("eventTrace", "/api/v1/events/{key}/trace", "key", "A position, SOURCE:SEQ, or the publisher's id of an event.", clients);
        AddTrace("taskTrace", "/api/v1/tasks/{id}/trace", "id", "The task.", clients);
        AddTrace("executionTrace", "/api/v1/executions/{id}/trace", "id", "The execution.", clients);
        AddChannel("connections", "/api/v1/connections", "relayHttp", "The open connections of all instances, or with local of one.");
        AddOperation("sendConnections", "send", "connections", "The response to a GET.", [clients.Connections, clients.Refused]);
        AddOperation("closeConnections", "send", "connections", "The response to a DELETE with user.", [clients.ClosedConnections, clients.Refused]);
        AddChannel("connection", "/api/v1/connections/{id}", "relayHttp", "One open connection, at any instance.")["parameters"] =
            Parameter("id", "The connection.");
        AddOperation("closeConnection", "send", "connection", "The response to a DELETE.", [clients.ClosedConnections, clients.Refused]);
    }

    private void AddTrace(string channel, string address, string parameter, string description, ClientSchemas clients)
    {
        AddChannel(channel, address, "relayHttp", "What became of events, and for which connections, at all instances, or with local at one.")["parameters"] =
            Parameter(parameter, description);
        AddOperation("send" + char.ToUpperInvariant(channel[0]) + channel[1..], "send", channel, "The response to a GET.", [clients.Trace, clients.Refused]);
    }

    private JsonObject AddChannel(string channel, string address, string server, string description)
    {
        var added = new JsonObject
        {
            ["address"] = address,
            ["description"] = description,
            ["servers"] = new JsonArray(Reference("servers", server)),
            ["messages"] = new JsonObject(),
        };
        _channels.Add(channel, added);
        return added;
    }

    private JsonObject AddOperation(string operation, string action, string channel, string summary, IReadOnlyList<MessageSchema> messages)
    {
        var channelMessages = (JsonObject)_channels[channel]!["messages"]!;
        foreach (MessageSchema message in messages)
        {
            channelMessages[message.TypeName] = Reference("components", "messages", message.TypeName);
            _messages[message.TypeName] = new JsonObject
            {
                ["name"] = message.WireName,
                ["title"] = message.TypeName,
                ["summary"] = message.Description,
                ["payload"] = _schemas.Reference(message.TypeName),
            };
        }

        var added = new JsonObject
        {
            ["action"] = action,
            ["channel"] = Reference("channels", channel),
            ["summary"] = summary,
            ["messages"] = new JsonArray([.. messages.Select(message => Reference("channels", channel, "messages", message.TypeName))]),
        };
        _operations.Add(operation, added);
        return added;
    }

    private static JsonObject Server(string host, string protocol, string description) =>
        new() { ["host"] = host, ["protocol"] = protocol, ["description"] = description };

    private static JsonObject Parameter(string name, string description) =>
        new() { [name] = new JsonObject { ["description"] = $"{description} At most {EventLimits.KeyBytes} bytes, percent-encoded." } };

    private static JsonObject Query(string protocol, params IEnumerable<string> names) =>
        new() { [protocol] = new JsonObject { ["query"] = QuerySchema(names), ["bindingVersion"] = "0.1.0" } };

    private static JsonObject Get(params IEnumerable<string> names) =>
        new() { ["http"] = new JsonObject { ["method"] = "GET", ["query"] = QuerySchema(names), ["bindingVersion"] = "0.3.0" } };

    private static JsonObject QuerySchema(IEnumerable<string> names) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)QueryParameters.SchemaOf(name)))),
    };

    private static JsonObject Reference(params IEnumerable<string> path) => new() { ["$ref"] = "#/" + string.Join('/', path) };
}
