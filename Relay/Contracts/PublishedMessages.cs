using System.Text.Json.Nodes;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>Defines the messages that publishers send: one for each known event. <see cref="PublishedEvent"/> describes all others.</summary>
internal static class PublishedMessages
{
    /// <summary>The definition that corresponds to the refusal <c>no_data</c>.</summary>
    public const string NoStrayFields = nameof(NoStrayFields);

    /// <summary>Adds the definitions, each under the name that <paramref name="nameOf"/> returns.</summary>
    public static IReadOnlyList<MessageSchema> Define(ContractSchemas schemas, Func<EventContract, string> nameOf)
    {
        schemas.Reference(typeof(PublishedEvent));
        JsonObject envelope = schemas.Definitions[nameof(PublishedEvent)];
        envelope["anyOf"] = new JsonArray(ContractSchemas.Required("event"), ContractSchemas.Required("type"));
        envelope["maxProperties"] = EventLimits.EnvelopeMembers;
        schemas.Define(NoStrayFields, StrayFields((JsonObject)envelope["properties"]!));
        foreach (EventContract contract in EventContracts.All)
        {
            schemas.Define(nameOf(contract), contract.Known.MayBeFlat ? Flat(contract, schemas) : Enveloped(contract, schemas));
        }

        return [.. EventContracts.All.Select(contract => new MessageSchema(nameOf(contract), contract.Name, contract.Description))];
    }

    private static JsonObject Enveloped(EventContract contract, ContractSchemas schemas)
    {
        JsonObject schema = Named(contract, schemas);
        ((JsonObject)schema["properties"]!)["data"] = schemas.Reference(contract.Data);
        ((JsonArray)schema["allOf"]!).Add((JsonNode)schemas.Reference(NoStrayFields));
        return schema;
    }

    private static JsonObject Flat(EventContract contract, ContractSchemas schemas)
    {
        JsonObject schema = Named(contract, schemas);
        schema["if"] = ContractSchemas.Required("data");
        schema["then"] = new JsonObject { ["properties"] = new JsonObject { ["data"] = schemas.Reference(contract.Data) } };
        schema["else"] = schemas.Reference(contract.Data);
        return schema;
    }

    private static JsonObject Named(EventContract contract, ContractSchemas schemas) => new()
    {
        ["description"] = contract.Description,
        ["type"] = "object",
        ["allOf"] = new JsonArray(schemas.Reference(typeof(PublishedEvent))),
        ["properties"] = new JsonObject { ["event"] = MessageSchema.Constant(contract.Name), ["type"] = MessageSchema.Constant(contract.Name) },
    };

    private static JsonObject StrayFields(JsonObject envelope) => new()
    {
        ["description"] = "Without data, only the envelope's own fields are allowed: others would not reach any client.",
        ["type"] = "object",
        ["anyOf"] = new JsonArray(
            ContractSchemas.Required("data"),
            new JsonObject { ["propertyNames"] = new JsonObject { ["enum"] = new JsonArray([.. envelope.Select(field => (JsonNode)field.Key)]) } }),
    };
}
