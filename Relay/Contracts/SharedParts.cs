using System.ComponentModel;
using System.Text.Json.Nodes;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>Stands in a contract for an id: databases number things, so an integer is one too.</summary>
[Description("An id: text of at most 256 bytes of UTF-8, or an integer.")]
internal readonly record struct Id;

/// <summary>Stands in a contract for an id that must say something.</summary>
[Description("A non-empty id: text of 1 to 256 bytes of UTF-8, or an integer.")]
internal readonly record struct NonEmptyId;

/// <summary>Stands in a contract for an event's name.</summary>
[Description("An event's name: 1 to 128 bytes of UTF-8 without control characters. Names that begin with relay: are the relay's own.")]
internal readonly record struct EventName;

/// <summary>The name of a command.</summary>
[Description("A command's name: 1 to 128 bytes of UTF-8 without control characters.")]
internal readonly record struct CommandName;

/// <summary>Stands in a contract for a moment.</summary>
[Description("A timestamp as of RFC 3339, such as 2026-02-06T08:30:00.000Z. A space is accepted instead of the T, and a timestamp without a zone is UTC.")]
internal readonly record struct Timestamp;

/// <summary>Stands in a contract for a number of things.</summary>
[Description("A whole number from 0 to 2^63 - 1.")]
internal readonly record struct Count;

/// <summary>Stands in a contract for several workflow nodes.</summary>
[Description("Workflow nodes: ids, or objects with the id as node_id, nodeId or id.")]
internal readonly record struct NodeList;

/// <summary>Stands in a contract for an object of the publisher's own shape.</summary>
[Description("An object defined by the publisher.")]
internal readonly record struct OpenObject;

/// <summary>Stands in a contract for a position.</summary>
[Description("A position in the stream of all events (PROTOCOL.md, Positions). Opaque; a client passes it back as since.")]
internal readonly record struct Position;

/// <summary>Stands in a contract for the word of a <see cref="RequestRefusal"/>.</summary>
[Description("Reason for the refusal of a request.")]
internal readonly record struct RefusalWord;

/// <summary>Stands in a contract for the word of what is wrong with a client's message.</summary>
[Description("Reason why a client's message was rejected, or unknown_execution.")]
internal readonly record struct ErrorReason;

/// <summary>
/// The schemas of the parts above, which no C# type has: they say what <see cref="EventDecoder"/> does. What a schema cannot say is the length in
/// bytes (<c>maxLength</c> counts characters), half a surrogate pair, and a field that is given twice.
/// </summary>
internal static class SharedParts
{
    private const string Day31 = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])";
    private const string Day30 = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)";
    private const string February = "02-(?:0[1-9]|1[0-9]|2[0-8])";
    private const string LeapYear = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
    private const string Hour = "(?:[01][0-9]|2[0-3])";
    private const string Minute = "[0-5][0-9]";

    /// <summary>What <see cref="Rfc3339.TryParse"/> takes, days of the month and leap years included.</summary>
    private const string Moment =
        $"^(?:[0-9]{{4}}-(?:{Day31}|{Day30}|{February})|{LeapYear}-02-29)[Tt ]{Hour}:{Minute}:(?:{Minute}|60)(?:\\.[0-9]+)?(?:[Zz]|[+-]{Hour}:{Minute})?$";

    /// <summary>A new schema for a part, without its description; null for any other type.</summary>
    public static JsonObject? SchemaOf(Type type)
    {
        if (type == typeof(Id)) return Either(Text(EventLimits.KeyBytes), Integer());
        if (type == typeof(NonEmptyId)) return Either(Text(EventLimits.KeyBytes, least: 1), Integer());
        if (type == typeof(CommandName)) return new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = EventLimits.NameBytes, ["pattern"] = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" };
        if (type == typeof(EventName)) return new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = EventLimits.NameBytes, ["pattern"] = "^(?!relay:)[^\\u0000-\\u001f\\u007f-\\u009f]*$" };
        if (type == typeof(Timestamp)) return new JsonObject { ["type"] = "string", ["maxLength"] = EnvelopeReading.TimestampBytes, ["pattern"] = Moment };
        // As an exclusive bound, which a double holds exactly; 2^63 - 1 it does not.
        if (type == typeof(Count)) return new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["exclusiveMaximum"] = 1UL << 63 };
        if (type == typeof(OpenObject)) return new JsonObject { ["type"] = "object", ["additionalProperties"] = true };
        if (type == typeof(Position)) return new JsonObject { ["type"] = "string" };
        if (type == typeof(ErrorReason)) return EnumWords.Schema(EnumWords.OfErrors());
        if (type == typeof(RefusalWord)) return EnumWords.Schema(EnumWords.OfRefusals());
        if (type != typeof(NodeList)) return null;
        return new JsonObject { ["type"] = "array", ["items"] = Either(Text(EventLimits.KeyBytes), Integer(), SchemaOf(typeof(OpenObject))) };
    }

    private static JsonObject Either(params JsonNode?[] schemas) => new() { ["anyOf"] = new JsonArray(schemas) };

    private static JsonObject Integer() => new() { ["type"] = "integer" };

    private static JsonObject Text(int most, int least = 0)
    {
        var schema = new JsonObject { ["type"] = "string", ["maxLength"] = most };
        if (least > 0) schema["minLength"] = least;
        return schema;
    }
}
