using System.ComponentModel;
using System.Reflection;
using System.Text.Json.Nodes;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Contracts;

/// <summary>Defines the messages that clients receive and send, in groups. Each group also has a definition that is the union of its messages.</summary>
internal sealed class ClientSchemas
{
    private readonly ContractSchemas _schemas;

    public ClientSchemas(ContractSchemas schemas)
    {
        _schemas = schemas;
        AnyEvent = Any("AnyEvent", typeof(EventEnvelope), "event", "Any event in the Cecelia and Workflow formats.");
        Events = Group(
            "CeceliaEvent",
            "An event with a known name, in the Cecelia and Workflow formats.",
            [.. EventContracts.All.Select(contract => Event(contract, "", "event", typeof(EventEnvelope)))]);
        AnyBoardEvent = Any("AnyTaskTreeEvent", typeof(TaskTreeEnvelope), "type", "Any event in the TaskTree format.");
        BoardEvents = Group(
            "TaskTreeEvent",
            "An event with a known name, in the TaskTree format.",
            [.. EventContracts.All.Select(contract => Event(contract, "TaskTree", "type", typeof(TaskTreeEnvelope)))]);
        Any("AnyRelayMessage", typeof(RelayEnvelope), "event", "Any of the relay's own messages. Clients must ignore unknown names.");
        Relay = Group("RelayMessage", "The relay's own messages in the subprotocol.",
        [
            OfRelay<HelloData>(RelayMessage.Hello, "RelayHello"),
            OfRelay<SnapshotData>(RelayMessage.Snapshot, "RelaySnapshot"),
            OfRelay<GapData>(RelayMessage.Gap, "RelayGap"),
            OfRelay<LinkData>(RelayMessage.Link, "RelayLink"),
            OfRelay<PingData>(RelayMessage.Ping, "RelayPing"),
            OfRelay<AckData>(RelayMessage.Ack, "RelayAck"),
            OfRelay<RelayErrorData>(RelayMessage.Error, "RelayError"),
            OfRelay<TokenData>(RelayMessage.Token, "RelayToken"),
            OfRelay<ByeData>(RelayMessage.Bye, "RelayBye"),
        ]);
        Execution = Group("ExecutionMessage", "A message in the Execution format.",
        [
            Contract<ExecutionStatusMessage>("status"), Contract<ErrorMessage>("error"), Contract<ExecutionNodeMessage>("node"),
            Contract<ExecutionLogMessage>("log"), Contract<Pong>("pong"),
        ]);
        Plain = Group("PlainResponse", "The relay's response to a client of /ws without the subprotocol whose message has cmd, or neither cmd nor type.",
        [
            OfRelay<PongData>(ClientResponse.PongName, "PlainPong"), OfRelay<PlainErrorData>(Messages.ErrorMessage.Name, "PlainError"),
        ]);
        FromClient = Group("ClientMessage", "A message from a client.",
        [
            Contract<ClientPing>("ping"), Contract<ClientPingCommand>("ping"), Contract<ClientHello>("hello"), Contract<ClientToken>("token"),
            Contract<ClientCommand>("cmd"), Contract<ClientBoardCommand>("type"),
        ]);
        ForBrain = Contract<BrainCommand>("command");
        schemas.Definitions[nameof(BrainCommand)]["oneOf"] = new JsonArray(ContractSchemas.Required("cmd"), ContractSchemas.Required("type"));
        State = Contract<StateResponse>("state");
        History = Contract<HistoryResponse>("history");
        schemas.Definitions[nameof(PastEvent)]["allOf"] = new JsonArray(
            new JsonObject { ["anyOf"] = new JsonArray(schemas.Reference("CeceliaEvent"), schemas.Reference(AnyEvent.TypeName)) });
        Minutes = Contract<MinutesResponse>("minutes");
        schemas.Definitions[nameof(ProjectSeries)]["additionalProperties"] = new JsonObject
        {
            ["type"] = new JsonArray("array", "null"),
            ["items"] = new JsonObject { ["anyOf"] = new JsonArray(schemas.Reference(typeof(MinuteRow)), new JsonObject { ["type"] = "null" }) },
        };
        Refused = Contract<Refusal>("refusal");
        Trace = Contract<TraceResponse>("trace");
        Connections = Contract<ConnectionsResponse>("connections");
        ClosedConnections = Contract<ClosedResponse>("closed");
    }

