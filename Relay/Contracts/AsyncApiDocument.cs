using System.Text.Json.Nodes;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>The AsyncAPI 3 document of every message: <c>GET /asyncapi.json</c> and <c>Relay/asyncapi.json</c>. Actions are the relay's: it receives events and sends them on.</summary>
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
        DescribeReads(clients);
    }

    /// <summary>The document.</summary>
    /// <param name="comment">Who wrote it.</param>
    public static JsonObject Make(string comment)
    {
        var made = new AsyncApiDocument();
        return new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Cecelia relay",
                ["version"] = typeof(AsyncApiDocument).Assembly.GetName().Version!.ToString(fieldCount: 3),
                ["description"] = $"Pushes what is PUBLISHed to Redis to every client that wants it. Relay/PROTOCOL.md says what the messages mean. {comment}",
            },
            ["defaultContentType"] = "application/json",
            ["servers"] = new JsonObject
            {
                ["relay"] = Server("localhost:5221", "ws", "A relay, for WebSocket clients; wss if TLS is enabled."),
                ["relayHttp"] = Server("localhost:5221", "http", "The same relay, for clients that cannot open a WebSocket; https if TLS is enabled."),
                ["redis"] = Server("localhost:6379", "redis", "The Redis that Brain and all relays share."),
            },
            ["channels"] = made._channels,
            ["operations"] = made._operations,
            ["components"] = new JsonObject { ["messages"] = made._messages, ["schemas"] = made._schemas.TakeDefinitions() },
        };
    }

    private void DescribeRedis(IReadOnlyList<MessageSchema> published, ClientSchemas clients)
    {
        Add("events", "cecelia:events", "redis", "Events from publishers; cecelia:events:* is equivalent. The prefix is CECELIA_CHANNEL_PREFIX.");
        Operate("receiveEvents", "receive", "events", "Brain publishes an event.", published);
        Add("commands", "cecelia:commands", "redis", "Commands of clients for Brain.");
        Operate("sendCommands", "send", "commands", "Forwards a client's command to Brain, with its id.", [clients.ForBrain]);
    }

    private void DescribeSockets(ClientSchemas clients)
    {
        MessageSchema pong = clients.Execution.Single(message => message.TypeName == nameof(Pong));
        MessageSchema error = clients.Execution.Single(message => message.TypeName == nameof(ErrorMessage));

        JsonObject ws = Add("ws", "/ws", "relay", $"Events in the Cecelia and Workflow formats, or in the TaskTree format with format=tasktree. A client that offers the subprotocol {Handshake.Subprotocol} also gets the relay's own messages, and an id with each event.");
        ws["bindings"] = Query("ws", "project", "task", "execution", "events", "since", "format");
        Operate("sendEvents", "send", "ws", "Every event that matches the client's filter, in order.", [.. clients.Events, clients.AnyEvent]);
        Operate("sendBoardEvents", "send", "ws", "The same with format=tasktree.", [.. clients.BoardEvents, clients.AnyBoardEvent]);
        Operate("sendRelayMessages", "send", "ws", "The relay's own messages in the subprotocol.", clients.Relay);
        Operate("sendAnswers", "send", "ws", "Responses to the client's messages without the subprotocol. Messages with type get Pong and ErrorMessage.", [.. clients.Plain, pong, error]);
        Operate("receiveMessages", "receive", "ws", "Messages from the client.", clients.FromClient);

        JsonObject board = Add("board", "/ws/projects/{project_id}", "relay", "Events of one project in the TaskTree format.");
        board["parameters"] = Parameter("project_id", "The project.");
        board["bindings"] = Query("ws", "task", "execution", "events");
        Operate("sendProjectEvents", "send", "board", "Every event of the project, and every event without a project.", [.. clients.BoardEvents, clients.AnyBoardEvent]);
        Operate("sendBoardAnswers", "send", "board", "Responses to the client's messages.", [pong, error]);
        Operate("receiveBoardMessages", "receive", "board", "Messages from the client.", clients.FromClient);

        JsonObject execution = Add("execution", "/api/v1/ws/executions/{execution_id}", "relay", "One execution in the Execution format. The relay closes the connection when the execution has finished.");
        execution["parameters"] = Parameter("execution_id", "The execution.");
        execution["bindings"] = Query("ws", "include");
        Operate("sendExecution", "send", "execution", "The status of the execution, on connecting and after each change.", clients.Execution);
        Operate("sendExecutionReplies", "send", "execution", "Brain's replies to the client's commands.", [clients.AnyBoardEvent]);
        Operate("receiveExecutionMessages", "receive", "execution", "Messages from the client.", clients.FromClient);
    }

    private void DescribeReads(ClientSchemas clients)
    {
        Add("sse", "/events", "relayHttp", $"The messages of {Handshake.Subprotocol} as Server-Sent Events, one in each data: line. Takes the query of /ws, and Last-Event-ID for since.");
        Operate("streamEvents", "send", "sse", "Every event that matches the filter, and the relay's own messages.", [.. clients.Events, clients.AnyEvent, .. clients.Relay])["bindings"] = Get("project", "task", "execution", "events", "since");
        Add("state", "/api/v1/state", "relayHttp", "The current entity state.");
        Operate("answerState", "send", "state", "The response to a GET.", [clients.State, clients.Refused])["bindings"] = Get("project", "task", "execution", "events");
    }

    private JsonObject Add(string channel, string address, string server, string description)
    {
        var added = new JsonObject { ["address"] = address, ["description"] = description, ["servers"] = new JsonArray(Pointer("servers", server)), ["messages"] = new JsonObject() };
        _channels.Add(channel, added);
        return added;
    }

    private JsonObject Operate(string operation, string action, string channel, string summary, IReadOnlyList<MessageSchema> messages)
    {
        var ofChannel = (JsonObject)_channels[channel]!["messages"]!;
        foreach (MessageSchema message in messages)
        {
            ofChannel[message.TypeName] = Pointer("components", "messages", message.TypeName);
            _messages[message.TypeName] = new JsonObject { ["name"] = message.WireName, ["title"] = message.TypeName, ["summary"] = message.Description, ["payload"] = _schemas.Reference(message.TypeName) };
        }

        var added = new JsonObject
        {
            ["action"] = action,
            ["channel"] = Pointer("channels", channel),
            ["summary"] = summary,
            ["messages"] = new JsonArray([.. messages.Select(message => Pointer("channels", channel, "messages", message.TypeName))]),
        };
        _operations.Add(operation, added);
        return added;
    }

    private static JsonObject Server(string host, string protocol, string description) => new() { ["host"] = host, ["protocol"] = protocol, ["description"] = description };

    private static JsonObject Parameter(string name, string description) => new() { [name] = new JsonObject { ["description"] = $"{description} At most {EventLimits.KeyBytes} bytes, percent-encoded." } };

    private static JsonObject Query(string protocol, params IEnumerable<string> names) => new() { [protocol] = new JsonObject { ["query"] = QuerySchema(names), ["bindingVersion"] = "0.1.0" } };

    private static JsonObject Get(params IEnumerable<string> names) => new() { ["http"] = new JsonObject { ["method"] = "GET", ["query"] = QuerySchema(names), ["bindingVersion"] = "0.3.0" } };

    private static JsonObject QuerySchema(IEnumerable<string> names) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)QueryParameters.SchemaOf(name)))),
    };

    private static JsonObject Pointer(params IEnumerable<string> path) => new() { ["$ref"] = "#/" + string.Join('/', path) };
}
