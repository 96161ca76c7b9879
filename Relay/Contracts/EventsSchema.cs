using System.Text.Json.Nodes;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// Creates the JSON Schema of published events, <c>deploy/brain/events.schema.json</c>. The root matches every event that the relay accepts, with a known or
/// unknown name; the definition under an event's name matches only that event.
/// </summary>
internal static class EventsSchema
{
    private const string Description =
        "Events that a publisher can send on cecelia:events. #/$defs/NAME is the event of that name; the root matches these events and events "
            + "with unknown names.";

    /// <summary>Creates the document.</summary>
    /// <param name="comment">A note on the origin of the document.</param>
    public static JsonObject Create(string comment)
    {
        var schemas = new ContractSchemas("#/$defs/");
        PublishedMessages.Define(schemas, contract => contract.Name);
        var rules = new JsonArray(schemas.Reference(typeof(PublishedEvent)));
        foreach (EventContract contract in EventContracts.All)
        {
            rules.Add((JsonNode)new JsonObject { ["if"] = HasName(contract), ["then"] = schemas.Reference(contract.Name) });
        }

        var flat = new JsonArray([.. EventContracts.All.Where(contract => contract.Known.MayBeFlat).Select(HasName)]);
        rules.Add(
            (JsonNode)new JsonObject
            {
                ["if"] = new JsonObject { ["not"] = new JsonObject { ["anyOf"] = flat } },
                ["then"] = schemas.Reference(PublishedMessages.NoStrayFields),
            });
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = "urn:cecelia:relay:events",
            ["$comment"] = comment,
            ["title"] = "Events for the Cecelia relay",
            ["description"] = Description,
            ["type"] = "object",
            ["allOf"] = rules,
            ["$defs"] = schemas.CreateDefinitions(),
        };
    }

    private static JsonObject HasName(EventContract contract) => new() { ["anyOf"] = new JsonArray(HasName("event", contract), HasName("type", contract)) };

    private static JsonObject HasName(string field, EventContract contract) => new()
    {
        ["properties"] = new JsonObject { [field] = MessageSchema.Constant(contract.Name) },
        ["required"] = new JsonArray(field),
    };
}