    /// <summary>Events in the Cecelia and Workflow formats.</summary>
    public IReadOnlyList<MessageSchema> Events { get; }

    /// <summary>Any event in the Cecelia and Workflow formats, including unknown names.</summary>
    public MessageSchema AnyEvent { get; }

    /// <summary>Events in the TaskTree format.</summary>
    public IReadOnlyList<MessageSchema> BoardEvents { get; }

    /// <summary>Any event in the TaskTree format, including unknown names.</summary>
    public MessageSchema AnyBoardEvent { get; }

    /// <summary>The relay's own messages in the subprotocol.</summary>
    public IReadOnlyList<MessageSchema> Relay { get; }

    /// <summary>Messages in the Execution format.</summary>
    public IReadOnlyList<MessageSchema> Execution { get; }

    /// <summary>The relay's responses to plain clients of <c>/ws</c>, in the Workflow envelope.</summary>
    public IReadOnlyList<MessageSchema> Plain { get; }

    /// <summary>Messages from clients.</summary>
    public IReadOnlyList<MessageSchema> FromClient { get; }

    /// <summary>A client's command as it is published for Brain.</summary>
    public MessageSchema ForBrain { get; }

    /// <summary>The response to a request for the entity state.</summary>
    public MessageSchema State { get; }

    /// <summary>The response to a request for older events.</summary>
    public MessageSchema History { get; }

    /// <summary>The response to a request for minutes.</summary>
    public MessageSchema Minutes { get; }

    /// <summary>The response to a request for a trace.</summary>
    public MessageSchema Trace { get; }

    /// <summary>The response to a request for the open connections.</summary>
    public MessageSchema Connections { get; }

    /// <summary>The response to a request that closes connections.</summary>
    public MessageSchema ClosedConnections { get; }

    /// <summary>The response to a refused request.</summary>
    public MessageSchema Refused { get; }

    private MessageSchema Event(EventContract contract, string prefix, string nameField, Type envelope) =>
        Define(
            prefix + contract.TypeName + "Event",
            contract.Name,
            contract.Description,
            envelope,
            nameField,
            MessageSchema.Constant(contract.Name),
            contract.Data);

    private MessageSchema OfRelay<TData>(string name, string typeName) =>
        Define(typeName, name, DescriptionOf(typeof(TData)), typeof(RelayEnvelope), "event", MessageSchema.Constant(name), typeof(TData));

    private MessageSchema Any(string typeName, Type envelope, string nameField, string description) =>
        Define(typeName, "*", description, envelope, nameField, _schemas.Reference(typeof(CommandName)), typeof(OpenObject));

    /// <summary>Defines a message by its envelope, its name in the field <paramref name="nameField"/>, and the schema of its data.</summary>
    private MessageSchema Define(string typeName, string wireName, string description, Type envelope, string nameField, JsonObject name, Type data)
    {
        _schemas.Define(typeName, new JsonObject
        {
            ["description"] = description,
            ["type"] = "object",
            ["allOf"] = new JsonArray(_schemas.Reference(envelope)),
            ["properties"] = new JsonObject { [nameField] = name, ["data"] = _schemas.Reference(data) },
            ["required"] = new JsonArray(nameField, "data"),
        });
        return new MessageSchema(typeName, wireName, description);
    }

    private MessageSchema Contract<TContract>(string name)
    {
        _schemas.Reference(typeof(TContract));
        return new MessageSchema(typeof(TContract).Name, name, DescriptionOf(typeof(TContract)));
    }

    private List<MessageSchema> Group(string name, string description, List<MessageSchema> messages)
    {
        _schemas.Define(
            name,
            new JsonObject
            {
                ["description"] = description,
                ["anyOf"] = new JsonArray([.. messages.Select(message => _schemas.Reference(message.TypeName))]),
            });
        return messages;
    }

    private static string DescriptionOf(Type contract) => contract.GetCustomAttribute<DescriptionAttribute>()!.Description;
}
