using System.Text.Json.Nodes;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// The JSON Schema of what publishers send: <c>deploy/brain/events.schema.json</c>. Its root takes every event that the relay takes, under a known name or
/// another; the definition of an event's name takes that event alone.
/// </summary>
internal static class EventsSchema
{
    private const string Description =
        "What a publisher may send on cecelia:events. #/$defs/NAME is the event of that name; the root takes those, and events of names that the relay does not know.";

    /// <summary>The document.</summary>
    /// <param name="comment">Who wrote it.</param>
    public static JsonObject Make(string comment)
    {
        var schemas = new ContractSchemas("#/$defs/");
        PublishedMessages.Define(schemas, contract => contract.Name);
        var rules = new JsonArray(schemas.Reference(typeof(PublishedEvent)));
        foreach (EventContract contract in EventContracts.All) rules.Add((JsonNode)new JsonObject { ["if"] = IsNamed(contract), ["then"] = schemas.Reference(contract.Name) });
        var flat = new JsonArray([.. EventContracts.All.Where(contract => contract.Known.MayBeFlat).Select(IsNamed)]);
        rules.Add((JsonNode)new JsonObject { ["if"] = new JsonObject { ["not"] = new JsonObject { ["anyOf"] = flat } }, ["then"] = schemas.Reference(PublishedMessages.NoStrayFields) });
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = "urn:cecelia:relay:events",
            ["$comment"] = comment,
            ["title"] = "Events for the Cecelia relay",
            ["description"] = Description,
            ["type"] = "object",
            ["allOf"] = rules,
            ["$defs"] = schemas.TakeDefinitions(),
        };
    }

    private static JsonObject IsNamed(EventContract contract) => new() { ["anyOf"] = new JsonArray(IsNamed("event", contract), IsNamed("type", contract)) };

    private static JsonObject IsNamed(string field, EventContract contract) => new()
    {
        ["properties"] = new JsonObject { [field] = MessageSchema.Constant(contract.Name) },
        ["required"] = new JsonArray(field),
    };
}
