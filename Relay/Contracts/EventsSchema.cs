using System.Text.Json.Nodes;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// The JSON Schema of what publishers send: <c>deploy/brain/events.schema.json</c>. Its root takes every event that the relay takes, under a known name or
/// another; the definition of an event's name takes that event alone.
/// </summary>
internal static class EventsSchema
{
    private const string Id = "urn:cecelia:relay:events";

    /// <summary>The rule behind <c>no_data</c>.</summary>
    private const string NoStrayFields = "NoStrayFields";

    public static JsonObject Make()
    {
        var schemas = new ContractSchemas("#/$defs/");
        var branches = new JsonArray(schemas.Reference(typeof(PublishedEvent)));
        JsonObject envelope = schemas.Definitions[nameof(PublishedEvent)];
        envelope["anyOf"] = new JsonArray(Required("event"), Required("type"));
        envelope["maxProperties"] = EventLimits.EnvelopeMembers;
        schemas.Define(NoStrayFields, StrayFields(schemas));
        foreach (EventContract contract in EventContracts.All)
        {
            schemas.Define(contract.Name, contract.Known.MayBeFlat ? Flat(contract, schemas) : Enveloped(contract, schemas));
            branches.Add(new JsonObject { ["if"] = IsNamed(contract), ["then"] = schemas.Reference(contract.Name) });
        }

        branches.Add(new JsonObject
        {
            ["if"] = new JsonObject { ["not"] = new JsonObject { ["anyOf"] = new JsonArray([.. EventContracts.All.Where(contract => contract.Known.MayBeFlat).Select(IsNamed)]) } },
            ["then"] = schemas.Reference(NoStrayFields),
        });
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = Id,
            ["title"] = "Events for the Cecelia relay",
            ["description"] = "What a publisher may send on cecelia:events. #/$defs/NAME is the event of that name; the root takes those, and events of names that the relay does not know. Written by `make contracts`.",
            ["type"] = "object",
            ["allOf"] = branches,
            ["$defs"] = new JsonObject(schemas.Definitions.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value))),
        };
    }

    private static JsonObject Enveloped(EventContract contract, ContractSchemas schemas)
    {
        JsonObject schema = Named(contract, schemas);
        ((JsonObject)schema["properties"]!)["data"] = schemas.Reference(contract.Data);
        ((JsonArray)schema["allOf"]!).Add(schemas.Reference(NoStrayFields));
        return schema;
    }

    private static JsonObject Flat(EventContract contract, ContractSchemas schemas)
    {
        JsonObject schema = Named(contract, schemas);
        schema["if"] = Required("data");
        schema["then"] = new JsonObject { ["properties"] = new JsonObject { ["data"] = schemas.Reference(contract.Data) } };
        schema["else"] = schemas.Reference(contract.Data);
        return schema;
    }

    private static JsonObject Named(EventContract contract, ContractSchemas schemas) => new()
    {
        ["description"] = contract.Description,
        ["type"] = "object",
        ["allOf"] = new JsonArray(schemas.Reference(typeof(PublishedEvent))),
        ["properties"] = new JsonObject { ["event"] = Constant(contract), ["type"] = Constant(contract) },
    };

    private static JsonObject StrayFields(ContractSchemas schemas) => new()
    {
        ["description"] = "Without data no other fields than the envelope's own: no client would get them.",
        ["type"] = "object",
        ["anyOf"] = new JsonArray(Required("data"), new JsonObject { ["propertyNames"] = new JsonObject { ["enum"] = new JsonArray([.. FieldNames(schemas)]) } }),
    };

    private static IEnumerable<JsonNode?> FieldNames(ContractSchemas schemas) =>
        ((JsonObject)schemas.Make(typeof(PublishedEvent))["properties"]!).Select(field => (JsonNode?)field.Key);

    /// <summary>Ajv, when it is strict, wants a property to be mentioned beside the word that requires it.</summary>
    private static JsonObject Required(string field) => new() { ["properties"] = new JsonObject { [field] = true }, ["required"] = new JsonArray(field) };

    private static JsonObject IsNamed(EventContract contract) => new() { ["anyOf"] = new JsonArray(IsNamed("event", contract), IsNamed("type", contract)) };

    private static JsonObject IsNamed(string field, EventContract contract) => new()
    {
        ["properties"] = new JsonObject { [field] = Constant(contract) },
        ["required"] = new JsonArray(field),
    };

    private static JsonObject Constant(EventContract contract) => new() { ["const"] = contract.Name };
}
